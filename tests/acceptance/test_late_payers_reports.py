"""Ageing and DSO of the outside sample of late payers, exactly as its makers counted them."""

import datetime as dt
from pathlib import Path

import pytest

from relance.insight.reports.ageing import REPORT as AGEING
from relance.insight.reports.dso import REPORT as DSO
from relance.intake.services import import_paths

AS_OF = dt.date(2013, 6, 30)


@pytest.mark.django_db
def test_ageing_and_dso_on_the_last_day_of_june_2013(samples: Path) -> None:
    reports = import_paths([samples / "late_payers"], AS_OF)
    assert {report.file.rpartition("/")[2]: report.rejected for report in reports} == {
        "accounts.csv": 0,
        "invoices.csv": 0,
        "payments.csv": 0,
    }
    (group,) = AGEING.query(AS_OF).as_json()["groups"]
    assert group == {
        "key": "all",
        "currency": "EUR",
        "buckets": {
            "current": {"items": 72, "amount": "4284.29"},
            "1-30": {"items": 12, "amount": "835.56"},
            "31-60": {"items": 0, "amount": "0.00"},
            "61-90": {"items": 0, "amount": "0.00"},
            "90+": {"items": 0, "amount": "0.00"},
        },
        "not_dated": {"items": 0, "amount": "0.00"},
        "unallocated": "0.00",
        "disputed": "0.00",
        "total": "5119.85",
    }
    (outstanding,) = DSO.query(AS_OF, 90).groups
    assert outstanding.sales_minor == 19_903_70
    assert f"{outstanding.simple}" == "23.15"
