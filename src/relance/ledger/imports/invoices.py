"""invoices.csv: issued invoices become open items with their entries; credits that waited are allocated."""

import datetime as dt

from django.db import IntegrityError, connection, transaction

from relance.kit.events import publish
from relance.kit.ids import next_ids
from relance.kit.staging import Batch, Check, Column, FileImport, Kind, Minimum, Reading
from relance.kit.staging.columns import shortened
from relance.kit.staging.first_load import indexes_built_afterwards
from relance.kit.staging.merging import is_repeated_key
from relance.ledger import chart
from relance.ledger.documents import ACCOUNT, CURRENCY, Posted, document_reading, reject_changed
from relance.ledger.facts import ItemsPosted
from relance.ledger.services.settling import allocate_accounts

COLUMNS = (
    ACCOUNT,
    Column("number", Kind.CODE, required=True, max_length=60),
    Column("issued_on", Kind.DATE, required=True),
    Column("due_on", Kind.DATE, required=True),
    Column(
        "amount",
        Kind.AMOUNT,
        required=True,
        minimum=Minimum.ZERO,
        minimum_hint="a negative invoice is a credit note: put it in credits.csv",
    ),
    Column("tax_amount", Kind.AMOUNT, default="0", minimum=Minimum.ZERO),
    CURRENCY,
    Column("nature", Kind.CHOICE, default="service", choices=("service", "equipment", "termination", "other")),
    Column("document_url", default="", max_length=500),
)
_CHECKS = (
    Check(
        "due_on",
        "t.due_on IS NULL OR t.issued_on IS NULL OR t.due_on >= t.issued_on",
        lambda row: f"due on {row['due_on']}, before it is issued on {row['issued_on']}; correct one of the two",
    ),
    Check(
        "tax_amount",
        "t.amount IS NULL OR t.tax_amount IS NULL OR t.tax_amount <= t.amount OR t.amount < 0",
        lambda row: f"tax of {row['tax_amount']} is more than the amount of {row['amount']}, which includes it",
    ),
    Check(
        "document_url",
        "t.document_url = '' OR t.document_url ~* '^https?://'",
        lambda row: (
            f"{shortened(row['document_url'])} is not a web address; write one that begins with http:// or https://, "
            "or nothing"
        ),
    ),
)
_POSTED = Posted(
    table="ledger_openitem",
    kind="invoice",
    number="number",
    stored={
        "issued_on": "born_on",
        "due_on": "due_on",
        "amount": "amount_minor",
        "tax_amount": "tax_minor",
        "currency": "currency",
        "nature": "nature",
    },
    noun="invoice",
    remedy="issued invoices never change: send a credit note or a new number",
)

_REVENUE = "CASE p.nature {} END".format(
    " ".join(f"WHEN '{nature}' THEN '{account}'" for nature, account in chart.REVENUE_OF.items())
)


def merge(batch: Batch, as_of: dt.date) -> None:
    """Post the invoices that are new; only `document_url` of a posted one may change."""
    reading = document_reading(batch, COLUMNS, _POSTED, "issued_on", _CHECKS)
    (since_id,) = next_ids(1)
    try:
        with (
            transaction.atomic(),
            indexes_built_afterwards(["ledger_openitem", "ledger_entry"], batch.staged_count) as is_first_load,
        ):
            created, late, waited_for = _post(reading, as_of, pass_known=not is_first_load)
    except IntegrityError as error:
        if not is_repeated_key(error):
            raise
        created, late, waited_for = _post(reading, as_of, pass_known=True)
    batch.created_count += created
    if created < batch.staged_count:
        _settle_rest(reading, created)
    if waited_for:
        allocate_accounts(waited_for, since_id)
    if late:
        publish(ItemsPosted(late))


def _post(reading: Reading, as_of: dt.date, pass_known: bool) -> tuple[int, list[int], list[int]]:
    """Insert new items and their entries; returns their number, accounts with late ones, accounts with credits waiting.

    With `pass_known` a number that is already posted is passed over, else it is an IntegrityError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH posted AS (
                INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor,
                                             tax_minor, open_minor, document_url)
                SELECT g.account_id, 'invoice', g.number, g.nature, g.currency, g.issued_on, g.due_on, g.amount,
                       g.tax_amount, g.amount, g.document_url
                FROM {reading.good()} AS g ORDER BY g.account_id, g.row_no
                {"ON CONFLICT (account_id, kind, number) DO NOTHING" if pass_known else ""}
                RETURNING account_id, id, born_on, due_on, currency, amount_minor, tax_minor, nature),
            booked AS (
                INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor)
                SELECT p.account_id, p.id, p.born_on, p.currency, '{chart.CONTROL}', part.credit, part.minor
                FROM posted p CROSS JOIN LATERAL (VALUES ({_REVENUE}, p.amount_minor - p.tax_minor),
                                                         ('{chart.TAX}', p.tax_minor)) AS part(credit, minor)
                WHERE part.minor > 0),
            touched AS (
                SELECT account_id, count(*) AS item_count, bool_or(due_on < %s AND amount_minor > 0) AS late
                FROM posted GROUP BY account_id)
            SELECT coalesce(sum(t.item_count), 0)::bigint, array_agg(t.account_id) FILTER (WHERE t.late),
                   array_agg(t.account_id) FILTER (WHERE w.account_id IS NOT NULL)
            FROM touched t
            LEFT JOIN (SELECT DISTINCT account_id FROM ledger_credit WHERE open_minor > 0) w USING (account_id)""",  # noqa: S608
            [as_of],
        )
        created, late, waited_for = cursor.fetchone()
    return created, late or [], waited_for or []


def _settle_rest(reading: Reading, created: int) -> None:
    batch = reading.batch
    reading.reject_bad()
    reading.fold_repeats()
    reject_changed(reading, _POSTED)
    updated = 0
    if "document_url" in batch.columns:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE ledger_openitem AS i SET document_url = g.document_url FROM {reading.good()} AS g "  # noqa: S608
                "WHERE i.account_id = g.account_id AND i.kind = 'invoice' AND i.number = g.number "
                "AND i.document_url <> g.document_url"
            )
            updated = cursor.rowcount
    batch.updated_count += updated
    batch.unchanged_count += batch.staged_count - created - updated


IMPORT = FileImport(columns=COLUMNS, after=("accounts", "services"), merge=merge)
