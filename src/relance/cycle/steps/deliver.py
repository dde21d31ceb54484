"""Deliver: ask the job workers to release and send what is prepared."""

from relance.cycle.night import Night
from relance.outbound.tasks import schedule_delivery


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Enqueue the delivery job; it reads each balance once more before a message leaves."""
    schedule_delivery(night.business_date)
