"""The demo from the first file to the sign-in: played through the real import and cycle, resumable, and polite."""

import datetime as dt
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.contrib.auth import authenticate
from django.db import connection

from relance.customers.queries import find_accounts
from relance.cycle import queries as cycles
from relance.cycle import services as cycle
from relance.dunning.laws import LAWS as DUNNING_LAWS
from relance.faces.console.commands import demo
from relance.faces.console.synthetic.plan import Plan
from relance.intake.services import import_paths
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.laws import LAWS as LEDGER_LAWS
from relance.outbound import queries as outbound
from relance.staff.queries import staff

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LAST_DAY = dt.date(2026, 4, 30)
SHORT = Plan(account_count=60, ended_on=LAST_DAY, month_count=2)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RELANCE_HOME", str(tmp_path))
    monkeypatch.setenv("RELANCE_TODAY", LAST_DAY.isoformat())
    return tmp_path


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months instead of twelve, so that the story is quick."""
    monkeypatch.setattr(demo, "Plan", lambda accounts, ended_on, *seed: Plan(accounts, ended_on, *seed, month_count=2))


def _demo(*arguments: str) -> Result:
    return CliRunner().invoke(demo.COMMAND, ["--no-serve", *arguments], catch_exceptions=False)


def _messages() -> Counter[tuple[str, ...]]:
    """Every message by its content, whatever ids the rows got."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_date::text, template, recipient, state, subject, text FROM outbound_dispatch")
        return Counter(cursor.fetchall())


def test_two_months_are_played_to_the_last_day() -> None:
    demo.play(SHORT)
    assert cycles.last_closed() == LAST_DAY
    assert find_accounts(creditor="rivage", limit=1).total == SHORT.account_count
    states = outbound.state_counts()
    assert states["sent"] > 5 and states.get("prepared", 0) == states.get("released", 0) == 0
    assert [report for report in check([*LEDGER_LAWS, *DUNNING_LAWS]) if report.offenders] == []


def test_nobody_is_reminded_of_a_debt_that_was_paid_by_that_day() -> None:
    demo.play(SHORT)
    for message in outbound.messages(limit=500).rows:
        overdue = ledger.items_of([message.account_id], message.business_date)
        assert message.state != "sent" or overdue, message


def test_a_build_stopped_half_way_ends_like_one_that_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    demo.play(SHORT)
    whole = _messages()
    assert whole
    with connection.cursor() as cursor:
        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name.startswith(("ledger_", "outbound_", "dunning_", "cycle_", "intake_", "payments_"))
        ]
        cursor.execute(f"TRUNCATE {', '.join(tables)}, customers_billingaccount CASCADE")
    work_day = cycle.run
    interrupted = []

    def stop_before_the_third_week(day: dt.date) -> object:
        if day == SHORT.started_on + dt.timedelta(days=21) and not interrupted:
            interrupted.append(day)
            raise KeyboardInterrupt
        return work_day(day)

    monkeypatch.setattr(cycle, "run", stop_before_the_third_week)
    with pytest.raises(KeyboardInterrupt):
        demo.play(SHORT)
    demo.play(SHORT)
    assert _messages() == whole


@pytest.mark.usefixtures("short")
def test_the_command_builds_once_and_shows_the_password_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELANCE_SMTP_HOST", "mail.example.test")
    first = _demo("--accounts", "20")
    password = re.search(r"password +(\S+)", first.stdout)
    assert password is not None
    assert {(person.username, person.role.value) for person in staff()} == {
        ("agent", "agent"),
        ("supervisor", "supervisor"),
        ("finance", "finance"),
        ("admin", "administrator"),
        ("auditor", "auditor"),
    }
    assert authenticate(username="auditor", password=password[1]) is not None
    assert "RELANCE_SMTP_HOST" not in os.environ  # made-up customers are never written to through a real server
    before = _messages()
    again = _demo()
    assert "here already: 20 accounts" in again.stderr and password[1] not in again.stdout
    assert _messages() == before
    with pytest.raises(Refusal, match="there is a demo here already"):
        _demo("--accounts", "30")


@pytest.mark.usefixtures("short")
def test_a_build_finished_another_day_keeps_its_plan(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work_day = cycle.run

    def stop(day: dt.date) -> object:
        if day.month == 4:
            raise KeyboardInterrupt
        return work_day(day)

    monkeypatch.setattr(cycle, "run", stop)
    stopped = CliRunner().invoke(demo.COMMAND, ["--no-serve", "--accounts", "12"])
    assert stopped.exit_code != 0 and "goes on from here" in stopped.stderr
    monkeypatch.setattr(cycle, "run", work_day)
    monkeypatch.setenv("RELANCE_TODAY", "2026-05-02")
    _demo()
    assert cycles.last_closed() == LAST_DAY
    assert json.loads((home / "demo" / "plan.json").read_text()) == {
        "accounts": 12,
        "ended_on": "2026-04-30",
        "seed": SHORT.seed,
        "finished": True,
    }


def test_other_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("number,name\nreal-1,Someone Real\n", encoding="utf-8")
    import_paths([tmp_path / "accounts.csv"], LAST_DAY)
    with pytest.raises(Refusal, match="default"):
        _demo()
    assert find_accounts(limit=1).total == 1
    assert staff() == []


def test_a_history_of_its_own_is_left_alone() -> None:
    cycle.run(LAST_DAY)
    with pytest.raises(Refusal, match="history"):
        _demo()
