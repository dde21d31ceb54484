"""creditors.csv: the legal entities that are owed."""

import datetime as dt
import zoneinfo

from relance.kit.staging import Batch, Check, Column, FileImport, Kind, Reading, Target, upsert
from relance.kit.staging.columns import choice_list, shortened

COLUMNS = (
    Column("code", Kind.CODE, required=True, max_length=40),
    Column("name", required=True, max_length=140),
    Column("country", Kind.COUNTRY, default="FR"),
    Column("currency", Kind.CURRENCY),
    Column("timezone", default="Europe/Paris", max_length=60),
    Column("sepa_creditor_id", default="", max_length=35),
    Column("iban", Kind.IBAN, default=""),
    Column("bic", default="", max_length=11),
    Column("siren", default="", max_length=20),
    Column("vat_number", default="", max_length=20),
    Column("vat_on_debits", Kind.BOOLEAN, default="false"),
    Column("phone", default="", max_length=40),
    Column("email", Kind.EMAIL, default="", max_length=254),
    Column("address1", default="", max_length=140),
    Column("address2", default="", max_length=140),
    Column("postcode", default="", max_length=16),
    Column("city", default="", max_length=80),
    Column("contact_name", default="", max_length=140),
)


def _kept(column: str) -> Check:
    """The check that a creditor with accounts keeps the value of this column, on which its books rest."""
    return Check(
        column,
        f"t.stored_{column} IS NULL OR t.stored_{column} = t.{column}",
        lambda row: (
            f"creditor {shortened(row['code'])} has accounts and its books are kept with {column} "
            f"{row[f'stored_{column}']}; leave it as it is, or make a new creditor with accounts of its own"
        ),
    )


def merge(batch: Batch, as_of: dt.date) -> None:  # noqa: ARG001
    """Create or update creditors by their code; country and currency stay once a creditor has accounts."""
    kept = [column for column in ("country", "currency") if column in batch.columns]
    time_zones = choice_list(tuple(sorted(zoneinfo.available_timezones())))
    reading = Reading(
        batch,
        COLUMNS,
        key=("code",),
        joins=(
            "LEFT JOIN customers_creditor AS k ON k.code = s.code "
            "AND EXISTS (SELECT 1 FROM customers_billingaccount AS a WHERE a.creditor_id = k.id)"
        ),
        offers={f"stored_{column}": f"k.{column}" for column in kept},
        currency=f"coalesce({batch.cell('currency')}, 'EUR')",
        extra_checks=[
            Check(
                "timezone",
                f"t.timezone IN ({time_zones})",
                lambda row: f"{shortened(row['timezone'])} is not a time zone; write for example Europe/Paris",
            ),
            *(_kept(column) for column in kept),
        ],
    )
    upsert(reading, "customers_creditor", [Target.of(column.name) for column in COLUMNS], key=["code"])


IMPORT = FileImport(columns=COLUMNS, after=(), merge=merge)
