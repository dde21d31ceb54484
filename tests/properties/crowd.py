"""Eight processes at once on fifty accounts, as a program of its own: it fills an empty database, lets them work for some
seconds, and prints what each of them did and what the ledger says in the end, as one JSON document.

Each pair of processes tries the very same acts under the very same keys. Usage: `python -m tests.properties.crowd 20`.
"""

import datetime as dt
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ACCOUNT_COUNT = 50
PROCESS_COUNT = 8
INVOICES = 30
INVOICE_MINOR = 1_000
ON = dt.date(2026, 3, 1)


def main(seconds: float) -> dict[str, Any]:
    """Fill, work, sum up."""
    from relance.faces.console.ground import prepare

    prepare()
    from django.db import connections

    ids = _fill()
    connections.close_all()
    context = multiprocessing.get_context("fork")
    started_at = time.monotonic() + 0.2
    with context.Pool(PROCESS_COUNT) as pool:
        jobs = [pool.apply_async(_work, (ids, worker, started_at + seconds)) for worker in range(PROCESS_COUNT)]
        logs = [job.get() for job in jobs]
    return {"logs": logs, **_end()}


def _fill() -> list[int]:
    from relance.customers.queries import account_by_number
    from relance.intake.services import import_paths
    from tests.cast import LONG_AGO, write_csv

    numbers = [f"C{n:02d}" for n in range(ACCOUNT_COUNT)]
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder) / "accounts.csv", [{"number": n, "name": n, "kind": "business"} for n in numbers])
        write_csv(
            Path(folder) / "invoices.csv",
            [
                {"account": number, "number": f"{number}-{n}", "amount": "10.00", "issued_on": "2026-01-01",
                 "due_on": str(dt.date(2026, 1, 15) + dt.timedelta(days=n))}
                for number in numbers for n in range(INVOICES)
            ],
        )  # fmt: skip
        import_paths([Path(folder)], LONG_AGO)
    return [found.id for number in numbers if (found := account_by_number(number))]


class _Worker:
    """One process: `common` draws the same as its twin's, `own` does not."""

    def __init__(self, ids: list[int], worker: int) -> None:
        self.ids = ids
        self.pair, self.name = worker // 2, f"worker-{worker}"
        self.common, self.own = random.Random(self.pair), random.Random(1000 + worker)
        self.receipts: list[tuple[int, int]] = []
        self.log: list[dict[str, Any]] = []

    def step(self, n: int) -> None:
        """One of the pair's acts and, now and then, one of its own."""
        deed = self.common.choices(
            [self.receipt, self.credit_note, self.reversal, self.write_off, self.deposit], [10, 2, 3, 2, 1]
        )[0]
        deed(f"pair-{self.pair}-{n}", self.common.randrange(ACCOUNT_COUNT), self.common.randint(1, 900))
        if self.own.random() < 0.5:
            self.by_hand(f"{self.name}-{n}", self.own.randrange(ACCOUNT_COUNT))

    def attempt(self, deed: str, key: str, minor: int, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """Do it and write down how it ended."""
        from relance.kit.refusal import Refusal

        entry: dict[str, Any] = {"deed": deed, "key": key, "minor": minor}
        try:
            entry |= call()
        except Refusal as refusal:
            entry["refused"] = str(refusal)
        except Exception as error:  # whatever surfaces is the finding
            entry["error"] = repr(error)
        self.log.append(entry)
        return entry if "id" in entry else None

    def receipt(self, key: str, account: int, minor: int) -> None:
        from relance.ledger.facts import ReceiptOrder
        from relance.ledger.services import post_receipt

        on = ON + dt.timedelta(days=minor % 20)
        order = ReceiptOrder(self.ids[account], key, "EUR", minor, on, "transfer")

        def call() -> dict[str, Any]:
            done = post_receipt(order, self.name, key)
            return {"id": done.credit_id, "created": done.created}

        if done := self.attempt("receipt", key, minor, call):
            self.receipts.append((account, done["id"]))

    def reversal(self, key: str, account: int, minor: int) -> None:
        from relance.ledger.services import reverse_receipt

        if len(self.receipts) <= minor % 7:
            return
        owner, credit_id = self.receipts[-1 - minor % 7]

        def call() -> dict[str, Any]:
            done = reverse_receipt(
                self.ids[owner], credit_id, ON + dt.timedelta(days=25), "returned", self.pair_name, key
            )
            return {"id": credit_id, "created": done.created}

        self.attempt("reversal", key, 0, call)

    @property
    def pair_name(self) -> str:
        return f"pair-{self.pair}"

    def credit_note(self, key: str, account: int, minor: int) -> None:
        from relance.ledger.facts import Act, CreditNoteOrder
        from relance.ledger.services import post_credit_note

        act = Act(self.ids[account], ON, self.name, "agreed", key)

        def call() -> dict[str, Any]:
            done = post_credit_note(act, CreditNoteOrder(key, "EUR", minor, f"C{account:02d}-{minor % INVOICES}"))
            return {"id": done.ids[0], "created": done.created}

        self.attempt("credit_note", key, minor, call)

    def write_off(self, key: str, account: int, minor: int) -> None:
        """Both ask under one key, and both approve what was asked, as two people: one of them is too late."""
        from relance.ledger.facts import Act
        from relance.ledger.queries import open_items, request
        from relance.ledger.services import approve_request, request_write_off

        number = f"C{account:02d}-{INVOICES - 1 - minor % 9}"
        item_ids = [item.id for item in open_items(self.ids[account], dt.date(2027, 1, 1)) if item.number == number]
        later = ON + dt.timedelta(days=40)
        ask = Act(self.ids[account], later, self.pair_name, "hopeless", f"{key}-ask")

        def asking() -> dict[str, Any]:
            return {"id": request_write_off(ask, item_ids, False).ids[0]}

        asked = self.attempt("ask", ask.key, 0, asking)
        if asked is None:
            return
        approve = Act(self.ids[account], later, self.name, "", f"{key}-{self.name}")

        def approving() -> dict[str, Any]:
            done = approve_request(approve, asked["id"])
            found = request(asked["id"])
            return {"id": done.ids[0], "created": done.created, "minor": found.amount_minor if found else None}

        self.attempt("approval", f"approve-{asked['id']}", 0, approving)

    def deposit(self, key: str, account: int, minor: int) -> None:
        """Cheques of several accounts, named in no order."""
        from relance.customers.queries import accounts
        from relance.ledger.facts import Cheque, DepositOrder
        from relance.ledger.services import post_deposit

        owners = [self.ids[(account + 17 * n) % ACCOUNT_COUNT] for n in range(4)]
        creditor = accounts(owners[:1])[owners[0]].creditor_id
        cheques = tuple(Cheque(owner, f"{n}", minor) for n, owner in enumerate(owners))

        def call() -> dict[str, Any]:
            return {"id": post_deposit(DepositOrder(creditor, key, ON, "EUR", cheques), self.name).id}

        self.attempt("deposit", key, 4 * minor, call)

    def by_hand(self, key: str, account: int) -> None:
        """As a person does: look first, then choose by what was seen."""
        from relance.ledger.facts import Act, AllocationLine
        from relance.ledger.queries import allocations_of, credits_of, open_items
        from relance.ledger.services import allocate_by_hand, undo_allocations

        account_id, on = self.ids[account], ON + dt.timedelta(days=60)
        act = Act(account_id, on, self.name, "chosen", key)
        free = [credit for credit in credits_of(account_id, on) if credit.open_minor]
        items = open_items(account_id, on)
        if free and items:
            credit, item = self.own.choice(free), self.own.choice(items)
            line = AllocationLine(credit.id, item.id, min(credit.open_minor, item.open_minor))
            seen = {credit.id: credit.open_minor}
            self.attempt("by_hand", key, 0, lambda: {"id": allocate_by_hand(act, [line], seen).posting_id})
        elif live := allocations_of(account_id):
            chosen = self.own.choice(live).id
            self.attempt("undo", key, 0, lambda: {"id": undo_allocations(act, [chosen]).posting_id})


def _work(ids: list[int], worker: int, until: float) -> list[dict[str, Any]]:
    working, n = _Worker(ids, worker), 0
    while time.monotonic() < until:
        working.step(n)
        n += 1
    return working.log


def _end() -> dict[str, Any]:
    """The laws that do not hold, and the sums of the ledger."""
    from django.db import connection

    from relance.kit.laws import check, every_law

    sums = {}
    with connection.cursor() as cursor:
        for name, sql in {
            "open": "SELECT sum(open_minor) FROM ledger_openitem",
            "unallocated": "SELECT sum(open_minor) FROM ledger_credit",
            "recovered": "SELECT coalesce(sum(amount_minor), 0) FROM ledger_openitem WHERE kind = 'recovery'",
            "corrected": "SELECT coalesce(sum(amount_minor), 0) FROM ledger_credit WHERE kind = 'correction'",
        }.items():
            cursor.execute(sql)
            sums[name] = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT number, count(*), sum(amount_minor)::bigint FROM ledger_credit WHERE kind = 'receipt' GROUP BY 1"
        )
        receipts = {number: [count, minor] for number, count, minor in cursor.fetchall()}
    broken = {report.law: report.examples for report in check(every_law()) if report.offenders}
    return {"broken": broken, "sums": sums, "receipts": receipts}


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))
