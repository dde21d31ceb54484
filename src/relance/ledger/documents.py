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
from relance.ledger.postings import sealed_days

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
    batch: Batch, columns: Sequence[Column], posted: Posted, dated: str, extra_checks: Sequence[Check] = ()
) -> Reading:
    """Read documents of accounts; an empty currency is that of the account's creditor.

    `dated` is the column with the document's day: a new document cannot lie in a sealed day or before its account
    opened. The journals of all creditors stay unsealed until the transaction ends.
    """
    currencies = ", ".join(f"({entry.id}, {literal(entry.currency)})" for entry in creditors()) or "(0, 'EUR')"
    seals = ", ".join(f"({creditor_id}, DATE '{day}')" for creditor_id, day in sealed_days().items())
    known = (
        f"EXISTS (SELECT 1 FROM {posted.table} p WHERE p.account_id = t.account_id AND p.kind = '{posted.kind}' "  # noqa: S608
        f"AND p.number = t.{posted.number})"
    )
    day_checks = [
        Check(
            dated,
            f"t.{dated} IS NULL OR t.opened_on IS NULL OR t.{dated} >= t.opened_on OR {known}",
            lambda row: (
                f"{row[dated]} lies before the account opened on {row['opened_on']}; correct the date, or opened_on in "
                "accounts.csv"
            ),
        )
    ]
    if seals:
        day_checks.append(
            Check(
                dated,
                f"t.{dated} IS NULL OR t.sealed_on IS NULL OR t.{dated} > t.sealed_on OR {known}",
                lambda row: (
                    f"the journal is sealed through {row['sealed_on']} and {row[dated]} lies before its end; give the "
                    "document the day on which it became known"
                ),
            )
        )
    return Reading(
        batch,
        columns,
        key=("account_id", posted.number),
        joins=(
            f"LEFT JOIN {ACCOUNT_RELATION} AS a ON a.number = s.account "
            f"LEFT JOIN (VALUES {currencies}) AS k(creditor_id, currency) ON k.creditor_id = a.creditor_id"
            + (f" LEFT JOIN (VALUES {seals}) AS z(creditor_id, day) ON z.creditor_id = a.creditor_id" if seals else "")
        ),
        offers={"account_id": "a.account_id", "opened_on": "a.opened_on"} | ({"sealed_on": "z.day"} if seals else {}),
        currency=f"coalesce({batch.cell('currency')}, k.currency, 'EUR')",
        extra_checks=[_ACCOUNT_KNOWN, *day_checks, *extra_checks],
    )


def reject_other_currency(reading: Reading) -> None:
    """Reject credits that name an invoice of another currency, where the file says currencies and invoices at all."""
    if len(reading.present("currency", "invoice")) == 2:
        reading.reject_where(
            "g.invoice <> '' AND EXISTS (SELECT 1 FROM ledger_openitem i WHERE i.account_id = g.account_id "
            "AND i.kind = 'invoice' AND i.number = g.invoice AND i.currency <> g.currency)",
            "currency",
            "'invoice ' || g.invoice || ' is not in ' || g.currency || '; currencies never settle each other: correct "
            "the currency, or name no invoice'",
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
