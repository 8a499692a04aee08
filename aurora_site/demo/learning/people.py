"""Who learns in the demo organisation. The names are made up; nobody of them has an account or gets mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Person:
    """A learner and how they go about it.

    ``known`` is the share of the role's skills, basics first, that they had at the start, ``months`` how long they have
    been learning here. Their plan of ``days`` began ``begun`` days ago (0: they have none); of its items a share is
    ``punctual``, a share ``skipped``, a share ``left`` undone, and the others are done some days late. Who is ``ahead`` does
    each so many days before its day. ``quit_after`` is the share of the time so far after which they did nothing any more.
    ``skips`` and ``leaves`` number items for which that isn't left to chance.
    """

    name: str
    role: str
    team: str
    known: float
    months: int
    days: int = 45
    begun: int = 24
    punctual: float = 0.8
    skipped: float = 0.05
    left: float = 0.0
    ahead: int = 0
    quit_after: float = 1.0
    minutes: tuple[int, ...] = (60, 60, 60, 60, 60, 0, 0)
    time_zone: str = "Europe/Berlin"
    goals: str = ""
    skips: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()


BACKEND, FRONTEND, RELIABILITY = "Backend engineer", "Frontend engineer", "Site reliability engineer"
DATA, SECURITY, MANAGER = "Data engineer", "Security engineer", "Engineering manager"

DEMO_LEARNER = Person(
    name="Demo learner", role=BACKEND, team="Payments", known=0.8, months=5, days=45, begun=24, punctual=0.85,
    skipped=0, skips=(4, 11), leaves=(8, 13, 17),
    goals="Own a service of the checkout from its API to its tables, and be on call for it.",
)  # fmt: skip

COLLEAGUES = (
    Person(name="Mira", role=BACKEND, team="Payments", known=0.85, months=7, days=30, begun=34, punctual=1.0, skipped=0.06),
    Person(name="Jonas", role=BACKEND, team="Payments", known=0.75, months=4, begun=20, punctual=0.5, left=0.25,
           minutes=(45, 45, 0, 45, 45, 0, 60)),
    Person(name="Priya", role=SECURITY, team="Payments", known=0.75, months=6, days=60, begun=31, punctual=0.9,
           time_zone="Asia/Kolkata"),
    Person(name="Tomas", role=MANAGER, team="Payments", known=0.7, months=3, begun=18, punctual=0.75, left=0.1,
           minutes=(30, 30, 30, 30, 30, 0, 0), goals="Lead a team without losing touch with the code."),
    Person(name="Sofia", role=RELIABILITY, team="Platform", known=0.8, months=8, days=60, begun=40, punctual=0.92,
           skipped=0.03, minutes=(60, 90, 60, 90, 60, 0, 0)),
    Person(name="Kenji", role=RELIABILITY, team="Platform", known=0.65, months=5, begun=26, punctual=0.65, left=0.3,
           time_zone="Asia/Tokyo"),
    Person(name="Amara", role=SECURITY, team="Platform", known=0.55, months=4, begun=22, punctual=0.85,
           time_zone="Africa/Lagos"),
    Person(name="Lukas", role=RELIABILITY, team="Platform", known=0.35, months=2, days=60, begun=35, punctual=0.6,
           quit_after=0.35),
    Person(name="Elif", role=BACKEND, team="Platform", known=0.6, months=6, begun=0, time_zone="Europe/Istanbul"),
    Person(name="Noor", role=DATA, team="Insights", known=0.3, months=6, days=50, begun=30, punctual=0.95, skipped=0.02,
           ahead=7),
    Person(name="Diego", role=DATA, team="Insights", known=0.4, months=3, begun=15, punctual=0.55,
           time_zone="America/Mexico_City"),
    Person(name="Hana", role=FRONTEND, team="Insights", known=0.85, months=7, days=40, begun=28, punctual=0.88,
           minutes=(60, 60, 60, 60, 60, 30, 0)),
    Person(name="Pavel", role=FRONTEND, team="Insights", known=0.75, months=4, begun=21, punctual=0.6, left=0.4,
           time_zone="Europe/Prague"),
    Person(name="Ines", role=MANAGER, team="Insights", known=0.7, months=9, days=30, begun=12, punctual=0.9,
           minutes=(30, 30, 30, 30, 30, 0, 0), time_zone="Europe/Lisbon"),
)  # fmt: skip
