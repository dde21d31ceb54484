"""Shapes of reports: the figures, their spelling for other programs, and the description of a report itself."""

from relance.insight.facts.experiment import ArmFigures, ExperimentGroup, ExperimentReport, Gap, Verdict
from relance.insight.facts.figures import (
    AGEING_BOUNDS,
    AGEING_LABELS,
    GROUPINGS,
    NOT_DATED,
    AgeingBucket,
    AgeingGroup,
    AgeingReport,
    Cell,
    DsoGroup,
    DsoReport,
    Report,
    Shape,
    Sheet,
    Statement,
    StatementPart,
)

__all__ = [
    "AGEING_BOUNDS",
    "AGEING_LABELS",
    "GROUPINGS",
    "NOT_DATED",
    "AgeingBucket",
    "AgeingGroup",
    "AgeingReport",
    "ArmFigures",
    "Cell",
    "DsoGroup",
    "DsoReport",
    "ExperimentGroup",
    "ExperimentReport",
    "Gap",
    "Report",
    "Shape",
    "Sheet",
    "Statement",
    "StatementPart",
    "Verdict",
]
