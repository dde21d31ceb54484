"""Jobs that deliver messages, enqueued inside the transaction that made the messages."""

import datetime as dt

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from relance.outbound import queries, services

_BATCHES_PER_JOB = 100
_RETRY_AFTER_MINUTES = 5
_AFTER_A_CRASH = RetryStrategy(max_attempts=5, wait=60)


@app.task(name="outbound.deliver", retry=_AFTER_A_CRASH)
def deliver(as_of: str) -> None:
    """Release and transmit what waits up to the business date `as_of` (ISO date), a bounded part of it per job.

    What is left over follows in a job of its own: at once when there is simply more, some minutes later when the mail
    server would not take it.
    """
    day = dt.date.fromisoformat(as_of)
    services.take_up()
    for _ in range(_BATCHES_PER_JOB):
        if not services.deliver_batch(day).moved:
            break
    else:
        schedule_delivery(day)
        return
    if queries.is_waiting(day):
        _enqueue(day, "outbound.deliver.retry", _RETRY_AFTER_MINUTES)


def schedule_delivery(as_of: dt.date) -> None:
    """Have the messages of business dates up to `as_of` delivered after this transaction; twice is once."""
    _enqueue(as_of, f"outbound.deliver.{as_of.isoformat()}", 0)


def _enqueue(as_of: dt.date, queueing_lock: str, delay_minutes: int) -> None:
    job = deliver.configure(
        queueing_lock=queueing_lock, schedule_in={"minutes": delay_minutes} if delay_minutes else None
    )
    try:
        with transaction.atomic():
            job.defer(as_of=as_of.isoformat())
    except AlreadyEnqueued:
        return
