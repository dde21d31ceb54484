"""Lives made-up histories through the real engine: files, acts of people and nights, day by day over all accounts."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import connection

from relance.arrangements.services import end_hold, pause_again, place_hold
from relance.cycle.services import run
from relance.dunning.services import import_scenario, override_scenario, switch_scenario
from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.ledger.services import reverse_receipt
from relance.worklist.services import close_work
from tests.cast import write_csv
from tests.properties.dunning_histories import ORDER, Portfolio
from tests.properties.dunning_shapes import DAY, Ladder, Line

Told = list[tuple[str, tuple[Any, ...]]]
"""One kind of event of one day: account numbers, and what the event says."""

ACTIONS = {
    "send:reminder": {"send": {"channel": "email", "template": "reminder"}},
    "send:formal_notice": {"send": {"channel": "email", "template": "formal_notice"}},
    "task": {"task": {"kind": "task", "title": "Look at it"}},
}


def decimal(minor: int) -> str:
    """An amount as files write it."""
    return f"{minor // 100}.{minor % 100:02d}"


def as_yaml(ladder: Ladder) -> str:
    """The ladder as a scenario file: JSON is YAML."""
    stages = []
    for rung in ladder.rungs:
        when: dict[str, Any] = {"credit_class": list(rung.classes)} if rung.classes else {}
        if rung.band:
            when["amount"] = {"min": decimal(rung.band[0]), "max": decimal(rung.band[1])}
        stages.append(
            {
                "code": rung.code, "age": rung.age, "mandatory": rung.mandatory,
                "min_amount": decimal(rung.min_minor), "working_day": rung.working_day, "when": when,
                "actions": [ACTIONS[action] for action in rung.actions],
            }
        )  # fmt: skip
    return json.dumps(
        {
            "code": ladder.code, "name": {"fr": ladder.code, "en": ladder.code},
            "level": "invoice" if ladder.by_item else "account", "priority": ladder.priority,
            "applies_to": {
                "segment": [ladder.group],
                "credit_class": [ladder.credit_class] if ladder.credit_class else [],
            },
            "enter": {"min_amount": decimal(ladder.enter)}, "leave": {"max_amount": decimal(ladder.leave)},
            "catch_up": "jump" if ladder.jump else "step", "new_item": "restart" if ladder.restart else "continue",
            "stages": stages,
        }
    )  # fmt: skip


NIGHTS_A_COUNT = 10
"""So often the server counts its rows: nothing here is ever committed, and between two portfolios it believes in none."""


class Hands:
    """Does to the database what the histories say, and writes down what every night did."""

    def __init__(self, portfolio: Portfolio, folder: Path) -> None:
        self.worlds, self.histories, self.folder, self.files = portfolio.worlds, portfolio.histories, folder, 0
        self.standing = {
            history.number: {"group": history.group, "reachable": True, "credit_class": "standard"}
            for history in portfolio.histories
        }
        self.ids: dict[str, int] = {}
        self.holds: dict[tuple[str, int], int] = {}
        self.lines: dict[str, list[Line]] = {history.number: [] for history in portfolio.histories}
        self.seen: dict[int, str] = {}

    def live(self) -> dict[str, list[Line]]:
        """Every account from its first event to the last night; returns what was done to each."""
        happens: dict[dt.date, dict[str, list[tuple[str, tuple[Any, ...]]]]] = defaultdict(lambda: defaultdict(list))
        for history in self.histories:
            for event in history.events:
                happens[event.on][event.verb].append((history.number, event.told))
        published = [pair for world in self.worlds.values() for pair in world.published]
        (nights,) = {world.nights for world in self.worlds.values()}
        self._write_accounts(self.standing)
        for on in sorted({*happens, *nights, *(day for day, _ in published)}):
            for _, ladder in (pair for pair in published if pair[0] == on):
                import_scenario(as_yaml(ladder), "test")
            for verb in ORDER:
                if happens[on][verb]:
                    getattr(self, verb)(on, happens[on][verb])
            if on in nights:
                run(on)
                self._write_down(on)
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE outbound_dispatch SET state = 'sent' WHERE state = 'prepared'")
                    if nights.index(on) % NIGHTS_A_COUNT == 0:
                        cursor.execute("ANALYZE")
        return self.lines

    def bill(self, on: dt.date, told: Told) -> None:
        self._bring("invoices", on, [
            {"account": account, "number": f"{account}-{number}", "issued_on": str(on), "due_on": str(due),
             "amount": decimal(minor)}
            for account, (number, due, minor) in told
        ])  # fmt: skip

    def pay(self, on: dt.date, told: Told) -> None:
        self._bring("payments", on, [
            {"account": account, "reference": f"{account}-{reference}", "received_on": str(on), "amount": decimal(minor),
             "invoice": f"{account}-{named}" if named else ""}
            for account, (reference, minor, named) in told
        ])  # fmt: skip

    def take_back(self, on: dt.date, told: Told) -> None:
        credits = ids_of("ledger_credit", [f"{account}-{reference}" for account, (reference,) in told])
        for account, (reference,) in told:
            reverse_receipt(self.ids[account], credits[f"{account}-{reference}"], on, "AM04", "bank")

    def hold(self, on: dt.date, told: Told) -> None:
        items = ids_of("ledger_openitem", [f"{account}-{shape[2]}" for account, shape in told])
        for account, (n, kind, item, part, before, ((since, until, _),)) in told:
            self.holds[account, n] = place_hold(
                self.ids[account], kind, since, until - DAY if until else None,
                item_id=items[f"{account}-{item}"] if item else 0, part_minor=part or None, born_before=before,
                reason="test", by="test", key=f"{account}/{n}", as_of=on,
            )  # fmt: skip

    def turn(self, on: dt.date, told: Told) -> None:
        for account, (n, (since, until, held)) in told:
            if held:
                pause_again(self.holds[account, n], since, until - DAY, "test", "test", as_of=on)
            else:
                end_hold(self.holds[account, n], since, "test", "test")

    def set(self, on: dt.date, told: Told) -> None:
        for account, (name, value) in told:
            if name == "chosen":
                override_scenario(self.ids[account], value or None, "test")
            else:
                self.standing[account][name] = value
        self._write_accounts(account for account, (name, _) in told if name != "chosen")

    def work_done(self, on: dt.date, told: Told) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM worklist_workitem WHERE state = 'open' AND account_id = ANY(%s)",
                [[self.ids[account] for account, _ in told]],
            )
            for (work_id,) in cursor.fetchall():
                close_work(work_id, "done", "", "test", on)

    def switch(self, on: dt.date, told: Told) -> None:
        for account, (code, keep) in told:
            with suppress(Refusal):  # nothing is under way, or it is under that version already
                switch_scenario(self.ids[account], code, keep, "test", on)

    def _bring(self, kind: str, on: dt.date, rows: Iterable[dict[str, str]]) -> None:
        self.files += 1
        for report in import_paths([write_csv(self.folder / f"{kind}-{self.files}.csv", list(rows))], on):
            assert report.rejected == 0, report.errors

    def _write_accounts(self, accounts: Iterable[str]) -> None:
        rows = [
            {"number": account, "name": account, "segment": str(self.standing[account]["group"]),
             "credit_class": str(self.standing[account]["credit_class"]),
             "email": f"{account.lower()}@example.test" if self.standing[account]["reachable"] else ""}
            for account in dict.fromkeys(accounts)
        ]  # fmt: skip
        if rows:
            self._bring("accounts", dt.date(2020, 1, 1), rows)
            self.ids |= ids_of("customers_billingaccount", [row["number"] for row in rows])

    def _write_down(self, on: dt.date) -> None:
        """What came into another state since the last look."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.id, a.number, coalesce(i.number, ''), p.stage, p.kind, p.state, p.refusal "
                "FROM dunning_plannedaction p JOIN customers_billingaccount a ON a.id = p.account_id "
                "LEFT JOIN ledger_openitem i ON i.id = p.item_id AND i.account_id = p.account_id"
            )
            for action_id, account, item, stage, kind, state, reason in cursor.fetchall():
                if self.seen.get(action_id) != state:
                    self.seen[action_id] = state
                    self.lines[account].append(
                        Line(
                            on,
                            item.removeprefix(f"{account}-"),
                            stage,
                            kind,
                            state,
                            "" if state == "performed" else reason,
                        )
                    )


def ids_of(table: str, numbers: list[str]) -> dict[str, int]:
    """Ids by number; the numbers of histories begin with the account's and are unique."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number, id FROM {table} WHERE number = ANY(%s)", [numbers])
        return dict(cursor.fetchall())
