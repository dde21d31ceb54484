"""Ageing of the outside sample on every day of its two years, against a plain count over the CSV files."""

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from relance.insight.reports.ageing import REPORT as AGEING
from relance.intake.services import import_paths

LABELS = ("current", "1-30", "31-60", "61-90", "90+")
LAST_DAY = dt.date(2014, 1, 31)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _label(days_past_due: int) -> str:
    if days_past_due <= 0:
        return "current"
    return (
        "1-30" if days_past_due <= 30 else "31-60" if days_past_due <= 60 else "61-90" if days_past_due <= 90 else "90+"
    )


class Files:
    """The invoices and payments of the sample; each payment names its invoice and pays it on the day it came in."""

    def __init__(self, folder: Path) -> None:
        self.paid = {
            row["invoice"]: (dt.date.fromisoformat(row["received_on"]), Decimal(row["amount"]))
            for row in _rows(folder / "payments.csv")
        }
        self.invoices = [
            (
                row["account"], row["number"], dt.date.fromisoformat(row["issued_on"]),
                dt.date.fromisoformat(row["due_on"]), Decimal(row["amount"]),
            )
            for row in _rows(folder / "invoices.csv")
        ]  # fmt: skip

    def aged(self, as_of: dt.date) -> dict[str, dict[str, tuple[int, Decimal]]]:
        """Per account and band: the number of open invoices and what is open of them."""
        found: dict[str, dict[str, tuple[int, Decimal]]] = defaultdict(dict)
        for account, number, issued_on, due_on, amount in self.invoices:
            received_on, paid = self.paid.get(number, (dt.date.max, Decimal(0)))
            left = amount - paid if received_on <= as_of else amount
            if issued_on <= as_of and left:
                label = _label((as_of - due_on).days)
                count, total = found[account].get(label, (0, Decimal(0)))
                found[account][label] = (count + 1, total + left)
        return dict(found)


def _whole(accounts: dict[str, dict[str, tuple[int, Decimal]]]) -> dict[str, tuple[int, Decimal]]:
    """All accounts together, every band named."""
    return {
        label: (
            sum(bands.get(label, (0, Decimal(0)))[0] for bands in accounts.values()),
            sum((bands.get(label, (0, Decimal(0)))[1] for bands in accounts.values()), Decimal(0)),
        )
        for label in LABELS
    }


@pytest.mark.django_db
def test_every_day_of_two_years_equals_a_plain_count_over_the_files(samples: Path) -> None:
    folder = samples / "late_payers"
    files = Files(folder)
    assert all(report.rejected == 0 for report in import_paths([folder], LAST_DAY))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself a minute after an import
    as_of = min(issued_on for _, _, issued_on, _, _ in files.invoices)
    days = 0
    while as_of <= LAST_DAY:
        expected = files.aged(as_of)
        groups = AGEING.query(as_of).as_json()["groups"]
        assert len(groups) == (1 if expected else 0), as_of
        for group in groups:
            counted = {label: (band["items"], Decimal(band["amount"])) for label, band in group["buckets"].items()}
            assert counted == _whole(expected), as_of
            assert Decimal(group["total"]) == sum(amount for _, amount in counted.values()), as_of
        if as_of.day == 15:
            by_account = {
                group["key"]: {
                    label: (band["items"], Decimal(band["amount"]))
                    for label, band in group["buckets"].items()
                    if band["items"]
                }
                for group in AGEING.query(as_of, "account").as_json()["groups"]
            }
            assert by_account == expected, as_of
        days += 1
        as_of += dt.timedelta(days=1)
    assert days > 730
