"""What a list of incidents is narrowed to: read from the address, and written back into it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from incidents.models import UNKNOWN_SERVICE, Incident, IncidentStatus, Severity
from incidents.pages.wording import SEVERITY_WORDS, STATUS_WORDS

OPEN = (IncidentStatus.INVESTIGATING, IncidentStatus.ANALYZED)
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Asked:
    """The filters of the list; empty ones let everything through. ``status`` empty shows what is open."""

    status: str = ""
    severity: str = ""
    service: str = ""
    source: str = ""
    q: str = ""

    @property
    def narrows(self) -> bool:
        """Whether something but the state is asked for."""
        return any(value for name, value in asdict(self).items() if name != "status")

    def query(self, **changes: str) -> str:
        """The filters as a query string, some of them changed; empty ones are left out."""
        return urlencode({name: value for name, value in {**asdict(self), **changes}.items() if value})

    def words(self) -> str:
        """The filters that narrow, in words."""
        parts = [
            SEVERITY_WORDS.get(self.severity, ""),
            self.service and f"service {self.service}",
            self.source and f"from {self.source}",
            self.q and f"“{self.q}”",
        ]
        return ", ".join(part for part in parts if part)


def asked_in(given: QueryDict) -> Asked:
    """The filters of an address; what isn't known is as if it weren't there."""
    status, severity = given.get("status", ""), given.get("severity", "")
    return Asked(
        status=status if status in STATUS_WORDS else "",
        severity=severity if severity in Severity.values else "",
        service=_plain(given, "service"),
        source=_plain(given, "source")[:32],
        q=_plain(given, "q"),
    )


def _plain(given: QueryDict, name: str) -> str:
    """A text without what no database looks for."""
    return given.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]


def narrowed(organization_id: object, asked: Asked) -> QuerySet[Incident]:
    """The incidents that meet all filters but the state's; a number (``12``, ``INC-12``) finds that one as well."""
    found = Incident.objects.for_organization(organization_id)
    if asked.severity:
        found = found.filter(severity=asked.severity)
    if asked.service == UNKNOWN_SERVICE:
        found = found.filter(service=None)
    elif asked.service:
        found = found.filter(services__name=asked.service)
    if asked.source:
        found = found.filter(source_type=asked.source)
    return found.filter(_text(asked.q)) if asked.q else found


def number_in(text: str) -> int | None:
    """The incident's number in ``INC-12``, ``#12`` or ``12``."""
    digits = text.strip().upper().removeprefix("INC-").removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def _text(text: str) -> Q:
    number = number_in(text)
    by_number = Q(number=number) if number is not None else Q()
    return by_number | Q(title__icontains=text) | Q(summary__icontains=text) | Q(service__name__icontains=text)
