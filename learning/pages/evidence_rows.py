"""What a learner's levels rest on, as their page says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from learning.models import Evidence, EvidenceKind, Learner

MOST_EVIDENCE = 30
KIND_WORDS = {
    EvidenceKind.SELF_ASSESSMENT: "Self-assessment",
    EvidenceKind.RESOURCE_COMPLETED: "Finished resource",
    EvidenceKind.QUIZ_RESULT: "Quiz",
    EvidenceKind.ATTESTATION: "Attestation",
    EvidenceKind.XAPI_STATEMENT: "xAPI statement",
    EvidenceKind.INCIDENT_RESPONSE: "Incident response",
    EvidenceKind.REVIEW: "Review",
}


@dataclass(frozen=True)
class EvidenceRow:
    evidence: Evidence

    @property
    def words(self) -> str:
        return KIND_WORDS.get(EvidenceKind(self.evidence.kind), self.evidence.kind)

    @property
    def level(self) -> str:
        """The level that was seen; of a finished resource what it adds to the one before."""
        percent = f"{round(100 * self.evidence.value)}\u00a0%"
        return f"+{percent}" if self.evidence.kind == EvidenceKind.RESOURCE_COMPLETED else percent


def evidence_rows(learner: Learner) -> Sequence[EvidenceRow]:
    """What was seen of the learner, the newest first, without what they said of a skill before they said otherwise."""
    said = Evidence.objects.for_organization(learner.organization_id).filter(
        learner=learner, kind=EvidenceKind.SELF_ASSESSMENT
    )
    since = said.filter(skill=OuterRef("skill"), observed_at__gt=OuterRef("observed_at"))
    rows = Evidence.objects.for_organization(learner.organization_id).filter(learner=learner)
    standing = rows.exclude(Exists(since), kind=EvidenceKind.SELF_ASSESSMENT)
    return [EvidenceRow(row) for row in standing.select_related("skill", "resource")[:MOST_EVIDENCE]]
