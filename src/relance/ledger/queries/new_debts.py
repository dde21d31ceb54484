"""Debts that became overdue for the first time: what a month's reminders can be held against."""

import datetime as dt

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION


def new_debts(
    from_on: dt.date, to_on: dt.date, creditor_id: int | None = None
) -> dict[tuple[str, dt.date | None], tuple[int, int]]:
    """What of invoices became overdue for the first time from one day to another, both included.

    Per currency and month (its first day; None for the whole period): how many accounts, and how many minor units. An
    invoice becomes overdue on the day after its due date, or after the later one that it was given in time, with what
    was open of it at the end of that date; money that came in time and came back later makes it overdue on the day it
    came back. Charges, refunds and instalments are not new debts.
    """
    of_creditor = (
        f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = o.account_id AND a.creditor_id = %(creditor)s"
        if creditor_id is not None
        else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH moved AS (
                SELECT p.account_id, p.item_id, p.due_on, p.id,
                       lead(p.effective_on) OVER queue AS next_on, i.due_on AS first_due_on,
                       first_value(p.effective_on) OVER queue AS first_moved_on
                FROM ledger_postponement p
                JOIN ledger_openitem i ON i.account_id = p.account_id AND i.id = p.item_id
                WINDOW queue AS (PARTITION BY p.account_id, p.item_id ORDER BY p.effective_on, p.id)),
            passed AS (
                SELECT account_id, item_id, min(due_on) AS due_on FROM moved
                WHERE first_moved_on <= first_due_on AND (next_on IS NULL OR next_on > due_on)
                GROUP BY account_id, item_id),
            invoice AS MATERIALIZED (
                SELECT i.account_id, i.id, i.currency, i.amount_minor, i.open_minor,
                       coalesce(p.due_on, i.due_on) AS due_on
                FROM ledger_openitem i
                LEFT JOIN passed p ON p.account_id = i.account_id AND p.item_id = i.id
                WHERE i.kind = 'invoice' AND coalesce(p.due_on, i.due_on) BETWEEN %(from_on)s::date - 1
                      AND %(to_on)s::date - 1),
            paid_later AS (
                SELECT a.account_id, a.item_id, sum(a.amount_minor)::bigint AS minor
                FROM ledger_allocation a
                JOIN invoice i ON i.account_id = a.account_id AND i.id = a.item_id
                WHERE a.effective_on >= %(from_on)s AND a.effective_on > i.due_on
                GROUP BY a.account_id, a.item_id),
            overdue AS (
                SELECT i.account_id, i.currency, i.due_on + 1 AS since, i.open_minor + coalesce(l.minor, 0) AS minor
                FROM invoice i LEFT JOIN paid_later l ON l.account_id = i.account_id AND l.item_id = i.id
                WHERE i.open_minor + coalesce(l.minor, 0) > 0
                UNION ALL
                SELECT i.account_id, i.currency, u.effective_on, -u.amount_minor
                FROM ledger_allocation u
                JOIN ledger_allocation a ON a.account_id = u.account_id AND a.id = u.undoes_id
                JOIN ledger_reversal r ON r.account_id = u.account_id AND r.credit_id = u.credit_id
                                      AND r.reversed_on = u.effective_on
                JOIN ledger_openitem i ON i.account_id = u.account_id AND i.id = u.item_id AND i.kind = 'invoice'
                LEFT JOIN passed p ON p.account_id = i.account_id AND p.item_id = i.id
                WHERE u.effective_on BETWEEN %(from_on)s AND %(to_on)s
                  AND a.effective_on <= coalesce(p.due_on, i.due_on)
                  AND u.effective_on > coalesce(p.due_on, i.due_on))
            SELECT currency, month, count(DISTINCT account_id), sum(minor)::bigint
            FROM (SELECT o.account_id, o.currency, date_trunc('month', o.since)::date AS month, sum(o.minor) AS minor
                  FROM overdue o {of_creditor} GROUP BY 1, 2, 3) t
            GROUP BY GROUPING SETS ((currency, month), (currency))""",  # noqa: S608
            {"from_on": from_on, "to_on": to_on, "creditor": creditor_id},
        )
        return {(currency, month): (count, minor) for currency, month, count, minor in cursor.fetchall()}
