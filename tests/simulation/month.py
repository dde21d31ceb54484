"""A seeded portfolio of some weeks, and a second, simpler model that says what should have happened to it.

The model knows nothing of chunks, candidates, positions in tables or as-of queries: for every day and every account it
adds up what is open from the plain lists and applies the rules of the scenario as the documentation tells them.
"""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.cast import write_csv

FIRST = dt.date(2026, 1, 1)
LADDER = (("reminder", 1), ("second", 7), ("formal", 14))
ENTER_MINOR, LEAVE_MINOR = 1500, 500

SCENARIO = """
code: model
name: {fr: Modèle, en: Model}
level: account
priority: 10
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: formal, age: 14, actions: [{send: {channel: email, template: formal_notice}}]}
"""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice."""

    account: str
    number: str
    issued_on: dt.date
    due_on: dt.date
    minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """Money for one named invoice."""

    account: str
    reference: str
    received_on: dt.date
    minor: int
    invoice: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All that happens in the seeded weeks."""

    accounts: tuple[str, ...]
    bills: tuple[Bill, ...]
    payments: tuple[Payment, ...]


def portfolio(seed: int, account_count: int, days: int) -> Portfolio:
    """Accounts with bills over the first `days` days; some paid in time, some late, some in parts, some never."""
    draw = random.Random(seed)
    accounts = tuple(f"M{n:04d}" for n in range(account_count))
    bills, payments = [], []
    for account in accounts:
        for n in range(draw.randint(1, 4)):
            issued_on = FIRST + dt.timedelta(days=draw.randrange(days))
            due_on = issued_on + dt.timedelta(days=draw.choice([0, 5, 14]))
            bill = Bill(account, f"{account}-{n}", issued_on, due_on, draw.choice([400, 900, 1500, 2500, 4000]))
            bills.append(bill)
            left = bill.minor
            for part in range(draw.choice([0, 1, 1, 1, 2])):
                minor = left if draw.random() < 0.7 else draw.randint(1, left)
                received_on = max(issued_on, due_on + dt.timedelta(days=draw.randint(-4, 20)))
                payments.append(Payment(account, f"{bill.number}-P{part}", received_on, minor, bill.number))
                left -= minor
                if left == 0:
                    break
    return Portfolio(accounts, tuple(bills), tuple(payments))


def write_files(story: Portfolio, folder: Path) -> None:
    """The portfolio as import files."""
    write_csv(
        folder / "accounts.csv",
        [{"number": a, "name": f"Customer {a}", "email": f"{a.lower()}@example.test"} for a in story.accounts],
    )
    write_csv(
        folder / "invoices.csv",
        [
            {"account": b.account, "number": b.number, "issued_on": str(b.issued_on), "due_on": str(b.due_on),
             "amount": f"{b.minor // 100}.{b.minor % 100:02d}"}
            for b in story.bills
        ],
    )  # fmt: skip
    write_csv(
        folder / "payments.csv",
        [
            {"account": p.account, "reference": p.reference, "received_on": str(p.received_on), "invoice": p.invoice,
             "amount": f"{p.minor // 100}.{p.minor % 100:02d}"}
            for p in story.payments
        ],
    )  # fmt: skip


def expected_stages(story: Portfolio, days: int) -> set[tuple[str, str, str]]:
    """Every (day, account, stage) that should be entered from FIRST on."""
    bills: dict[str, list[Bill]] = defaultdict(list)
    for bill in story.bills:
        bills[bill.account].append(bill)
    paid: dict[str, list[Payment]] = defaultdict(list)
    for payment in story.payments:
        paid[payment.invoice].append(payment)
    happened = set()
    stage_of: dict[str, int] = {}
    entered: dict[str, dt.date] = {}
    for offset in range(days):
        today = FIRST + dt.timedelta(days=offset)
        for account in story.accounts:
            late = [
                (bill.due_on, left)
                for bill in bills[account]
                if bill.due_on < today and bill.issued_on <= today
                and (left := bill.minor - sum(p.minor for p in paid[bill.number] if p.received_on <= today)) > 0
            ]  # fmt: skip
            owed = sum(left for _, left in late)
            if account in stage_of and owed <= LEAVE_MINOR:
                del stage_of[account]
            if account not in stage_of:
                if owed < ENTER_MINOR:
                    continue
                stage_of[account] = -1
            following = stage_of[account] + 1
            if following == len(LADDER):
                continue
            code, age = LADDER[following]
            due = min(due_on for due_on, _ in late) + dt.timedelta(days=age)
            if following:
                due = max(due, entered[account] + dt.timedelta(days=age - LADDER[following - 1][1]))
            if due <= today:
                stage_of[account], entered[account] = following, today
                happened.add((today.isoformat(), account, code))
    return happened
