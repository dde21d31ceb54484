"""Reports over a small real portfolio: as of any day, in every grouping, tied to the ledger to the cent."""

import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import connection

from relance.customers.queries import account_by_number
from relance.insight import reports
from relance.insight.facts import AgeingReport, Report
from relance.insight.reports.ageing import REPORT as AGEING
from relance.insight.reports.dso import REPORT as DSO
from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.ledger import queries as ledger
from tests import acts

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
                "not_dated": {"items": 0, "amount": "0.00"},
                "unallocated": "15.00",
                "disputed": "0.00",
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
                "not_dated": {"items": 0, "amount": "0"},
                "unallocated": "0",
                "disputed": "0",
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
    for group in AGEING.query(END_OF_MARCH, "account").groups:
        account = account_by_number(group.key)
        assert account is not None
        (balance,) = ledger.balances([account.id], END_OF_MARCH)[account.id]
        assert (group.total_minor, group.overdue_minor) == (balance.total_minor, balance.overdue_minor)


@pytest.fixture
def eventful() -> None:
    """March on top: Alice and Fabre are charged without a due date, and Fabre's charge is given up; Bruno's B2 is split;
    Fabre disputes part of F1, is given time for all of it and becomes doubtful; the yen are disputed whole; Bruno is
    charged once by mistake.
    """
    alice, bruno, fabre, tokyo = (_account_id(number) for number in ("alice", "bruno", "fabre", "tokyo"))
    acts.charge(alice, "L1", 700, dt.date(2026, 3, 5))
    acts.charge(bruno, "L3", 900, dt.date(2026, 3, 6))
    acts.correct(bruno, "L3", dt.date(2026, 3, 8))
    acts.charge(fabre, "L2", 2500, dt.date(2026, 3, 5))
    acts.write_off(fabre, "L2", dt.date(2026, 3, 12))
    parts = [(dt.date(2026, 3, 20), 1000), (dt.date(2026, 4, 20), 2000)]
    acts.split(bruno, "B2", parts, dt.date(2026, 3, 13))
    acts.dispute(fabre, "F1", 12_300, dt.date(2026, 3, 14))
    acts.postpone(fabre, "F1", dt.date(2026, 3, 25), dt.date(2026, 3, 16))
    acts.doubt(fabre, "F1", dt.date(2026, 3, 17))
    acts.dispute(tokyo, "T1", 9000, dt.date(2026, 3, 18))


def _account_id(number: str) -> int:
    found = account_by_number(number)
    assert found is not None
    return found.id


def _control_accounts(as_of: dt.date) -> dict[tuple[str, str], int]:
    """What the journal says customers owe: the balance of 411 and 416 per account and currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.number, e.currency, sum(CASE WHEN e.debit IN ('411', '416') THEN e.amount_minor ELSE 0 END "
            "- CASE WHEN e.credit IN ('411', '416') THEN e.amount_minor ELSE 0 END)::bigint "
            "FROM ledger_entry e JOIN customers_billingaccount b ON b.id = e.account_id "
            "WHERE e.booked_on <= %s GROUP BY 1, 2",
            [as_of],
        )
        return {(number, currency): minor for number, currency, minor in cursor.fetchall()}


@pytest.mark.usefixtures("eventful")
def test_every_day_ties_to_the_journal_in_every_grouping() -> None:
    for as_of in (dt.date(2025, 10, 31) + dt.timedelta(days=n) for n in range(160)):
        journal = {key: minor for key, minor in _control_accounts(as_of).items() if minor}
        by_account = AGEING.query(as_of, "account").groups
        assert {(group.key, group.currency): group.total_minor for group in by_account if group.total_minor} == journal
        for by in ("all", "segment", "credit_class", "creditor"):
            totals: dict[str, int] = defaultdict(int)
            for group in AGEING.query(as_of, by, (0, 30, 60, 90, 180)).groups:
                totals[group.currency] += group.total_minor
            owed: dict[str, int] = defaultdict(int)
            for (_, currency), minor in journal.items():
                owed[currency] += minor
            assert {currency: minor for currency, minor in totals.items() if minor} == owed


@pytest.mark.usefixtures("eventful")
def test_what_is_disputed_or_has_no_due_date_is_shown_and_still_owed() -> None:
    euros, yen = AGEING.query(END_OF_MARCH).groups
    assert [bucket.amount_minor for bucket in euros.buckets] == [2000, 46_000, 0, 0, 6000], "postponed, split"
    assert (euros.not_dated.item_count, euros.not_dated.amount_minor) == (1, 700)
    assert (euros.disputed_minor, euros.unallocated_minor, euros.total_minor) == (12_300, 1500, 53_200)
    assert (yen.disputed_minor, yen.total_minor) == (9000, 9000)


@pytest.mark.usefixtures("eventful")
def test_a_past_day_knows_nothing_of_later_acts() -> None:
    euros = AGEING.query(dt.date(2026, 3, 15)).groups[0]
    assert [bucket.amount_minor for bucket in euros.buckets] == [7000, 0, 0, 45_000, 6000], "before F1 was postponed"
    assert euros.disputed_minor == 12_300
    euros = AGEING.query(dt.date(2026, 3, 11)).groups[0]
    assert [bucket.amount_minor for bucket in euros.buckets] == [4000, 3000, 0, 45_000, 6000], "before B2 was split"
    assert (euros.not_dated.item_count, euros.not_dated.amount_minor) == (2, 3200), "before L2 was written off"
    assert euros.disputed_minor == 0


@pytest.mark.usefixtures("eventful")
def test_the_sheet_has_the_same_figures_as_the_document() -> None:
    report = AGEING.query(dt.date(2026, 3, 15), "segment")
    sheet = report.as_sheet()
    for row, group in zip(sheet.rows, report.as_json()["groups"], strict=True):
        cells = dict(zip(sheet.columns, row, strict=True))
        spelled = {
            "unallocated": group["unallocated"], "total": group["total"], "disputed": group["disputed"],
            "not_dated amount": group["not_dated"]["amount"], "61-90 amount": group["buckets"]["61-90"]["amount"],
        }  # fmt: skip
        assert {name: str(cells[name]) for name in spelled} == spelled
        assert (cells["key"], cells["not_dated items"]) == (group["key"], group["not_dated"]["items"])


@pytest.mark.usefixtures("eventful")
def test_what_has_no_due_date_is_not_late_in_dso_either() -> None:
    euros = DSO.query(dt.date(2026, 3, 15), 90).groups[0]
    assert (euros.receivables_minor, euros.not_due_minor) == (58_700, 7700)


def test_other_age_bands() -> None:
    report = AGEING.query(END_OF_MARCH, "all", (0, 60))
    assert report.labels == ("current", "1-60", "60+")
    assert _euros(report)["all"][0] == [0, 3000, 51000]


def test_bad_questions_are_refused() -> None:
    with pytest.raises(Refusal, match="credit_class"):
        AGEING.query(END_OF_MARCH, "colour")
    with pytest.raises(Refusal, match="first bound is 0"):
        AGEING.query(END_OF_MARCH, "all", (30, 60))
    with pytest.raises(Refusal, match="36500 days"):
        AGEING.query(END_OF_MARCH, "all", (0, 99_999_999_999))
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
    assert {"ageing", "dso", "statement"} <= set(found)
    for report in found.values():
        assert isinstance(report, Report)
        assert set(report.title) == set(report.help) == {"fr", "en"}
