"""Whatever sequence of imports, receipts, allocations and reversals happens, every law of every room holds after it."""

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.customers.queries import account_by_number
from relance.cycle.services import run
from relance.dunning.queries import decided_through
from relance.intake.services import import_paths
from relance.kit.laws import check, every_law
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import allocate_accounts, post_receipt, reverse_receipt
from tests.cast import LONG_AGO, write_csv

START = dt.date(2026, 1, 1)
ACCOUNTS = ("P1", "P2")
CURRENCIES = ("EUR", "EUR", "JPY")

accounts = st.sampled_from(ACCOUNTS)
currencies = st.sampled_from(CURRENCIES)
minor = st.integers(1, 400)
days = st.integers(0, 60)
numbers = st.integers(0, 5)

steps = st.one_of(
    st.tuples(st.just("invoice"), accounts, currencies, numbers, minor, days, st.integers(0, 30)),
    st.tuples(st.just("credit_note"), accounts, currencies, numbers, minor, days),
    st.tuples(st.just("payment_file"), accounts, currencies, numbers, minor, days),
    st.tuples(st.just("receipt"), accounts, currencies, numbers, minor, days),
    st.tuples(st.just("reversal"), accounts, st.integers(0, 3), st.integers(0, 30)),
    st.tuples(st.just("allocate")),
    st.tuples(st.just("night"), st.integers(1, 20)),
)


class _UndoAll(Exception):
    """Ends an example and takes back all it wrote."""


class World:
    """Performs drawn steps; what the system refuses is refused, what it accepts must keep the laws."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0
        rows = [{"number": number, "name": number, "email": f"{number.lower()}@example.test"} for number in ACCOUNTS]
        import_paths([write_csv(folder / "accounts.csv", rows)], LONG_AGO)
        self.ids = {number: found.id for number in ACCOUNTS if (found := account_by_number(number))}

    def bring(self, kind: str, row: dict[str, str]) -> None:
        self.files += 1
        import_paths([write_csv(self.folder / f"{kind}-{self.files}.csv", [row])], LONG_AGO)

    def perform(self, step: tuple) -> None:  # type: ignore[type-arg]
        match step:
            case ("invoice", account, currency, number, amount, born, term):
                self.bring("invoices", {
                    "account": account, "number": f"F{number}", "amount": self.amount(amount, currency),
                    "currency": currency, "issued_on": self.on(born), "due_on": self.on(born + term),
                })  # fmt: skip
            case ("credit_note", account, currency, number, amount, day):
                self.bring("credits", {
                    "account": account, "number": f"A{number}", "amount": self.amount(amount, currency),
                    "currency": currency, "issued_on": self.on(day), "invoice": f"F{number}",
                })  # fmt: skip
            case ("payment_file", account, currency, number, amount, day):
                self.bring("payments", {
                    "account": account, "reference": f"P{number}", "amount": self.amount(amount, currency),
                    "currency": currency, "received_on": self.on(day), "invoice": f"F{number}",
                })  # fmt: skip
            case ("receipt", account, currency, number, amount, day):
                order = ReceiptOrder(
                    self.ids[account], f"R{number}", currency, amount, START + dt.timedelta(days=day), "cash"
                )
                post_receipt(order)
            case ("reversal", account, which, later):
                receipts = [c for c in queries.credits_of(self.ids[account], dt.date.max) if c.kind == "receipt"]
                if which < len(receipts):
                    chosen = receipts[which]
                    on = chosen.received_on + dt.timedelta(days=later)
                    reverse_receipt(self.ids[account], chosen.id, on, "returned")
            case ("allocate",):
                assert allocate_accounts(list(self.ids.values()), 0) == 0, (
                    "everything allocatable was allocated already"
                )
            case ("night", after):
                run((decided_through() or START) + dt.timedelta(days=after))

    @staticmethod
    def on(offset: int) -> str:
        return (START + dt.timedelta(days=offset)).isoformat()

    @staticmethod
    def amount(minor: int, currency: str) -> str:
        return str(minor) if currency == "JPY" else f"{minor // 100}.{minor % 100:02d}"


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(steps, max_size=14))
def test_any_sequence_keeps_every_law(drawn: list[tuple]) -> None:  # type: ignore[type-arg]
    try:
        with tempfile.TemporaryDirectory() as folder, transaction.atomic():
            world = World(Path(folder))
            for step in drawn:
                try:
                    with transaction.atomic():
                        world.perform(step)
                except Refusal:
                    continue
                broken = {report.law: report.examples for report in check(every_law()) if report.offenders}
                assert broken == {}, step
            raise _UndoAll
    except _UndoAll:
        pass
