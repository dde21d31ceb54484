"""Releases and sends in step, so that words leave while the balance they were written from is fresh."""

import datetime as dt

from django.db import connection, transaction

from relance.kit.events import publish
from relance.outbound.facts import DeliveryBegins, DeliveryFigures
from relance.outbound.queries import printed_channels
from relance.outbound.services.release import release
from relance.outbound.services.take_back import reread
from relance.outbound.services.transmit import settle_dead_senders, transmit


def take_up(as_of: dt.date) -> None:
    """Before a series of `deliver_batch`: what earlier senders left behind is read and written afresh, and what may not
    go any more on this business date is withdrawn by whoever knows why.
    """
    settle_dead_senders()
    reread()
    with transaction.atomic():
        publish(DeliveryBegins(as_of))


def deliver_batch(as_of: dt.date, limit: int = 200) -> DeliveryFigures:
    """Release at most one batch of business dates up to `as_of`, and transmit one batch.

    Nothing new is released while released messages wait that nobody tried to send. Must not be called inside a
    transaction.
    """
    written_count = withdrawn_count = 0
    if not _untried_wait():
        figures = release(as_of, limit)
        written_count, withdrawn_count = sum(figures.released.values()), figures.withdrawn
    return DeliveryFigures(written_count, withdrawn_count, transmit(limit))


def _untried_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM outbound_dispatch WHERE state = 'released' AND claim IS NULL "
            "AND (close_at IS NULL OR close_at > now()) AND channel <> ALL(%s))",
            [printed_channels()],
        )
        return bool(cursor.fetchone()[0])
