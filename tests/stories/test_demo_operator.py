"""The made-up operator of the demo: the same plan gives the same people, bills and payments, and nobody real."""

import csv
import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml
from schwifty import IBAN

from relance.faces.console.synthetic import files
from relance.faces.console.synthetic.customers import Character, account, iban, siren
from relance.faces.console.synthetic.history import COLUMNS, Row, rows
from relance.faces.console.synthetic.payers import REMINDER_AGES
from relance.faces.console.synthetic.plan import Plan
from relance.kit.calendars import is_working_day

PLAN = Plan(account_count=400, ended_on=dt.date(2026, 11, 23))


@pytest.fixture(scope="module")
def history() -> list[Row]:
    return list(rows(PLAN))


def _records(history: list[Row], file: str) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS[file], row.values, strict=True)) for row in history if row.file == file]


def test_the_same_plan_gives_the_same_rows(history: list[Row]) -> None:
    assert list(rows(PLAN)) == history
    assert list(rows(Plan(400, PLAN.ended_on, seed=1))) != history


def test_more_accounts_keep_the_first_ones(history: list[Row]) -> None:
    assert list(rows(Plan(10, PLAN.ended_on))) == history[: len(list(rows(Plan(10, PLAN.ended_on))))]


def test_twelve_months_end_on_the_last_day() -> None:
    assert (PLAN.days[0], PLAN.days[-1], len(PLAN.days)) == (dt.date(2025, 11, 24), dt.date(2026, 11, 23), 365)
    assert Plan(10, dt.date(2028, 2, 29)).started_on == dt.date(2027, 3, 1)
    assert Plan(10, dt.date(2026, 1, 31), month_count=2).started_on == dt.date(2025, 12, 1)


def test_everyone_of_the_cast_is_there() -> None:
    people = [account(PLAN, index) for index in range(PLAN.account_count)]
    assert people[0].segment == "town_hall"
    assert {person.segment for person in people} >= {"residential", "shop", "company", "town_hall"}
    assert {person.character for person in people} == set(Character)
    assert {person.payment_method for person in people} == {"direct_debit", "transfer"}
    assert {line.kind for person in people for line in person.lines} == {"mobile", "internet", "equipment"}
    assert len({person.email for person in people}) == len(people)


def test_nobody_in_it_can_be_reached() -> None:
    for index in range(PLAN.account_count):
        person = account(PLAN, index)
        assert person.email.isascii() and person.email.endswith("@example.test")
        assert person.mobile == "" or (person.mobile.startswith("+3363998") and len(person.mobile) == 12)
        assert person.phone == "" or (person.phone.startswith("+3319900") and len(person.phone) == 12)


@pytest.mark.parametrize("index", [0, 1, 4711, 99_999_999])
def test_identifiers_compute(index: int) -> None:
    assert IBAN(iban(index), validate_bban=True).bank_code == "99999"
    digits = [int(digit) * (1 + place % 2) for place, digit in enumerate(siren(index))]
    assert sum(digit // 10 + digit % 10 for digit in digits) % 10 == 0


def test_money_fits_the_bills(history: list[Row]) -> None:
    billed = {record["number"]: record for record in _records(history, "invoices.csv")}
    assert 11 * PLAN.account_count < len(billed) < 18 * PLAN.account_count
    settled: dict[str, int] = defaultdict(int)
    for record in _records(history, "credits.csv"):
        settled[record["invoice"]] += _cents(record["amount"])
    for record in _records(history, "payments.csv"):
        assert PLAN.started_on <= dt.date.fromisoformat(record["received_on"]) <= PLAN.ended_on
        if not record["reference"].endswith("B"):
            settled[record["reference"][1:].rpartition("-")[0]] += _cents(record["amount"])
    assert set(settled) <= set(billed)
    assert all(amount <= _cents(billed[number]["amount"]) for number, amount in settled.items())
    for record in billed.values():
        assert is_working_day(dt.date.fromisoformat(record["due_on"]), "FR")
        assert record["issued_on"] < record["due_on"]


def test_some_are_late_some_argue_and_most_are_neither(history: list[Row]) -> None:
    due = {record["number"]: record["due_on"] for record in _records(history, "invoices.csv")}
    named = [record for record in _records(history, "payments.csv") if record["invoice"]]
    late = [record for record in named if record["received_on"] > due[record["invoice"]]]
    assert 0.03 < len(late) / len(named) < 0.2
    assert _records(history, "credits.csv")


def test_payers_react_to_the_reminders_that_the_scenarios_send() -> None:
    folder = Path(files.__file__).with_name("scenarios")
    for path in folder.glob("*.yaml"):
        scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
        (kind,) = scenario["applies_to"]["kind"]
        assert tuple(stage["age"] for stage in scenario["stages"]) == REMINDER_AGES[kind]
        assert scenario["code"] == path.stem


def test_files_lie_by_month_and_day(tmp_path: Path, history: list[Row]) -> None:
    count = files.write(PLAN, tmp_path)
    assert count == len(history)
    written: Counter[str] = Counter()
    for path in tmp_path.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))
        assert tuple(lines[0]) == COLUMNS[path.name]
        written[path.name] += len(lines) - 1
    assert written == Counter(row.file for row in history)
    assert files.folder_of(tmp_path, PLAN.started_on).joinpath("creditors.csv").exists()


def _cents(amount: str) -> int:
    whole, _, fraction = amount.partition(".")
    return int(whole) * 100 + int(fraction)
