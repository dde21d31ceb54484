"""Nights worked by real processes: one at a time per creditor, stopped by the machine's trouble, started by a worker."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cast import write_csv
from tests.separate import Relance, scenario_file, separate_relance
from tests.services.test_cycle_failures import SCENARIO

NIGHT = "2026-02-02"
ACCOUNTS = 4_000
CREDITORS = ("isles", "mainland")


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relance]:
    """Two creditors with two thousand accounts each, all a day late."""
    folder = tmp_path_factory.mktemp("files")
    rows = [(f"P{place:04d}", CREDITORS[place % 2]) for place in range(ACCOUNTS)]
    write_csv(folder / "creditors.csv", [{"code": code, "name": code} for code in CREDITORS])
    write_csv(
        folder / "accounts.csv",
        [{"number": n, "name": n, "email": f"{n}@example.test", "creditor": creditor} for n, creditor in rows],
    )
    write_csv(
        folder / "invoices.csv",
        [{"account": n, "number": f"F-{n}", "amount": "30.00", "issued_on": "2026-01-01", "due_on": "2026-01-31"}
         for n, _creditor in rows],
    )  # fmt: skip
    with separate_relance(tmp_path_factory.mktemp("evening")) as separate:
        separate("import", str(folder))
        separate("scenario", "import", str(scenario_file(folder, SCENARIO)))
        yield separate


@pytest.fixture
def relance(evening: Relance, tmp_path: Path) -> Iterator[Relance]:
    """A copy of that evening."""
    with separate_relance(tmp_path / "home", like=evening) as copy:
        yield copy


def ask(relance: Relance, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(relance.url, autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []


def trap(relance: Relance, what: str, *numbers: str) -> None:
    """Do something in the database when the episode of one of these accounts is opened."""
    listed = ", ".join(f"'{number}'" for number in numbers)
    ids = ask(relance, f"SELECT string_agg(id::text, ', ') FROM customers_billingaccount WHERE number IN ({listed})")[
        0
    ][0]
    ask(relance, f"CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NEW; END $$")
    ask(
        relance,
        "CREATE TRIGGER trap BEFORE INSERT ON dunning_episode FOR EACH ROW "
        f"WHEN (NEW.account_id IN ({ids})) EXECUTE FUNCTION trap()",
    )


def spring(relance: Relance) -> None:
    ask(relance, "DROP FUNCTION trap CASCADE")


@contextlib.contextmanager
def started(relance: Relance, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "relance", *arguments], env=relance.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def caught(relance: Relance, waits_for: str) -> list[tuple[Any, ...]]:
    """The sessions of this database that are caught in the trap."""
    return ask(
        relance,
        f"SELECT pid FROM pg_stat_activity WHERE wait_event = '{waits_for}' AND datname = current_database()",
    )


def failed(relance: Relance) -> list[tuple[Any, ...]]:
    return ask(relance, "SELECT step, error, count(*) FROM cycle_failure GROUP BY 1, 2")


def actions(relance: Relance) -> int:
    return int(ask(relance, "SELECT count(*) FROM dunning_plannedaction")[0][0])


def test_a_creditors_night_is_worked_by_one_process_and_other_creditors_beside_it(relance: Relance) -> None:
    trap(relance, "PERFORM pg_advisory_lock(77)", "P0000")  # of isles
    relance.environment |= {"RELANCE_CYCLE_ACCOUNT_SECONDS": "60"}
    of_isles = ("cycle", "--date", NIGHT, "--creditor", "isles", "--no-deliver")
    with psycopg.connect(relance.url, autocommit=True) as gate, started(relance, *of_isles) as first:
        gate.execute("SELECT pg_advisory_lock(77)")
        wait_for(lambda: bool(caught(relance, "advisory")))
        second = relance.attempt(*of_isles)
        assert (second.returncode, second.stdout) == (2, "")
        assert "another cycle of creditor isles is running" in second.stderr
        beside = relance.attempt("cycle", "--date", NIGHT, "--creditor", "mainland", "--no-deliver")
        assert (beside.returncode, failed(relance)) == (0, []), beside.stderr
        assert first.poll() is None, "the first was still at work"
        gate.execute("SELECT pg_advisory_unlock(77)")
        assert first.wait(60) == 0
    assert actions(relance) == ACCOUNTS


@pytest.mark.parametrize(("workers", "numbers"), [("1", ["P0000"]), ("4", ["P0000", "P1000", "P2000", "P3000"])])
def test_what_a_killed_process_leaves_behind_is_waited_for(relance: Relance, workers: str, numbers: list[str]) -> None:
    """Only the first process is killed, in the middle of a statement: its session, and the helpers that are in the middle
    of theirs, live a little longer.
    """
    trap(relance, "PERFORM pg_sleep(4)", *numbers)
    relance.environment |= {"RELANCE_CYCLE_ACCOUNT_SECONDS": "60"}
    command = ("cycle", "--date", NIGHT, "--creditor", "isles", "--workers", workers, "--no-deliver")
    with started(relance, *command) as first:
        wait_for(lambda: len(caught(relance, "PgSleep")) >= min(2, len(numbers)))
        first.kill()
        first.wait()
        second = relance.attempt(*command)
    assert (second.returncode, failed(relance)) == (0, []), second.stderr
    assert actions(relance) == ACCOUNTS // 2


def test_a_lost_connection_stops_the_night_which_then_goes_on(relance: Relance) -> None:
    trap(relance, "PERFORM pg_terminate_backend(pg_backend_pid())", "P0700")
    stopped = relance.attempt("cycle", "--date", NIGHT, "--workers", "1", "--no-deliver")
    assert stopped.returncode == 1
    assert failed(relance) == [], "no account is to blame"
    spring(relance)
    (day,) = relance.days("--date", NIGHT, "--workers", "1", "--no-deliver")
    assert (day["state"], day["failures"], day["accounts_evaluated"]) == ("closed", 0, ACCOUNTS)
    assert actions(relance) == ACCOUNTS


def test_a_held_open_night_tells_by_its_exit_code(relance: Relance) -> None:
    ask(
        relance,
        "INSERT INTO dunning_episode (account_id, item_id, currency, version_id, opened_on) "
        "SELECT id, 77, 'EUR', 1, '2026-01-01' FROM customers_billingaccount WHERE number = 'P0001'",
    )
    ended = relance.attempt("cycle", "--date", NIGHT, "--until", "2026-02-04", "--json", "--no-deliver")
    assert ended.returncode == 1
    assert len(ended.stdout.splitlines()) == 1, "the nights after it are not begun"
    assert "dunning.position_per_open_episode: 1" in ended.stderr
    following = relance.attempt("cycle", "--date", "2026-02-03", "--no-deliver")
    assert following.returncode == 2 and "held open" in following.stderr
    ask(relance, "DELETE FROM dunning_episode WHERE item_id = 77")
    assert [day["state"] for day in relance.days("--date", NIGHT, "--no-deliver")] == ["closed"]


def test_a_worker_works_the_nights_whose_hour_has_come(relance: Relance) -> None:
    today = dt.datetime.now().astimezone().date()
    ask(relance, "INSERT INTO cycle_schedule SELECT id, '00:00', code <> 'mainland' FROM customers_creditor")
    relance("worker", "--once")
    assert actions(relance) == 0, "one that only empties the queue starts nothing"
    with started(relance, "worker"):
        wait_for(lambda: ask(relance, "SELECT state FROM cycle_cycle") == [("closed",)])
    nights = ask(
        relance,
        "SELECT y.business_date, c.code FROM cycle_cycle y JOIN customers_creditor c ON c.id = y.creditor_id",
    )
    assert [code for _day, code in nights] == ["isles"]
    assert nights[0][0] >= today
    assert actions(relance) == ACCOUNTS // 2
