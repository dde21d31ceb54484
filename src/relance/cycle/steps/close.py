"""Close: from here on this business date is history."""

from relance.cycle.night import Night
from relance.dunning.services import close_night


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Move the creditor's horizon of dunning to this date."""
    close_night(night.business_date, night.creditor_id)
