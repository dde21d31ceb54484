"""Limitation: what became time-barred leaves every chase before anything is decided."""

from relance.cycle.night import Night
from relance.ledger.services import expire_items


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Exclude the creditor's items whose period has ended; a restart finds only what is left to do."""
    expire_items(night.business_date, night.creditor_id)
