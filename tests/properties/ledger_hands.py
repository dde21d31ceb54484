"""What the steps of the ledger's state machine have in common: two accounts in both ledgers, ways to find what to act on,
and what must hold after every step.
"""

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from relance.customers.queries import account_by_number
from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, ReceiptOrder
from tests.cast import LONG_AGO, write_csv
from tests.properties.ledger_witness import (
    broken_laws,
    customers_booked,
    digest,
    doubtful_booked,
    ledger_says,
    second_says,
    seen,
)
from tests.properties.second_ledger import Debit, House, Money, SecondLedger

START = dt.date(2026, 1, 1)
FAR = dt.date(2027, 6, 1)
ACCOUNTS = {"FIRM": "business", "JANE": "consumer"}
Made = TypeVar("Made")


def days(offset: int) -> dt.timedelta:
    """So many days."""
    return dt.timedelta(days=offset)


class Hands(RuleBasedStateMachine):
    """Two accounts in an empty ledger and in the second one: ways to act on them, and what must hold after every step."""

    accepted: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.undo_all = transaction.atomic()
        self.undo_all.__enter__()
        self.folder = tempfile.TemporaryDirectory()
        self.serial = 0
        self.today = START + days(30)
        self.house = House()
        self.books = {name: SecondLedger(self.house) for name in ACCOUNTS}
        self.bring("accounts", *({"number": n, "name": n, "kind": kind} for n, kind in ACCOUNTS.items()))
        owners = {name: found for name in ACCOUNTS if (found := account_by_number(name))}
        self.ids = {name: owner.id for name, owner in owners.items()}
        self.creditor = owners["FIRM"].creditor_id
        self.posted: list[tuple[str, ReceiptOrder, str]] = []
        self.requests: list[tuple[str, int, str, dict[Debit, int], Money | None, int]] = []
        self.left_out: list[tuple[str, int, Debit, str, int]] = []
        self.sealed: dict[dt.date, list[Any]] = {}
        self.looked_at = ""

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo_all.__exit__(None, None, None)
        self.folder.cleanup()

    # Hands.

    def attempt(self, step: str, call: Callable[[], Made]) -> Made | None:
        """What the ledger made of a step; None when it refused, and then no row is different."""
        before = digest()
        try:
            made = call()
        except Refusal:
            assert digest() == before, f"{step} was refused and left something behind"
            return None
        type(self).accepted[step] += 1
        return made

    def bring(self, kind: str, *rows: dict[str, str]) -> bool:
        """Import rows; whether all of them are new."""
        self.serial += 1
        path = write_csv(Path(self.folder.name) / f"{kind}-{self.serial}.csv", rows)
        (report,) = import_paths([path], LONG_AGO)
        return report.created == len(rows)

    def act(self, name: str, moved: int, actor: str = "ines") -> Act:
        self.serial += 1
        return Act(self.ids[name], self.today + days(moved), actor, "as asked", f"key-{self.serial}")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def item(self, name: str, debit: Debit) -> int:
        ((found,),) = self.rows(
            "SELECT id FROM ledger_openitem WHERE account_id = %s AND kind = %s AND number = %s",
            self.ids[name], debit.kind, debit.number,
        )  # fmt: skip
        return int(found)

    def credit(self, name: str, money: Money) -> int:
        ((found,),) = self.rows(
            "SELECT id FROM ledger_credit WHERE account_id = %s AND kind = %s AND number = %s",
            self.ids[name], money.kind, money.number,
        )  # fmt: skip
        return int(found)

    def owed(self, name: str, position: int | None, open_only: bool = True) -> Debit | None:
        """One of the account's debits, if it has any."""
        book = self.books[name]
        found = [d for d in book.debits if not open_only or book.open(d) > 0]
        return found[position % len(found)] if found and position is not None else None

    def had(self, name: str, position: int, left_only: bool = False) -> Money | None:
        """One of the account's receipts and credit notes, if it has any."""
        book = self.books[name]
        found = [m for m in book.money if m.kind in {"receipt", "credit_note"} and (book.left(m) or not left_only)]
        return found[position % len(found)] if found else None

    def told(self, name: str, kind: str, by_posting: bool | None = None, posting_id: int = 0) -> bool:
        """Take charges that the ledger made, whose amounts have proofs of their own, over into the second ledger."""
        book = self.books[name]
        known = {d.number for d in book.debits if d.kind == kind}
        fresh = False
        for item_number, currency, born, due, minor, origin, of, posting in self.rows(
            "SELECT i.number, i.currency, i.born_on, i.due_on, i.amount_minor, o.number, o.kind, i.posting_id "
            "FROM ledger_openitem i LEFT JOIN ledger_openitem o ON o.account_id = i.account_id AND o.id = i.origin_id "
            "WHERE i.account_id = %s AND i.kind = %s ORDER BY i.id",
            self.ids[name], kind,
        ):  # fmt: skip
            if item_number in known or (by_posting is not None and (posting == posting_id) is not by_posting):
                continue
            cause = next((d for d in book.debits if (d.number, d.kind) == (origin, of)), None)
            book.owe(kind, item_number, currency, born, due, minor, cause)
            fresh = True
        return fresh

    def settle(self, name: str, on: dt.date | None = None) -> None:
        self.books[name].settle(on, lambda: self.told(name, "interest"))

    @staticmethod
    def written(minor: int, currency: str) -> str:
        return str(minor) if currency == "JPY" else f"{minor // 100}.{minor % 100:02d}"

    # Proofs.

    @invariant()
    def holds(self) -> None:
        for book in self.books.values():
            book.known = self.house.documents
        now = digest() + str(self.today)
        if now == self.looked_at:
            return
        self.looked_at = now
        self.hear_of_expiry()
        assert broken_laws() == {}
        for on in (START + days(12), START + days(35), self.today, FAR):
            says, should = ledger_says(self.ids, on), second_says(self.books, on)
            for about in says:
                assert says[about] == should[about], f"{about} on {on}"
        for name, book in self.books.items():
            assert doubtful_booked(self.ids[name]) == book.doubtful_now()
            assert customers_booked(self.ids[name]) == book.owed_now()
        for day, told in self.sealed.items():
            assert seen(self.ids, day) == told, f"sealed {day} reads otherwise"

    def hear_of_expiry(self) -> None:
        """Which items are time-barred is the limitation clock's business, with proofs of its own."""
        for name, book in self.books.items():
            book.left_out = [row for row in book.left_out if row[1] != "expired"]
            for item_number, kind, minor, on in self.rows(
                "SELECT i.number, i.kind, x.amount_minor, x.effective_on FROM ledger_exclusion x "
                "JOIN ledger_openitem i ON i.id = x.item_id WHERE x.account_id = %s AND x.kind = 'expired'",
                self.ids[name],
            ):  # fmt: skip
                debit = next(d for d in book.debits if (d.number, d.kind) == (item_number, kind))
                book.left_out.append((debit, "expired", minor, on))
