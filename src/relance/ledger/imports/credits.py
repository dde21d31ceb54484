"""credits.csv: credit notes, set against the invoice they name or the oldest due."""

import datetime as dt

from relance.kit.staging import Batch, Column, FileImport, Kind, Minimum
from relance.ledger import chart
from relance.ledger.credit_posting import CreditShape, post_credits
from relance.ledger.documents import ACCOUNT, CURRENCY, Posted, document_reading

COLUMNS = (
    ACCOUNT,
    Column("number", Kind.CODE, required=True, max_length=60),
    Column("issued_on", Kind.DATE, required=True),
    Column(
        "amount",
        Kind.AMOUNT,
        required=True,
        minimum=Minimum.ABOVE_ZERO,
        minimum_hint="what is credited is written without a sign, what is charged goes into invoices.csv",
    ),
    CURRENCY,
    Column("invoice", default="", max_length=60),
    Column("reason", default="", max_length=200),
)
_SHAPE = CreditShape(
    posted=Posted(
        table="ledger_credit",
        kind="credit_note",
        number="number",
        stored={
            "issued_on": "received_on",
            "amount": "amount_minor",
            "currency": "currency",
            "invoice": "named_item",
            "reason": "reason",
        },
        noun="credit note",
        remedy="issued credit notes never change: send a new number",
    ),
    received_on="issued_on",
    method="''",
    reason="g.reason",
    debit=f"'{chart.CREDIT_NOTE}'",
    shares_tax=True,
)


def merge(batch: Batch, as_of: dt.date) -> None:
    """Post the credit notes that are new."""
    post_credits(document_reading(batch, COLUMNS, _SHAPE.posted, "issued_on"), _SHAPE, as_of)


IMPORT = FileImport(columns=COLUMNS, after=("invoices",), merge=merge)
