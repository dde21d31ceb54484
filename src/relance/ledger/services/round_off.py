"""Small differences: what a payment left of an item, too little to ask for, is given up by the creditor's policy."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION, creditors
from relance.kit.bulk import copy_rows
from relance.kit.ids import next_ids
from relance.ledger import chart
from relance.ledger.automatic import AutomaticAct, mirror_entries, undo_allocations_of, write_acts
from relance.ledger.facts import small_difference_ceiling
from relance.ledger.policies import policies
from relance.ledger.postings import first_open_days

_CREDIT_COLUMNS = ("account_id", "id", "kind", "number", "currency", "received_on", "amount_minor", "tax_minor",
                   "open_minor", "method", "named_item", "source", "reason", "posted_by", "posting_id")  # fmt: skip


def write_off_small_differences(settled: Sequence[tuple[int, int]]) -> int:
    """Give up the rest of items that money has just been set against; returns how many.

    `settled` are (account id, item id) of accounts that the transaction has locked. The policy's limit counts in the
    creditor's own currency; an item that is disputed or has
    money on its way keeps its rest, and so does one whose account still has money that could pay it. Numbers are `SD-<posting>`.
    """
    wanted = {
        creditor_id: policy.small_difference_minor
        for creditor_id, policy in policies().items()
        if policy.small_difference_minor > 0
    }
    if not wanted or not settled:
        return 0
    currencies = {creditor.id: creditor.currency for creditor in creditors()}
    # A policy of before the ceiling may say more.
    limits = {key: min(minor, small_difference_ceiling(currencies[key])) for key, minor in wanted.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH settled AS (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::bigint[]) AS s(account_id, item_id)),
            limits AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS l(creditor_id, minor, currency))
            SELECT i.account_id, i.id, i.number, i.currency, i.open_minor,
                   (SELECT max(a.effective_on) FROM ledger_allocation a
                    WHERE a.account_id = i.account_id AND a.item_id = i.id AND CASE WHEN a.undoes_id IS NULL
                        THEN NOT EXISTS (SELECT 1 FROM ledger_allocation u WHERE u.account_id = a.account_id
                                           AND u.undoes_id = a.id AND u.posting_id IS NULL)
                        ELSE a.posting_id IS NOT NULL END)
            FROM settled s
            JOIN ledger_openitem i ON i.account_id = s.account_id AND i.id = s.item_id
            JOIN {ACCOUNT_RELATION} AS b ON b.account_id = i.account_id
            JOIN limits l ON l.creditor_id = b.creditor_id AND l.currency = i.currency
            WHERE i.open_minor > 0 AND i.open_minor <= l.minor AND i.open_minor < i.amount_minor
              AND coalesce((SELECT sum(x.amount_minor) FROM ledger_exclusion x
                            WHERE x.account_id = i.account_id AND x.item_id = i.id), 0) = 0
              AND NOT EXISTS (SELECT 1 FROM ledger_credit c WHERE c.account_id = i.account_id
                                AND c.currency = i.currency AND c.open_minor > 0)
            ORDER BY 1, 2""",  # noqa: S608
            [
                [account_id for account_id, _ in settled], [item_id for _, item_id in settled],
                list(limits), list(limits.values()), [currencies[creditor_id] for creditor_id in limits],
            ],
        )  # fmt: skip
        rows: list[tuple[int, int, str, str, int, dt.date]] = cursor.fetchall()
    if rows:
        _write(rows)
    return len(rows)


def _write(rows: Sequence[tuple[int, int, str, str, int, dt.date]]) -> None:
    ids = iter(next_ids(2 * len(rows)))
    credits, acts = [], []
    for account_id, item_id, number, currency, minor, day in rows:
        credit_id, posting_id = next(ids), next(ids)
        credits.append(
            (account_id, credit_id, "small_difference", f"SD-{posting_id}", currency, day, minor, 0, 0, "", number,
             "desk", "", "", posting_id)
        )  # fmt: skip
        legs = [(chart.SMALL_DIFFERENCE, chart.CONTROL, minor)]
        told = {"number": number, "currency": currency, "amount_minor": minor}
        acts.append(
            AutomaticAct(posting_id, account_id, "small_difference_written_off", day, currency, credit_id, legs, told,
                         credit_id, item_id, minor)
        )  # fmt: skip
    copy_rows("ledger_credit", _CREDIT_COLUMNS, credits)
    write_acts(acts)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_openitem i SET open_minor = 0 FROM unnest(%s::bigint[], %s::bigint[]) AS s(account_id, id) "
            "WHERE i.account_id = s.account_id AND i.id = s.id",
            [[row[0] for row in rows], [row[1] for row in rows]],
        )


def owe_small_differences_again(displaced: Sequence[tuple[int, int]]) -> None:
    """Take back the small differences of items, as (account, item), whose money went elsewhere in the order of dates.

    For locked accounts, once their credits are placed anew; an item that is closed again keeps its small difference.
    Taken back on its own day, or the first open one, so that it leaves no trace in what was open on any day.
    """
    floors = first_open_days([account_id for account_id, _ in displaced])
    for account_id in sorted({account_id for account_id, _ in displaced}):
        take_back_small_differences(account_id, None, floors.get(account_id, dt.date.min))


def take_back_small_differences(account_id: int, posting_id: int | None, on: dt.date) -> None:
    """Take back the small differences of items that are open again: without its payment, all of an item is owed.

    For an account that the transaction has locked, once allocations are undone and before other credits look for open
    items. A small difference closes its item, so that an open item with one has lost money since. Without a posting it
    follows from the order of dates, which nobody decided.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.id, c.id, c.amount_minor, greatest(c.received_on, %(on)s) FROM ledger_openitem i
            JOIN ledger_allocation a ON a.account_id = i.account_id AND a.item_id = i.id AND a.undoes_id IS NULL
            JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id AND c.kind = 'small_difference'
            WHERE i.account_id = %(account)s AND i.open_minor > 0 AND NOT EXISTS (
                SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)""",
            {"account": account_id, "on": on},
        )
        rows = cursor.fetchall()
        if not rows:
            return
        undo_allocations_of(account_id, posting_id, [row[0] for row in rows], on)
        for _, credit_id, amount_minor, day in rows:
            cursor.execute(
                "INSERT INTO ledger_reversal (account_id, credit_id, amount_minor, reversed_on, reason, posted_by, "
                "posting_id) VALUES (%s, %s, %s, %s, '', '', %s) RETURNING id",
                [account_id, credit_id, amount_minor, day, posting_id],
            )
            mirror_entries(account_id, cursor.fetchone()[0], credit_id, day)
        cursor.execute(
            "UPDATE ledger_credit SET open_minor = 0 WHERE account_id = %s AND id = ANY(%s)",
            [account_id, [row[1] for row in rows]],
        )
