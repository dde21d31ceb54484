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


def merge(batch: Batch, as_of: dt.date) -> None:  # noqa: ARG001
    """Create or update creditors by their code."""
    time_zones = choice_list(tuple(sorted(zoneinfo.available_timezones())))
    reading = Reading(
        batch,
        COLUMNS,
        key=("code",),
        currency=f"coalesce({batch.cell('currency')}, 'EUR')",
        extra_checks=[
            Check(
                "timezone",
                f"t.timezone IN ({time_zones})",
                lambda row: f"{shortened(row['timezone'])} is not a time zone; write for example Europe/Paris",
            )
        ],
    )
    upsert(reading, "customers_creditor", [Target.of(column.name) for column in COLUMNS], key=["code"])


IMPORT = FileImport(columns=COLUMNS, after=(), merge=merge)
