"""An installation without workers, people who search it all the time, and ``manage.py reindex`` beside them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from aurora_site.core import embedded
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, ROOT, LiveAurora, environment
from tests.model_server import ModelServer

PAPERS = 12
SEARCHERS = 20


def write_papers(folder: Path) -> None:
    """Documents of four passages each."""
    folder.mkdir()
    for number in range(PAPERS):
        parts = "\n\n".join(
            f"## Part {part}\n\nPart {part} of paper {number} tells what was decided." for part in range(4)
        )
        (folder / f"paper-{number:02}.md").write_text(f"# Paper {number}\n\n{parts}\n")


def variables(server: ModelServer, folder: Path, dimension: int) -> dict[str, str]:
    """The index is made with a model of the loopback server."""
    return {
        "AURORA_DEMO": "0",
        "RATE_LIMIT_ENABLED": "0",
        "AURORA_INDEX_KEEP": "50",
        "SEED_DATA_DIR": str(folder),
        "EMBEDDINGS_PROVIDER": "openai",
        "EMBEDDINGS_BASE_URL": server.url,
        "EMBEDDINGS_MODEL": f"embed-{dimension}",
    }


@dataclass
class Library:
    """The installation, the folder that its documents come from, and the server that embeds them."""

    aurora: LiveAurora
    folder: Path
    server: ModelServer
    headers: dict[str, str] = field(default_factory=dict)

    def sign_in(self) -> None:
        body = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        answer = httpx2.post(f"{self.aurora.url}/api/auth/login", json=body, timeout=30)
        self.headers = {"Authorization": f"Bearer {answer.json()['access']}"}

    def start(self, *arguments: str, dimension: int) -> subprocess.Popen[str]:
        """``manage.py reindex`` in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "reindex", *arguments],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment(self.aurora.home, self.aurora.port, **variables(self.server, self.folder, dimension)),
        )  # fmt: skip

    def reindex(self, *arguments: str, dimension: int) -> str:
        """The same, until it ends well; what it said."""
        process = self.start(*arguments, dimension=dimension)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def search(self, query: str) -> dict[str, Any]:
        answer = httpx2.get(
            f"{self.aurora.url}/api/v1/knowledge/search", params={"q": query}, headers=self.headers, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def versions(self) -> dict[str, str]:
        """States by name."""
        return dict(self.query("SELECT name, state FROM retrieval_indexversion"))

    def active(self) -> str:
        return next(name for name, state in self.versions().items() if state == "active")

    def ids(self) -> dict[str, set[str]]:
        """The ids of all passages, by the name of their version."""
        found: dict[str, set[str]] = {}
        statement = "SELECT v.name, c.uuid FROM retrieval_chunk c JOIN retrieval_indexversion v ON v.id = c.version_id"
        for name, uuid in self.query(statement):
            found.setdefault(name, set()).add(str(uuid))
        return found

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        home = self.aurora.home / "home"
        with psycopg.connect(embedded.conninfo(embedded.RETRIEVAL_DATABASE, home)) as connection:
            return connection.execute(statement).fetchall()


@dataclass
class Searching:
    """What searchers met: how many answers each version gave, and what went wrong."""

    answers: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def by_version(self) -> Counter[str]:
        return Counter(name for name, _ in self.answers)

    def check(self, ids: dict[str, set[str]]) -> None:
        """No error, no empty answer, and no answer with passages of another version than it names."""
        assert self.wrong == []
        assert [(name, found) for name, found in self.answers if not found or not found <= ids[name]] == []


@contextmanager
def searching(library: Library, count: int = SEARCHERS) -> Iterator[Searching]:
    """So many people search one after the other without a pause."""
    met = Searching()
    ended = threading.Event()

    def search(number: int) -> None:
        with httpx2.Client(base_url=library.aurora.url, headers=library.headers, timeout=60) as client:
            while not ended.is_set():
                query = f"What did part {number % 4} of paper {number % PAPERS} tell?"
                try:
                    answer = client.get("/api/v1/knowledge/search", params={"q": query})
                    body = answer.json()
                    if answer.status_code == 200:
                        met.answers.append((body["index_version"], frozenset(hit["id"] for hit in body["results"])))
                    else:
                        met.wrong.append(answer.text)
                except (httpx2.HTTPError, ValueError) as error:
                    met.wrong.append(repr(error))

    threads = [threading.Thread(target=search, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield met
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)
