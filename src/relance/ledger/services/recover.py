"""Money that comes in after a write-off: it recovers the lost debt, as an item of its own that it settles at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db import connection

from relance.kit.bulk import copy_rows, id_array
from relance.kit.ids import next_ids
from relance.ledger import chart
from relance.ledger.automatic import AutomaticAct, mirror_entries, write_acts
from relance.ledger.booking import add_credit, allocate_bound
from relance.ledger.facts import AllocationOrder
from relance.ledger.policies import DEFAULT, policies_of
from relance.ledger.postings import first_open_days
from relance.ledger.rules import FreeReceipt, Recovery, WrittenOffDebt, recoveries

_ITEM_COLUMNS = ("account_id", "id", "kind", "number", "nature", "currency", "born_on", "due_on", "amount_minor",
                 "tax_minor", "open_minor", "origin_id", "source", "document_url", "posting_id")  # fmt: skip


def recover_written_off(account_ids: Sequence[int]) -> int:
    """Let receipts with money left recover what was written off of their accounts; returns the recoveries made.

    For accounts that the transaction has locked, after their credits met the open items. The policy decides: a creditor
    may not want it, `named_only` recovers what the payer named, and `by_hand` and receipts kept for a person nothing.
    What was written off stays so: each recovery is a new item, numbered `REC-<n>`, income (754) with the VAT that the
    write-off had taken back.
    """
    debts = _written_off(account_ids)
    if not debts:
        return 0
    receipts = _receipts_left(list(debts))
    decided: list[tuple[int, Recovery]] = []
    for account_id in sorted(receipts):
        decided += [(account_id, made) for made in recoveries(debts[account_id], receipts[account_id])]
    if decided:
        numbers = {(account_id, debt.item_id): debt.item_number for account_id, of in debts.items() for debt in of}
        _write(decided, numbers)
    return len(decided)


def _written_off(account_ids: Sequence[int]) -> dict[int, list[WrittenOffDebt]]:
    """What is written off and not recovered, per account."""
    found: dict[int, dict[int, WrittenOffDebt]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.account_id, i.id, i.number, i.currency, coalesce((p.data->'taxes'->>i.id::text)::bigint, 0),
                   a.amount_minor, a.effective_on
            FROM ledger_credit c
            JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
            JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
            JOIN ledger_posting p ON p.account_id = c.account_id AND p.id = c.posting_id
            WHERE c.account_id = ANY(%s::bigint[]) AND c.kind = 'write_off' AND NOT EXISTS (
                SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            ORDER BY a.effective_on, a.id""",
            [id_array(account_ids)],
        )
        for account_id, item_id, number, currency, tax, minor, on in cursor.fetchall():
            debt = found[account_id].setdefault(item_id, WrittenOffDebt(item_id, number, currency, on, 0, 0, 0, 0))
            debt.written_off_on = max(debt.written_off_on, on)
            debt.amount_minor += minor
            debt.left_minor += minor
            debt.tax_minor += tax
        if not found:
            return {}
        cursor.execute(
            """
            SELECT r.account_id, r.origin_id, sum(r.amount_minor)::bigint, sum(r.tax_minor)::bigint
            FROM ledger_openitem r
            WHERE r.account_id = ANY(%s::bigint[]) AND r.kind = 'recovery' AND NOT EXISTS (
                SELECT 1 FROM ledger_allocation a
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id AND c.kind = 'correction'
                WHERE a.account_id = r.account_id AND a.item_id = r.id)
            GROUP BY 1, 2""",
            [id_array(found)],
        )
        for account_id, item_id, minor, tax in cursor.fetchall():
            found[account_id][item_id].left_minor -= minor
            found[account_id][item_id].tax_returned_minor += tax
    return {account_id: list(debts.values()) for account_id, debts in found.items()}


def _receipts_left(account_ids: Sequence[int]) -> dict[int, list[FreeReceipt]]:
    chosen, floors = policies_of(account_ids), first_open_days(account_ids)
    found: dict[int, list[FreeReceipt]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.account_id, c.id, c.currency, c.open_minor, c.named_item,
                   greatest(c.received_on, (SELECT max(u.effective_on) FROM ledger_allocation u
                       WHERE u.account_id = c.account_id AND u.credit_id = c.id AND u.undoes_id IS NOT NULL
                         AND u.posting_id IS NOT NULL)),
                   ARRAY(SELECT d.item_number FROM ledger_designation d
                         WHERE d.account_id = c.account_id AND d.credit_id = c.id)
            FROM ledger_credit c
            WHERE c.account_id = ANY(%s::bigint[]) AND c.open_minor > 0 AND c.kind = 'receipt' AND NOT c.by_hand""",
            [id_array(account_ids)],
        )
        for account_id, credit_id, currency, minor, named_item, free_from, wishes in cursor.fetchall():
            policy = chosen.get(account_id, DEFAULT)
            if policy.recovers_written_off and policy.allocation_order is not AllocationOrder.BY_HAND:
                free_from = max(free_from, floors.get(account_id, free_from))
                names = frozenset({named_item, *wishes} - {""})
                named_only = policy.allocation_order is AllocationOrder.NAMED_ONLY
                found[account_id].append(FreeReceipt(credit_id, currency, free_from, minor, names, named_only))
    return found


def _write(decided: Sequence[tuple[int, Recovery]], numbers: dict[tuple[int, int], str]) -> None:
    counts = _recovery_counts([account_id for account_id, _ in decided])
    ids = iter(next_ids(2 * len(decided)))
    items, acts = [], []
    for account_id, made in decided:
        item_id, posting_id = next(ids), next(ids)
        counts[account_id] += 1
        items.append(
            (account_id, item_id, "recovery", f"REC-{counts[account_id]}", "other", made.currency, made.recovered_on,
             made.recovered_on, made.amount_minor, made.tax_minor, 0, made.item_id, "desk", "", posting_id)
        )  # fmt: skip
        legs = [
            (chart.CONTROL, chart.RECOVERY, made.amount_minor - made.tax_minor),
            (chart.CONTROL, chart.TAX, made.tax_minor),
        ]
        told = {
            "number": numbers[account_id, made.item_id],
            "currency": made.currency,
            "amount_minor": made.amount_minor,
        }
        acts.append(
            AutomaticAct(posting_id, account_id, "debt_recovered", made.recovered_on, made.currency, item_id, legs,
                         told, made.credit_id, item_id, made.amount_minor)
        )  # fmt: skip
    copy_rows("ledger_openitem", _ITEM_COLUMNS, items)
    write_acts(acts)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ledger_credit c SET open_minor = c.open_minor - r.minor
            FROM (SELECT account_id, credit_id, sum(minor) AS minor
                  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS r(account_id, credit_id, minor)
                  GROUP BY 1, 2) r
            WHERE c.account_id = r.account_id AND c.id = r.credit_id""",
            [
                [account_id for account_id, _ in decided],
                [made.credit_id for _, made in decided],
                [made.amount_minor for _, made in decided],
            ],
        )


def _recovery_counts(account_ids: Sequence[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, count(*) FROM ledger_openitem WHERE account_id = ANY(%s::bigint[]) "
            "AND kind = 'recovery' GROUP BY 1",
            [id_array(set(account_ids))],
        )
        return defaultdict(int, cursor.fetchall())


def take_back_recoveries(account_id: int, posting_id: int, on: dt.date) -> None:
    """Take back the recoveries whose money is gone: the debt counts as written off again, and nothing is chased.

    For an account that the transaction has locked, once a receipt's allocations are undone and *before* other credits
    look for open items. A recovery is settled by one receipt or not at all, so an open one has lost its money.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number, currency, amount_minor, born_on FROM ledger_openitem "
            "WHERE account_id = %s AND kind = 'recovery' AND open_minor > 0 ORDER BY id",
            [account_id],
        )
        rows = cursor.fetchall()
    for item_id, number, currency, amount_minor, born_on in rows:
        day = max(on, born_on)
        credit_id = add_credit(account_id, posting_id, "correction", f"COR-{number}", currency, day, amount_minor)
        mirror_entries(account_id, credit_id, item_id, day)
        allocate_bound(account_id, posting_id, [(credit_id, item_id, amount_minor)], day)
