"""An installation as those see it who send it alerts and who look at the incidents: over HTTP, signed in."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg

from aurora_site.core import embedded
from tests.live import LiveAurora

# An installation without documents, which starts sooner.
BARE = {"AURORA_DEMO": "0", "AURORA_AUTO_INGEST": "0", "RATE_LIMIT_ENABLED": "0", "AURORA_LOG_LEVEL": "WARNING"}


def until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = 45) -> Any:
    """The first true value of a condition, which is asked again and again. Raises AssertionError with ``what``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what if isinstance(what, str) else what()}: not within {seconds} seconds")
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Sender:
    """An integration: its id and the address that it sends to."""

    id: str
    address: str


class Console:
    """The administrator of an organisation of their own, and the tables behind it."""

    def __init__(self, aurora: LiveAurora) -> None:
        self.aurora = aurora
        self.http = httpx2.Client(base_url=aurora.url, timeout=30, verify=False)
        person = {"email": f"{uuid.uuid4().hex}@example.com", "password": "a long enough password"}
        signed_in = self.http.post("/api/auth/register", json=person)
        assert signed_in.status_code == 201, signed_in.text
        self.http.headers["Authorization"] = f"Bearer {signed_in.json()['access']}"
        self.organization_id: str = self.http.get("/api/auth/me").json()["organizations"][0]["id"]

    def integration(self, source: str, name: str, secret: str = "") -> Sender:
        answer = self.http.post("/api/v1/integrations", json={"source": source, "name": name, "secret": secret})
        assert answer.status_code == 201, answer.text
        return Sender(answer.json()["id"], answer.json()["url"])

    def incidents(self) -> list[dict[str, Any]]:
        """All but the merged ones, newest first; none while the installation is away."""
        try:
            return list(self.http.get("/api/incidents").raise_for_status().json()["incidents"])
        except httpx2.HTTPError:
            return []

    def alerts(self, incident_id: str) -> list[dict[str, Any]]:
        return list(self.http.get(f"/api/incidents/{incident_id}/alerts").raise_for_status().json()["alerts"])

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the main database. Raises psycopg.OperationalError while it is away."""
        with psycopg.connect(embedded.conninfo("aurora", self.aurora.home / "home"), autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()
