"""A database of its own on the test server, and the `relance` command run against it as a process that can be killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CONTENT = {
    "episodes": "SELECT b.number, i.number, e.currency, e.opened_on, e.closed_on FROM dunning_episode e "
    "JOIN customers_billingaccount b ON b.id = e.account_id "
    "LEFT JOIN ledger_openitem i ON i.account_id = e.account_id AND i.id = e.item_id",
    "positions": "SELECT b.number, p.item_id = 0, p.stage_index, p.stage_entered_on, p.next_review_on, p.overdue_minor, "
    "p.oldest_due_on FROM dunning_position p JOIN customers_billingaccount b ON b.id = p.account_id",
    "actions": "SELECT b.number, i.number, a.stage, a.ordinal, a.kind, a.planned_on, a.state, a.refusal, a.because "
    "FROM dunning_plannedaction a JOIN customers_billingaccount b ON b.id = a.account_id "
    "LEFT JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id",
    "messages": "SELECT b.number, d.business_date, d.template, d.recipient, d.state, d.subject, d.text, d.html "
    "FROM outbound_dispatch d JOIN customers_billingaccount b ON b.id = d.account_id",
    "work": "SELECT b.number, w.kind, w.currency, w.title, w.due_on, w.opened_on, w.state, w.outcome, w.stake_minor, "
    "w.stake_on FROM worklist_workitem w JOIN customers_billingaccount b ON b.id = w.account_id",
    "items": "SELECT b.number, i.number, i.open_minor FROM ledger_openitem i "
    "JOIN customers_billingaccount b ON b.id = i.account_id",
    "allocations": "SELECT b.number, i.number, c.number, a.amount_minor, a.effective_on FROM ledger_allocation a "
    "JOIN customers_billingaccount b ON b.id = a.account_id "
    "JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id "
    "JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id",
    "cycles": "SELECT creditor_id, business_date, state, figures::text FROM cycle_cycle",
    "steps": "SELECT c.creditor_id, c.business_date, s.name, s.state, s.error FROM cycle_step s "
    "JOIN cycle_cycle c ON c.id = s.cycle_id",
    "failures": "SELECT f.step, b.number, f.attempts, f.state FROM cycle_failure f "
    "JOIN customers_billingaccount b ON b.id = f.account_id",
    "horizon": "SELECT creditor_id, decided_through FROM dunning_horizon",
}
"""What two runs must agree on: everything but ids and instants."""


class Relance:
    """The command line, working on a home and a database of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.url = url
        self.environment = os.environ | {"RELANCE_HOME": str(home), "RELANCE_DATABASE_URL": url}

    def __call__(self, *arguments: str) -> str:
        """Run to the end; standard output. A refusal or a failure fails the test."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run to the end, however it ends."""
        return subprocess.run(
            [sys.executable, "-m", "relance", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def killed_after(self, lines: int, seconds: float, *arguments: str) -> bool:
        """Run, and kill with SIGKILL some seconds after that many lines of output; whether it was still running."""
        process = subprocess.Popen(
            [sys.executable, "-m", "relance", *arguments], env=self.environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        with process.stdout as output:
            for _ in range(lines):
                output.readline()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return True
        return False

    def days(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of a cycle."""
        return [json.loads(line) for line in self("cycle", "--json", *arguments).splitlines()]

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """The database's content, in an order of its own."""
        with psycopg.connect(self.url) as connection:
            return {name: sorted(map(str, connection.execute(query).fetchall())) for name, query in CONTENT.items()}  # type: ignore[misc]


@contextmanager
def separate_relance(home: Path, like: Relance | None = None) -> Iterator[Relance]:
    """A Relance with an empty database, or with a copy of another's that nobody uses now; dropped afterwards."""
    server = os.environ["RELANCE_DATABASE_URL"]
    name = f"relance_separate_{uuid4().hex[:10]}"
    with psycopg.connect(server, autocommit=True) as connection:
        template = conninfo_to_dict(like.url)["dbname"] if like is not None else "template1"
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(str(template)))
        )
    try:
        yield Relance(home, make_conninfo(server, dbname=name))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def scenario_file(folder: Path, text: str) -> Path:
    """A scenario as a file."""
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path
