"""accounts.csv: billing accounts, the people and bodies behind them, and which account stands above which."""

import datetime as dt

from django.db import connection

from relance.customers.facts import AccountsChanged
from relance.kit.events import publish
from relance.kit.staging import Batch, Check, Column, FileImport, Kind, Minimum, Reading, Target, upsert
from relance.kit.staging.columns import shortened

COLUMNS = (
    Column("number", Kind.CODE, required=True, max_length=60),
    Column("creditor", default="default"),
    Column("name", required=True, max_length=140),
    Column("kind", Kind.CHOICE, default="consumer", choices=("consumer", "business", "public")),
    Column("segment", default="", max_length=60),
    Column("credit_class", default="standard", max_length=60),
    Column("language", Kind.LANGUAGE, default=""),
    Column("email", Kind.EMAIL, default="", max_length=254),
    Column("mobile", default="", max_length=40),
    Column("phone", default="", max_length=40),
    Column("address1", default="", max_length=140),
    Column("address2", default="", max_length=140),
    Column("postcode", default="", max_length=16),
    Column("city", default="", max_length=80),
    Column("country", Kind.COUNTRY, default="FR"),
    Column("siren", default="", max_length=20),
    Column(
        "payment_method",
        Kind.CHOICE,
        default="transfer",
        choices=("direct_debit", "card", "gocardless", "transfer", "cheque", "cash"),
    ),
    Column("parent"),
    Column("sales_rep", default="", max_length=140),
    Column("credit_limit", Kind.AMOUNT, minimum=Minimum.ZERO),
    Column("opened_on", Kind.DATE),
)
_TARGETS = (
    Target("creditor_id", "creditor_id", "creditor"),
    Target("credit_limit_minor", "credit_limit", "credit_limit"),
    *(Target.of(column.name) for column in COLUMNS if column.name not in {"creditor", "credit_limit", "parent"}),
)
_CREDITOR_KNOWN = Check(
    "creditor",
    "t.creditor_id IS NOT NULL",
    lambda row: f"creditor {shortened(row['creditor'])} is not known; import creditors.csv first, or correct the code",
)
_CREDITOR_KEPT = Check(
    "creditor",
    "t.stored_creditor_id IS NULL OR t.stored_creditor_id = t.creditor_id",
    lambda row: (
        f"account {shortened(row['number'])} belongs to another creditor, whose books hold its entries; "
        "open a new account, or correct the code"
    ),
)
_PARENT_OTHER = Check(
    "parent",
    "t.parent IS NULL OR t.parent <> t.number",
    lambda row: f"account {shortened(row['number'])} cannot be its own parent; name another account or none",
)
_LONGEST_LINE_OF_PARENTS = 50


def merge(batch: Batch, as_of: dt.date) -> None:  # noqa: ARG001
    """Create or update accounts by their number, then hang each below its parent; tell who listens which ones changed.

    An account stays with its creditor: its entries, sealed ones too, stand in that creditor's books.
    """
    _ensure_default_creditor(batch)
    joins = f"LEFT JOIN customers_creditor AS k ON k.code = coalesce({batch.cell('creditor')}, 'default')"
    offers = {"creditor_id": "k.id"}
    has_parents = "parent" in batch.columns
    has_creditors = "creditor" in batch.columns
    if has_parents or has_creditors:
        joins += " LEFT JOIN customers_billingaccount AS stored ON stored.number = s.number"
    if has_parents:
        joins += " LEFT JOIN customers_billingaccount AS above ON above.id = stored.parent_id"
        offers["stored_parent"] = "above.number"
    if has_creditors:
        offers["stored_creditor_id"] = "stored.creditor_id"
    reading = Reading(
        batch,
        COLUMNS,
        key=("number",),
        joins=joins,
        offers=offers,
        currency="coalesce(k.currency, 'EUR')",
        extra_checks=[_CREDITOR_KNOWN, _PARENT_OTHER, *([_CREDITOR_KEPT] if has_creditors else [])],
    )
    if has_parents:
        _reject_impossible_parents(reading)
    _lock_known(batch)
    changed = upsert(
        reading,
        "customers_billingaccount",
        _TARGETS,
        key=["number"],
        also_changed="g.parent IS DISTINCT FROM g.stored_parent" if has_parents else "FALSE",
    )
    if has_parents:
        _hang_below_parents(batch)
    if changed:
        publish(AccountsChanged(changed))


def _ensure_default_creditor(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_creditor (code, name, country, currency, timezone, sepa_creditor_id, iban, bic, "  # noqa: S608
            "siren, vat_number, vat_on_debits, phone, email, address1, address2, postcode, city, contact_name) "
            "SELECT 'default', 'Default creditor', 'FR', 'EUR', 'Europe/Paris', '', '', '', '', '', false, "
            "'', '', '', '', '', '', '' WHERE NOT EXISTS (SELECT 1 FROM customers_creditor WHERE code = 'default') "
            f"AND EXISTS (SELECT 1 FROM {batch.table} s "
            f"WHERE coalesce({batch.cell('creditor')}, 'default') = 'default')"
        )


def _reject_impossible_parents(reading: Reading) -> None:
    """Reject rows whose parent would not exist, or would lead back to themselves.

    Every rejected row may leave others without their parent, so this goes on until nothing is left to reject.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {reading.batch.table} WHERE parent IS NOT NULL)")  # noqa: S608
        if not cursor.fetchone()[0]:
            return
    reading.reject_bad()
    reading.fold_repeats()
    known = f"SELECT number FROM customers_billingaccount UNION ALL SELECT s.number FROM {reading.batch.table} AS s"  # noqa: S608
    circles = f"""
        WITH RECURSIVE below AS (
            SELECT s.number, s.parent FROM {reading.batch.table} AS s
            UNION ALL
            SELECT b.number, p.number
            FROM customers_billingaccount b JOIN customers_billingaccount p ON p.id = b.parent_id
            WHERE NOT EXISTS (SELECT 1 FROM {reading.batch.table} AS s WHERE s.number = b.number)),
        walk AS (
            SELECT s.number AS start, s.parent AS at, 1 AS depth
            FROM {reading.batch.table} AS s WHERE s.parent IS NOT NULL
            UNION ALL
            SELECT w.start, below.parent, w.depth + 1 FROM walk w JOIN below ON below.number = w.at
            WHERE below.parent IS NOT NULL AND w.at <> w.start AND w.depth <= {_LONGEST_LINE_OF_PARENTS})
        SELECT start FROM walk WHERE at = start OR depth > {_LONGEST_LINE_OF_PARENTS}"""  # noqa: S608
    while True:
        rejected = reading.reject_where(
            f"g.parent IS NOT NULL AND g.parent NOT IN ({known})",
            "parent",
            "'parent account ''' || g.parent || ''' is not known; import it too, or correct the number'",
        )
        rejected += reading.reject_where(
            f"g.number IN ({circles})",
            "parent",
            "'parent ''' || g.parent || ''' leads back to account ''' || g.number || ''' itself; name none or another'",
        )
        if not rejected:
            return


def _lock_known(batch: Batch) -> None:
    """Lock the accounts that the file may change, in id order like `lock_accounts`.

    A merge locks rows as its join finds them; beside another writer of the same accounts, the night above all, one
    would wait for the other in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM customers_billingaccount "  # noqa: S608
            f"WHERE number IN (SELECT s.number FROM {batch.table} AS s) ORDER BY id FOR NO KEY UPDATE) AS locked"
        )


def _hang_below_parents(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_billingaccount AS b SET parent_id = p.id "  # noqa: S608
            f"FROM {batch.table} AS s LEFT JOIN customers_billingaccount AS p ON p.number = s.parent "
            "WHERE b.number = s.number AND b.parent_id IS DISTINCT FROM p.id"
        )


IMPORT = FileImport(columns=COLUMNS, after=("creditors",), merge=merge)
