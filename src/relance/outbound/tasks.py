"""Jobs that deliver messages and calls, enqueued inside the transaction that made them."""

import datetime as dt
from typing import Any

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

from relance.outbound import queries, services
from relance.outbound.facts import CallsWaiting, MessagesWaiting, SealAsked

_BATCHES_PER_JOB = 100
_LANES = 4
"""How many workers may deliver at once; a mail server far away answers each of them in its own time."""
_RETRY_AFTER_MINUTES = 5
_CALL_AGAIN_AFTER_MINUTES = 1
_AFTER_A_CRASH = RetryStrategy(max_attempts=5, wait=60)


@app.task(name="outbound.deliver", retry=_AFTER_A_CRASH)
def deliver(as_of: str, lane: int = 0) -> None:
    """Release and transmit what waits up to the business date `as_of` (ISO date), a bounded part of it per job.

    As many workers as there are lanes share it. What is left over follows in a job of its own: at once when there is
    simply more, some minutes later when the mail server would not take it.
    """
    day = dt.date.fromisoformat(as_of)
    if queries.calls_wait():
        schedule_calls()
    services.take_up(day)
    for _ in range(_BATCHES_PER_JOB):
        if not services.deliver_batch(day).moved:
            break
    else:
        _enqueue_lane(day, lane)
        return
    if queries.is_waiting(day):
        _enqueue(deliver, {"as_of": as_of}, "outbound.deliver.retry", _RETRY_AFTER_MINUTES)
    opens_at = queries.next_hour(day)
    if opens_at is not None:
        lock = f"outbound.deliver.{opens_at.isoformat()}"
        _enqueue(deliver, {"as_of": as_of}, lock, 0, opens_at)


@app.task(name="outbound.call", retry=_AFTER_A_CRASH)
def call() -> None:
    """Deliver the calls whose time has come, a bounded part of them per job; the rest follows in a job of its own."""
    for _ in range(_BATCHES_PER_JOB):
        if not services.deliver_calls():
            break
    else:
        schedule_calls()
        return
    if queries.calls_wait():
        _enqueue(call, {}, "outbound.call.retry", _CALL_AGAIN_AFTER_MINUTES)


@app.task(name="outbound.seal", retry=_AFTER_A_CRASH)
def seal(creditor_id: int, channel: str, as_of: str, actor: str) -> None:
    """Seal the waiting letters of a creditor and a channel; a seal that was cut off goes on where it stopped."""
    services.seal(creditor_id, channel, dt.date.fromisoformat(as_of), actor)


def schedule_seal(asked: SealAsked) -> None:
    """Have waiting letters sealed after this transaction; twice is once."""
    arguments = {
        "creditor_id": asked.creditor_id,
        "channel": asked.channel,
        "as_of": asked.as_of.isoformat(),
        "actor": asked.actor,
    }
    _enqueue(seal, arguments, f"outbound.seal.{asked.creditor_id}.{asked.channel}", 0)


def schedule_calls(_: CallsWaiting | None = None) -> None:
    """Have the calls that wait delivered after this transaction; twice is once."""
    _enqueue(call, {}, "outbound.call", 0)


def schedule_waiting(waiting: MessagesWaiting) -> None:
    """Have a message that waits on a person's word delivered after this transaction; twice is once."""
    schedule_delivery(waiting.as_of)


def schedule_delivery(as_of: dt.date) -> None:
    """Have the messages of business dates up to `as_of` delivered after this transaction; twice is once."""
    for lane in range(_LANES):
        _enqueue_lane(as_of, lane)


def _enqueue_lane(as_of: dt.date, lane: int) -> None:
    _enqueue(deliver, {"as_of": as_of.isoformat(), "lane": lane}, f"outbound.deliver.{as_of.isoformat()}.{lane}", 0)


def _enqueue(
    task: Task[..., None, Any],
    arguments: dict[str, Any],
    queueing_lock: str,
    delay_minutes: int,
    at: dt.datetime | None = None,
) -> None:
    job = task.configure(
        queueing_lock=queueing_lock, schedule_in={"minutes": delay_minutes} if delay_minutes else None, schedule_at=at
    )
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return
