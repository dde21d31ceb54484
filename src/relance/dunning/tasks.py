"""The job that makes a preview, enqueued inside the transaction that asked for it."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from relance.dunning import services
from relance.dunning.facts import PreviewWanted


@app.task(name="dunning.preview")
def preview(run_id: int) -> None:
    """Make the preview of a run that waits."""
    services.work_preview(run_id)


def schedule_preview(wanted: PreviewWanted) -> None:
    """Have a run worked after this transaction; twice is once."""
    try:
        with transaction.atomic():
            preview.configure(queueing_lock=f"dunning.preview.{wanted.run_id}").defer(run_id=wanted.run_id)
    except AlreadyEnqueued:
        return
