"""What the imports of ledger documents share: finding the account, and what a document already posted means.

Posted documents never change. The same document again is unchanged; one that differs is rejected with what is posted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION, creditors
from relance.kit.money import format_amount
from relance.kit.staging import Batch, Check, Column, Flaw, Kind, Reading
from relance.kit.staging.batch import ERRORS_KEPT
from relance.kit.staging.columns import literal, shortened

ACCOUNT = Column("account", required=True)
CURRENCY = Column("currency", Kind.CURRENCY)
_ACCOUNT_KNOWN = Check(
    "account",
    "t.raw_account IS NULL OR t.account_id IS NOT NULL",
    lambda row: f"account {shortened(row['account'])} is not known; import accounts.csv first, or correct the number",
)


@dataclass(frozen=True, slots=True)
class Posted:
    """Where documents of one kind are kept, and which stored column holds which column of the file."""

    table: str
    kind: str
    number: str
    stored: Mapping[str, str]
    noun: str
    remedy: str


def document_reading(
    batch: Batch, columns: Sequence[Column], number: str, extra_checks: Sequence[Check] = ()
) -> Reading:
    """Read documents of accounts; an empty currency is that of the account's creditor."""
    currencies = ", ".join(f"({entry.id}, {literal(entry.currency)})" for entry in creditors()) or "(0, 'EUR')"
    return Reading(
        batch,
        columns,
        key=("account_id", number),
        joins=(
            f"LEFT JOIN {ACCOUNT_RELATION} AS a ON a.number = s.account "
            f"LEFT JOIN (VALUES {currencies}) AS k(creditor_id, currency) ON k.creditor_id = a.creditor_id"
        ),
        offers={"account_id": "a.account_id"},
        currency=f"coalesce({batch.cell('currency')}, k.currency, 'EUR')",
        extra_checks=[_ACCOUNT_KNOWN, *extra_checks],
    )


def reject_changed(reading: Reading, posted: Posted) -> None:
    """Reject rows that say something else than the document posted under their number."""
    said = reading.present(*posted.stored)
    if not said:
        return
    batch = reading.batch
    differs = " OR ".join(f"g.{name} IS DISTINCT FROM p.{posted.stored[name]}" for name in said)
    pairs = ", ".join(f"g.{name}, p.{posted.stored[name]}" for name in said)
    names = ", ".join(f"file_{name}, posted_{name}" for name in said)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH changed(row_no, number, currency, {names}) AS MATERIALIZED ("  # noqa: S608
            f"SELECT g.row_no, g.{posted.number}, p.currency, {pairs} "
            f"FROM {reading.good()} AS g JOIN {posted.table} AS p ON p.account_id = g.account_id "
            f"AND p.kind = '{posted.kind}' AND p.number = g.{posted.number} "
            f"WHERE {differs}), "
            f"gone AS (DELETE FROM {batch.table} s USING changed c WHERE s.row_no = c.row_no) "
            f"SELECT count(*) OVER (), * FROM changed ORDER BY row_no LIMIT {ERRORS_KEPT}"
        )
        rows = cursor.fetchall()
    if not rows:
        return
    batch.unstage(rows[0][0])
    batch.reject(rows[0][0], [_changed(row_no, number, currency, said, values, posted)
                              for _, row_no, number, currency, *values in rows])  # fmt: skip


def _changed(
    row_no: int, number: str, currency: str, said: Sequence[str], values: Sequence[Any], posted: Posted
) -> Flaw:
    pairs = zip(said, values[::2], values[1::2], strict=True)
    name, before = next((name, before) for name, now, before in pairs if now != before)
    if name in {"amount", "tax_amount"}:
        before = format_amount(before, currency)
    shown = f"{name} {before}" if before not in ("", None) else f"no {name}"
    return Flaw(row_no, name, f"{posted.noun} {number} is already posted with {shown}; {posted.remedy}")
