"""Acts that follow by themselves from others (a recovery, a small difference, a doubtful transfer), written in bulk.

Each has a posting of its own, so that the account's timeline tells it. Accounts are locked and days open by then.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from relance.kit.bulk import copy_rows
from relance.ledger.booking import Leg


@dataclass(frozen=True, slots=True)
class AutomaticAct:
    """One such act. `credit_id` and `item_id` with `amount_minor` are an allocation that it makes, for good."""

    posting_id: int
    account_id: int
    kind: str
    on: dt.date
    currency: str
    source_id: int
    legs: Sequence[Leg]
    data: dict[str, Any] = field(default_factory=dict)
    credit_id: int | None = None
    item_id: int | None = None
    amount_minor: int = 0


def write_acts(acts: Sequence[AutomaticAct]) -> None:
    """Write the postings, entries and allocations of these acts. Documents and open amounts are the caller's."""
    copy_rows(
        "ledger_posting",
        ("account_id", "id", "kind", "effective_on", "input_hash", "result", "data", "reason", "actor"),
        [(a.account_id, a.posting_id, a.kind, a.on, "", "{}", json.dumps(a.data), "", "") for a in acts],
    )
    copy_rows(
        "ledger_entry",
        ("account_id", "source_id", "booked_on", "currency", "debit", "credit", "amount_minor"),
        [
            (a.account_id, a.source_id, a.on, a.currency, debit, credit, minor)
            for a in acts
            for debit, credit, minor in a.legs
            if minor > 0
        ],
    )
    copy_rows(
        "ledger_allocation",
        ("account_id", "credit_id", "item_id", "amount_minor", "effective_on", "by_hand", "posting_id"),
        [
            (a.account_id, a.credit_id, a.item_id, a.amount_minor, a.on, True, a.posting_id)
            for a in acts
            if a.credit_id is not None
        ],
    )


def mirror_entries(account_id: int, source_id: int, mirrored_id: int, booked_on: dt.date) -> None:
    """Book a document's entries the other way round, for the document `source_id` that takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
            "SELECT account_id, %s, %s, currency, credit, debit, amount_minor FROM ledger_entry "
            "WHERE account_id = %s AND source_id = %s",
            [source_id, booked_on, account_id, mirrored_id],
        )


def undo_allocations_of(account_id: int, posting_id: int | None, allocation_ids: Sequence[int], on: dt.date) -> None:
    """Undo these live allocations: items are open again, credits unallocated; what counts later is undone on its day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH undone AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, undoes_id,
                                               posting_id)
                SELECT account_id, credit_id, item_id, -amount_minor, greatest(effective_on, %(on)s), id, %(posting)s
                FROM ledger_allocation WHERE account_id = %(account)s AND id = ANY(%(ids)s)
                RETURNING credit_id, item_id, -amount_minor AS minor),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor + u.minor
                FROM (SELECT item_id, sum(minor) AS minor FROM undone GROUP BY 1) u
                WHERE i.account_id = %(account)s AND i.id = u.item_id)
            UPDATE ledger_credit c SET open_minor = c.open_minor + u.minor
            FROM (SELECT credit_id, sum(minor) AS minor FROM undone GROUP BY 1) u
            WHERE c.account_id = %(account)s AND c.id = u.credit_id""",
            {"on": on, "posting": posting_id, "account": account_id, "ids": list(allocation_ids)},
        )
