"""Reports over a small real portfolio: as of any day, in every grouping, tied to the ledger to the cent."""

import datetime as dt
from pathlib import Path

import pytest

from relance.insight import reports
from relance.insight.facts import AgeingReport, Report
from relance.insight.reports.ageing import REPORT as AGEING
from relance.insight.reports.dso import REPORT as DSO
from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.ledger import queries as ledger

pytestmark = pytest.mark.django_db

ACCOUNTS = """\
number,name,kind,segment,credit_class
alice,Alice Aubert,consumer,home,prime
bruno,Bruno Berger,consumer,home,standard
fabre,Établissements Fabre,business,shop,standard
tokyo,Tokyo Desk,business,,standard
"""
INVOICES = """\
account,number,issued_on,due_on,amount,currency
alice,A1,2026-01-01,2026-01-31,100.00,EUR
alice,A2,2026-03-01,2026-03-31,40.00,EUR
bruno,B1,2025-11-01,2025-12-01,60.00,EUR
bruno,B2,2026-02-01,2026-02-28,30.00,EUR
fabre,F1,2025-12-01,2025-12-31,500.00,EUR
tokyo,T1,2026-03-01,2026-03-15,9000,JPY
"""
CREDITS = """\
account,number,issued_on,amount,currency,invoice
fabre,N1,2026-03-10,50.00,EUR,F1
"""
PAYMENTS = """\
account,reference,received_on,amount,currency,invoice
alice,P1,2026-02-10,100.00,EUR,A1
alice,P2,2026-03-31,55.00,EUR,A2
bruno,P3,2026-04-02,60.00,EUR,B1
"""
END_OF_MARCH = dt.date(2026, 3, 31)


@pytest.fixture(autouse=True)
def portfolio(tmp_path: Path) -> None:
    for name, text in (
        ("accounts", ACCOUNTS),
        ("invoices", INVOICES),
        ("credits", CREDITS),
        ("payments", PAYMENTS),
    ):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    assert all(not report.rejected for report in import_paths([tmp_path], dt.date(2026, 4, 2)))


def _euros(report: AgeingReport) -> dict[str, tuple[list[int], int, int]]:
    return {
        group.key: ([bucket.amount_minor for bucket in group.buckets], group.unallocated_minor, group.total_minor)
        for group in report.groups
        if group.currency == "EUR"
    }


def test_the_whole_portfolio_is_one_group_per_currency() -> None:
    document = AGEING.query(END_OF_MARCH).as_json()
    assert document == {
        "as_of": "2026-03-31",
        "groups": [
            {
                "key": "all",
                "currency": "EUR",
                "buckets": {
                    "current": {"items": 0, "amount": "0.00"},
                    "1-30": {"items": 0, "amount": "0.00"},
                    "31-60": {"items": 1, "amount": "30.00"},
                    "61-90": {"items": 1, "amount": "450.00"},
                    "90+": {"items": 1, "amount": "60.00"},
                },
                "unallocated": "15.00",
                "total": "525.00",
            },
            {
                "key": "all",
                "currency": "JPY",
                "buckets": {
                    "current": {"items": 0, "amount": "0"},
                    "1-30": {"items": 1, "amount": "9000"},
                    "31-60": {"items": 0, "amount": "0"},
                    "61-90": {"items": 0, "amount": "0"},
                    "90+": {"items": 0, "amount": "0"},
                },
                "unallocated": "0",
                "total": "9000",
            },
        ],
    }


def test_a_past_day_shows_what_was_true_then() -> None:
    assert _euros(AGEING.query(dt.date(2026, 2, 9))) == {"all": ([3000, 10000, 50000, 6000, 0], 0, 69000)}
    assert _euros(AGEING.query(dt.date(2026, 4, 2))) == {"all": ([0, 0, 3000, 0, 45000], 1500, 46500)}
    assert AGEING.query(dt.date(2020, 1, 1)).groups == ()


def test_an_item_is_current_until_the_end_of_its_due_day() -> None:
    assert _euros(AGEING.query(dt.date(2026, 1, 31)))["all"][0][:2] == [10000, 0]  # issued, due that day
    assert _euros(AGEING.query(dt.date(2026, 2, 1)))["all"][0][:2] == [3000, 10000]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("account", {"alice": -1500, "bruno": 9000, "fabre": 45000}),
        ("segment", {"home": 7500, "shop": 45000}),
        ("credit_class", {"prime": -1500, "standard": 54000}),
        ("creditor", {"default": 52500}),
    ],
)
def test_every_grouping_adds_up_to_the_same_whole(by: str, expected: dict[str, int]) -> None:
    groups = _euros(AGEING.query(END_OF_MARCH, by))
    assert {key: total for key, (_, _, total) in groups.items()} == expected
    assert sum(expected.values()) == 52500


def test_totals_tie_to_the_ledger() -> None:
    from relance.customers.queries import account_by_number

    for group in AGEING.query(END_OF_MARCH, "account").groups:
        account = account_by_number(group.key)
        assert account is not None
        (balance,) = ledger.balances([account.id], END_OF_MARCH)[account.id]
        assert (group.total_minor, group.overdue_minor) == (balance.total_minor, balance.overdue_minor)


def test_other_age_bands() -> None:
    report = AGEING.query(END_OF_MARCH, "all", (0, 60))
    assert report.labels == ("current", "1-60", "60+")
    assert _euros(report)["all"][0] == [0, 3000, 51000]


def test_bad_questions_are_refused() -> None:
    with pytest.raises(Refusal, match="credit_class"):
        AGEING.query(END_OF_MARCH, "colour")
    with pytest.raises(Refusal, match="first bound is 0"):
        AGEING.query(END_OF_MARCH, "all", (30, 60))
    with pytest.raises(Refusal, match="at least one day"):
        DSO.query(END_OF_MARCH, 0)


def test_days_sales_outstanding() -> None:
    report = DSO.query(END_OF_MARCH, 90)
    euros, yen = report.groups
    assert (euros.receivables_minor, euros.sales_minor, euros.unallocated_minor) == (54000, 17000, 1500)
    assert report.as_json() == {
        "as_of": "2026-03-31",
        "days": 90,
        "groups": [
            {
                "currency": "EUR",
                "simple": "285.88",
                "countback": "112.94",
                "best_possible": "0.00",
                "average_days_delinquent": "285.88",
            },
            {
                "currency": "JPY",
                "simple": "90.00",
                "countback": "31.00",
                "best_possible": "0.00",
                "average_days_delinquent": "90.00",
            },
        ],
    }
    assert yen.receivables_minor == 9000


def test_no_sales_in_the_period_is_null() -> None:
    (euros, _) = DSO.query(dt.date(2026, 5, 31), 10).as_json()["groups"]
    assert (euros["simple"], euros["best_possible"], euros["average_days_delinquent"]) == (None, None, None)
    assert euros["countback"] is not None


def test_every_report_on_the_shelf_says_what_it_is() -> None:
    found = shelf(reports.__name__, "REPORT")
    assert {"ageing", "dso"} <= set(found)
    for report in found.values():
        assert isinstance(report, Report)
        assert set(report.title) == set(report.help) == {"fr", "en"}
