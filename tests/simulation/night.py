"""A night of many accounts at every place of a ladder, and killing the processes that work it."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.cast import write_csv
from tests.separate import Relance, scenario_file, separate_relance

EARLIER, NIGHT = "2026-02-20", "2026-03-02"
WORKERS = "2"

SCENARIO = """
code: house
name: {fr: Maison, en: House}
level: account
priority: 10
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 8, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: formal, age: 15, mandatory: true, actions: [{send: {channel: email, template: formal_notice}}]}
"""


@contextlib.contextmanager
def before_the_night(home: Path, account_count: int) -> Iterator[Relance]:
    """An operator whose accounts fell due over a month, some without an address, some paid; one night is behind it."""
    draw = random.Random(20)
    folder = home.parent / f"{home.name}-files"
    folder.mkdir()
    numbers = [f"K{place:05d}" for place in range(account_count)]
    write_csv(
        folder / "accounts.csv",
        [{"number": n, "name": n, "email": f"{n}@example.test" if draw.random() < 0.9 else ""} for n in numbers],
    )
    write_csv(
        folder / "invoices.csv",
        [
            {"account": n, "number": f"{n}-{k}", "amount": f"{draw.randint(4, 60)}.00", "issued_on": "2026-01-20",
             "due_on": f"2026-02-{draw.randint(1, 28):02d}"}
            for n in numbers for k in range(2)
        ],
    )  # fmt: skip
    write_csv(
        folder / "payments.csv",
        [
            {"account": n, "reference": f"{n}-P", "amount": "60.00", "received_on": f"2026-02-{draw.randint(1, 28):02d}"}
            for n in numbers if draw.random() < 0.2
        ],
    )  # fmt: skip
    with separate_relance(home) as operator:
        operator("import", str(folder))
        operator("scenario", "import", str(scenario_file(folder, SCENARIO)))
        operator("cycle", "--date", EARLIER, "--workers", WORKERS, "--no-deliver")
        yield operator


def work(operator: Relance) -> float:
    """The night to its end; the seconds it took."""
    (day,) = operator.days("--date", NIGHT, "--workers", WORKERS, "--no-deliver")
    assert (day["state"], day["failures"]) == ("closed", 0)
    return float(day["seconds"])


def killed_within(operator: Relance, seconds: float) -> bool:
    """Begin the night or go on with it, and SIGKILL all its processes some seconds after it took its lock; false when
    it ended before that.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "relance", "cycle", "--date", NIGHT, "--workers", WORKERS, "--no-deliver"],
        env=operator.environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    with process.stderr as trouble, psycopg.connect(operator.url, autocommit=True) as connection:
        while process.poll() is None and not _has_begun(connection):
            time.sleep(0.002)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        was_running = process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert was_running or process.returncode == 0, trouble.read().decode()
    return was_running


def _has_begun(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
        "WHERE l.locktype = 'advisory' AND l.objsubid = 2"
    ).fetchone()
    return row is not None
