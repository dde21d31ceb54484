"""Jobs that start each creditor's night when its hour has come."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from relance.cycle import services
from relance.cycle.facts import LOOK_TASK


@app.task(name=LOOK_TASK, queueing_lock=LOOK_TASK)
def look(timestamp: int) -> None:  # noqa: ARG001
    """Have the night worked of every creditor whose hour has come and whose day is not closed.

    `timestamp` is what periodic jobs are handed. A night that was stopped is found again by the next look.
    """
    for creditor in services.due_creditors():
        lock = f"cycle.night.{creditor.id}"
        try:
            with transaction.atomic():
                night.configure(queueing_lock=lock, lock=lock).defer(creditor_id=creditor.id)
        except AlreadyEnqueued:
            continue


@app.task(name="cycle.night")
def night(creditor_id: int) -> None:
    """Work the night of a creditor's own day."""
    services.run_due(creditor_id)
