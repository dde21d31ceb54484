"""Nights that run by themselves: once a day per creditor, from an hour of the creditor's own time zone."""

import datetime as dt
import logging

from django.db import connection

from relance.customers.facts import CreditorFacts
from relance.cycle.facts import CycleFigures
from relance.cycle.locks import running_creditors
from relance.cycle.queries import cycle, last_closed, schedules, working_creditors
from relance.cycle.services.run import run
from relance.kit.clock import now_in
from relance.kit.refusal import Refusal

_logger = logging.getLogger(__name__)


def set_schedule(creditor_id: int, at: dt.time, active: bool) -> None:
    """Choose from which hour a creditor's night runs by itself, and whether it does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cycle_schedule (creditor_id, at, active) VALUES (%s, %s, %s) "
            "ON CONFLICT (creditor_id) DO UPDATE SET at = excluded.at, active = excluded.active",
            [creditor_id, at.isoformat(), active],
        )


def due_creditors() -> list[CreditorFacts]:
    """The creditors whose night should be worked now and is not being worked."""
    running = running_creditors()
    return [creditor for creditor in working_creditors() if creditor.id not in running and _due_date(creditor)]


def run_due(creditor_id: int) -> CycleFigures | None:
    """Work the night of a creditor's own day, when its hour has come and it is not closed; its figures.

    None when there is nothing to work, or when it cannot be worked now, which the log then says.
    """
    for creditor in working_creditors():
        business_date = _due_date(creditor) if creditor.id == creditor_id else None
        if business_date is not None:
            try:
                return run(business_date, creditor_id=creditor_id)
            except Refusal as refusal:
                _logger.warning("the night of creditor %s was not worked: %s", creditor.code, refusal)
    return None


def _due_date(creditor: CreditorFacts) -> dt.date | None:
    """The business date whose night should be worked now, as the creditor's clock tells it; None when there is none."""
    schedule = next(entry for entry in schedules() if entry.creditor.id == creditor.id)
    here = now_in(creditor.timezone)
    if not schedule.active or here.time() < schedule.at:
        return None
    closed = last_closed(creditor.id)
    if closed is not None and here.date() < closed:
        return None
    known = cycle(here.date(), creditor.id)
    return None if known is not None and known.state == "closed" else here.date()
