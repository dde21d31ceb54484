"""Posting of imported credits, receipts and credit notes alike: the row, its entry, its allocation, the news."""

from dataclasses import dataclass

from django.db import connection

from relance.customers.services import lock_accounts
from relance.kit.events import publish
from relance.kit.ids import next_ids
from relance.kit.staging import Reading
from relance.ledger import chart
from relance.ledger.documents import Posted, reject_changed, reject_other_currency
from relance.ledger.facts import MoneyMoved
from relance.ledger.services.settling import allocate_accounts


@dataclass(frozen=True, slots=True)
class CreditShape:
    """Which typed values of a file become which columns of a credit, and the ledger account it is debited to (SQL).

    `shares_tax`: its tax is the share of the invoice that it names.
    """

    posted: Posted
    received_on: str
    method: str
    reason: str
    debit: str
    shares_tax: bool = False


def post_credits(reading: Reading, shape: CreditShape) -> None:
    """Post the good rows that are new, allocate them, tell who listens; reject those that contradict posted ones."""
    batch = reading.batch
    reject_other_currency(reading)
    tax, named = "0", ""
    if shape.shares_tax:
        tax = "coalesce(round(i.tax_minor::numeric * least(g.amount, i.amount_minor) / nullif(i.amount_minor, 0)), 0)"
        named = (
            "LEFT JOIN ledger_openitem i ON i.account_id = g.account_id AND i.kind = 'invoice' "
            "AND i.number = g.invoice AND i.currency = g.currency"
        )
    # Writers of an account's money take turns; locked before the first row is written, as everywhere.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT g.account_id FROM {reading.good()} AS g")  # noqa: S608
        lock_accounts([row[0] for row in cursor.fetchall()])
        (since_id,) = next_ids(1)
        cursor.execute(
            f"""
            WITH posted AS (
                INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, tax_minor,
                                           open_minor, method, named_item, reason, posted_by)
                SELECT g.account_id, '{shape.posted.kind}', g.{shape.posted.number}, g.currency, g.{shape.received_on},
                       g.amount, {tax}, g.amount, {shape.method}, g.invoice, {shape.reason}, ''
                FROM {reading.good()} AS g {named} ORDER BY g.account_id, g.row_no
                ON CONFLICT (account_id, kind, number) DO NOTHING
                RETURNING account_id, id, received_on, currency, amount_minor, tax_minor, method),
            booked AS (
                INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor)
                SELECT account_id, id, received_on, currency, part.debit, '{chart.CONTROL}', part.minor
                FROM posted CROSS JOIN LATERAL (VALUES ({shape.debit}, amount_minor - tax_minor),
                                                       ('{chart.TAX}', tax_minor)) AS part(debit, minor)
                WHERE part.minor > 0)
            SELECT count(*), array_agg(DISTINCT account_id) FROM posted"""  # noqa: S608
        )
        created, touched = cursor.fetchone()
    batch.created_count += created
    if created < batch.staged_count:
        reading.reject_bad()
        reading.fold_repeats()
        reject_changed(reading, shape.posted)
        batch.unchanged_count += batch.staged_count - created
    if touched:
        allocate_accounts(touched, since_id)
        publish(MoneyMoved(touched))
