"""services.csv: lines and rented equipment billed on accounts."""

import datetime as dt

from relance.kit.staging import Batch, Check, Column, FileImport, Kind, Reading, Target, upsert
from relance.kit.staging.columns import shortened

COLUMNS = (
    Column("account", required=True),
    Column("identifier", Kind.CODE, required=True, max_length=60),
    Column("kind", Kind.CHOICE, default="other", choices=("mobile", "fixed", "internet", "tv", "equipment", "other")),
    Column("activated_on", Kind.DATE),
)
_TARGETS = (
    Target("account_id", "account_id", "account"),
    Target.of("identifier"),
    Target.of("kind"),
    Target.of("activated_on"),
)


def merge(batch: Batch, as_of: dt.date) -> None:  # noqa: ARG001
    """Create or update services by account and identifier."""
    reading = Reading(
        batch,
        COLUMNS,
        key=("account_id", "identifier"),
        joins="LEFT JOIN customers_billingaccount AS a ON a.number = s.account",
        offers={"account_id": "a.id"},
        extra_checks=[
            Check(
                "account",
                "t.raw_account IS NULL OR t.account_id IS NOT NULL",
                lambda row: (
                    f"account {shortened(row['account'])} is not known; import accounts.csv first, "
                    "or correct the number"
                ),
            )
        ],
    )
    upsert(reading, "customers_service", _TARGETS, key=["account_id", "identifier"])


IMPORT = FileImport(columns=COLUMNS, after=("accounts",), merge=merge)
