"""Seal: close the days of the journal that are as old as the creditor's policy says."""

from relance.cycle.night import Night
from relance.ledger.services import seal_due


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Seal what is due; a journal that is busy waits for the next night."""
    seal_due(night.business_date)
