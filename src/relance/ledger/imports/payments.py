"""payments.csv: money received, set against the invoice it names or the oldest due."""

import datetime as dt

from django.db import connection

from relance.kit.staging import Batch, Column, FileImport, Kind, Minimum, Reading
from relance.ledger import chart
from relance.ledger.credit_posting import CreditShape, post_credits
from relance.ledger.documents import ACCOUNT, CURRENCY, Posted, document_reading

COLUMNS = (
    ACCOUNT,
    Column("reference", Kind.CODE, max_length=80),
    Column("received_on", Kind.DATE, required=True),
    Column(
        "amount",
        Kind.AMOUNT,
        required=True,
        minimum=Minimum.ABOVE_ZERO,
        minimum_hint="money that went back is not a payment: reverse the receipt instead",
    ),
    CURRENCY,
    Column(
        "method",
        Kind.CHOICE,
        default="transfer",
        choices=("direct_debit", "card", "gocardless", "transfer", "cheque", "cash", "other"),
    ),
    Column("invoice", default="", max_length=60),
)
_SHAPE = CreditShape(
    posted=Posted(
        table="ledger_credit",
        kind="receipt",
        number="reference",
        stored={
            "received_on": "received_on",
            "amount": "amount_minor",
            "currency": "currency",
            "method": "method",
            "invoice": "named_item",
        },
        noun="payment",
        remedy="posted payments never change: reverse it and send a reference of its own",
    ),
    received_on="received_on",
    method="g.method",
    reason="''",
    debit=f"CASE method WHEN 'cash' THEN '{chart.CASH}' ELSE '{chart.BANK}' END",
)


def merge(batch: Batch, as_of: dt.date) -> None:
    """Post the payments that are new."""
    _give_references(batch)
    post_credits(document_reading(batch, COLUMNS, _SHAPE.posted, "received_on"), _SHAPE, as_of)


def _give_references(batch: Batch) -> None:
    """Name payments without a reference by what they say, and by how many like them stand before them in the file.

    So the same file again is the same payments, and two equal payments in one file are two.
    """
    if "reference" not in batch.columns:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {batch.table} ADD COLUMN reference text")
        batch.columns = (*batch.columns, "reference")
    reading: Reading = document_reading(batch, COLUMNS, _SHAPE.posted, "received_on")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {batch.table} AS s SET reference = 'auto-' || n.content || '-' || n.occurrence
            FROM (SELECT g.row_no, c.content, row_number() OVER (PARTITION BY c.content ORDER BY g.row_no) AS occurrence
                  FROM {reading.good()} AS g,
                       LATERAL (SELECT md5(concat_ws('|', g.account_id, g.received_on, g.amount, g.currency, g.method,
                                                     g.invoice)) AS content) AS c
                  WHERE g.reference IS NULL) AS n
            WHERE s.row_no = n.row_no"""  # noqa: S608
        )


IMPORT = FileImport(columns=COLUMNS, after=("invoices", "credits"), merge=merge)
