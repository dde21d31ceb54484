"""Who is due: the accounts that a night has to decide, and those with something left to do."""

import datetime as dt

from django.db import connection

from relance.arrangements.queries import changing
from relance.customers.queries import of_creditor
from relance.dunning.cases import with_families
from relance.dunning.stored_scenarios import experiments_turned
from relance.ledger.queries import money_effective, newly_overdue


def decided_through(creditor_id: int | None = None) -> dt.date | None:
    """The last business date whose decisions are all taken, of one creditor, or the latest of any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(decided_through) FROM dunning_horizon WHERE creditor_id = coalesce(%s, creditor_id)",
            [creditor_id],
        )
        day: dt.date | None = cursor.fetchone()[0]
    return day


def due_for_decision(as_of: dt.date, creditor_id: int) -> list[int]:
    """A creditor's accounts on which something can have changed since its last completed night, in id order.

    Items that became overdue; episodes whose review day has come; money that became effective; holds that began or
    ended; accounts that somebody nudged; everything overdue when an experiment began or ended; and the families they are
    dunned with. All others would be decided exactly as they stand.
    """
    after = decided_through(creditor_id)
    overdue_since = None if experiments_turned(after, as_of) else after
    found = {*newly_overdue(overdue_since, as_of), *changing(after, as_of)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM dunning_position WHERE next_review_on <= %s", [as_of])
        found.update(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT DISTINCT account_id FROM dunning_nudge")
        found.update(row[0] for row in cursor.fetchall())
        if after is not None:
            moved, reopened = money_effective(after, as_of)
            found.update(reopened)
            cursor.execute("SELECT DISTINCT account_id FROM dunning_position WHERE account_id = ANY(%s)", [moved])
            found.update(row[0] for row in cursor.fetchall())
    return of_creditor(with_families(sorted(found)), creditor_id)


def accounts_to_perform(creditor_id: int) -> list[int]:
    """A creditor's accounts with planned actions, in id order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT account_id FROM dunning_plannedaction WHERE state = 'planned'")
        found = [row[0] for row in cursor.fetchall()]
    return of_creditor(found, creditor_id)
