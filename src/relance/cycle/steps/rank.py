"""Rank: open work is put in the order of what is overdue tonight; calls that have lost their reason are called off."""

from relance.cycle.night import Night
from relance.worklist.services import rerank_all


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Look at the creditor's open work; a restart goes on with what this night has not ranked yet."""
    rerank_all(night.business_date, night.creditor_id)
