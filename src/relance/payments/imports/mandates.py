"""mandates.csv: signed permissions to debit a bank account."""

import datetime as dt

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.staging import Batch, Check, Column, FileImport, Kind, Reading, Target, upsert
from relance.kit.staging.columns import shortened

COLUMNS = (
    Column("account", required=True),
    Column("umr", Kind.CODE, required=True, max_length=35),
    Column("scheme", Kind.CHOICE, default="core", choices=("core", "b2b")),
    Column("signed_on", Kind.DATE, required=True),
    Column("iban", Kind.IBAN, required=True),
    Column("bic", default="", max_length=11),
    Column("holder", default="", max_length=140),
    Column("last_presented_on", Kind.DATE),
)
_TARGETS = (
    Target("account_id", "account_id", "account"),
    *(Target.of(column.name) for column in COLUMNS if column.name != "account"),
)
_CHECKS = (
    Check(
        "account",
        "t.raw_account IS NULL OR t.account_id IS NOT NULL",
        lambda row: (
            f"account {shortened(row['account'])} is not known; import accounts.csv first, or correct the number"
        ),
    ),
    Check(
        "last_presented_on",
        "t.last_presented_on IS NULL OR t.signed_on IS NULL OR t.last_presented_on >= t.signed_on",
        lambda row: (
            f"last presented on {row['last_presented_on']}, before it was signed on {row['signed_on']}; "
            "correct one of the two"
        ),
    ),
)


def merge(batch: Batch, as_of: dt.date) -> None:  # noqa: ARG001
    """Create or update mandates by their unique reference."""
    reading = Reading(
        batch,
        COLUMNS,
        key=("umr",),
        joins=f"LEFT JOIN {ACCOUNT_RELATION} AS a ON a.number = s.account",
        offers={"account_id": "a.account_id"},
        extra_checks=_CHECKS,
    )
    upsert(reading, "payments_mandate", _TARGETS, key=["umr"])


IMPORT = FileImport(columns=COLUMNS, after=("accounts", "payments"), merge=merge)
