"""How each character pays one invoice: how many days after its due date, in which parts, or never.

The reminders of the demo's own scenarios come at known ages, so a payer who reacts to one pays a few days after it.
"""

import random
from dataclasses import dataclass

from relance.faces.console.synthetic.customers import Account, Character

NEVER = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """A part of an invoice settled so many days after its due date (negative: before), by money or by credit note."""

    days_after_due: int
    amount_minor: int
    by_credit_note: bool = False


@dataclass(frozen=True, slots=True)
class _Habit:
    """Out of a hundred invoices: paid on time, after the first, second, third reminder, long after, never."""

    on_time: float
    after_reminders: tuple[float, float, float]
    long_after: float
    never: float


_HABITS = {
    Character.PUNCTUAL: _Habit(98.4, (1.2, 0.3, 0.1), 0.0, 0.0),
    Character.FORGETFUL: _Habit(52.0, (30.0, 11.0, 4.0), 2.7, 0.3),
    Character.STRUGGLING: _Habit(42.0, (17.0, 15.0, 11.0), 12.0, 3.0),
    Character.DISPUTING: _Habit(92.0, (6.0, 1.5, 0.5), 0.0, 0.0),
    Character.SLOW: _Habit(38.0, (42.0, 15.0, 4.0), 1.0, 0.0),
    Character.VANISHING: _Habit(88.0, (8.0, 3.0, 1.0), 0.0, 0.0),
}

REMINDER_AGES = {"consumer": (1, 7, 14), "business": (5, 15, 30), "public": (30, 60, 90)}
"""Ages of the stages in the demo's scenarios, by kind of account (a test compares them with the files)."""


def settlements(rng: random.Random, account: Account, amount_minor: int, gone: bool) -> list[Settlement]:
    """What this account does about an invoice of this amount; an empty list is never paying anything of it.

    `gone` says that a vanishing customer has stopped paying by now.
    """
    if gone:
        return []
    ages = REMINDER_AGES[account.kind]
    if account.character is Character.DISPUTING and rng.random() < 0.16:
        return _disputed(rng, ages, amount_minor)
    days = _days_after_due(rng, account, ages)
    if days is NEVER:
        return []
    if account.character is Character.STRUGGLING and days > 0 and rng.random() < 0.3:
        half = amount_minor // 2
        return [Settlement(days, half), Settlement(days + rng.randrange(20, 46), amount_minor - half)]
    return [Settlement(days, amount_minor)]


def _days_after_due(rng: random.Random, account: Account, ages: tuple[int, int, int]) -> int | None:
    habit = _HABITS[account.character]
    outcomes = [habit.on_time, *habit.after_reminders, habit.long_after, habit.never]
    outcome = rng.choices(range(6), outcomes)[0]
    if outcome == 0:
        return 0 if account.payment_method == "direct_debit" else -rng.randrange(0, 7)
    if outcome == 5:
        return NEVER
    if outcome == 4:
        return ages[2] + rng.randrange(15, 90)
    return ages[outcome - 1] + rng.randrange(2, 10)


def _disputed(rng: random.Random, ages: tuple[int, int, int], amount_minor: int) -> list[Settlement]:
    """The part nobody argues about is paid on time; the rest is credited, or paid once the dispute is settled."""
    accepted = amount_minor * rng.randrange(55, 85) // 100
    rest_days = ages[1] + rng.randrange(14, 50)
    return [
        Settlement(-rng.randrange(0, 4), accepted),
        Settlement(rest_days, amount_minor - accepted, by_credit_note=rng.random() < 0.55),
    ]
