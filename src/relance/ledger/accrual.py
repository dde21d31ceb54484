"""Late-payment interest of one item from what was open of it day by day: pure, on top of the country's rules."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from relance.legal.facts import (
    InterestTerms,
    LegalRefusal,
    MissingRate,
    Pack,
    PartyKind,
    PrincipalChange,
    RateBook,
    Words,
)
from relance.legal.rules import interest

TIME_BARRED = Words(
    "This item is time-barred, so no interest on it may be asked for.",
    "Cette créance est prescrite : aucun intérêt ne peut plus être réclamé.",
)
GIVEN_UP = Words(
    "This item was written off, so no more interest on it may be asked for.",
    "Cette créance est passée en pertes : aucun intérêt ne peut plus être réclamé.",
)


@dataclass(frozen=True, slots=True)
class History:
    """An item that may bear interest: who owes it, and what was set against it day by day.

    `due_on` is the first due date, `postponed` what moved it: (day, due date from then on), in order. `taken` are (day,
    minor units), undoings negative; what was never owed or never paid has no part in it. `disputed_minor`, `is_expired`
    and `is_given_up` are as of the day that is asked about.
    """

    kind: PartyKind
    amount_minor: int
    due_on: dt.date
    taken: Sequence[tuple[dt.date, int]]
    postponed: Sequence[tuple[dt.date, dt.date]] = ()
    disputed_minor: int = 0
    is_expired: bool = False
    is_given_up: bool = False
    formal_notice_on: dt.date | None = None
    contract_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Accrued:
    """Interest through a day: in all, and the part of it on what is disputed; or why none can be asked for.

    With `through_on` it was computed to that day only, because of what the refusal says.
    """

    accrued_minor: int = 0
    disputed_minor: int = 0
    refusal: Words | None = None
    through_on: dt.date | None = None


def principal_changes(history: History) -> tuple[PrincipalChange, ...]:
    """What was late of the item at the end of each day on which that changed, from the first due date that passed on.

    It is what was open, and nothing from the evening of a postponement to the evening before its new due date: what
    was granted is not late, and what was late before stays so.
    """
    days = {history.due_on, *(day for day, _ in history.taken), *(day for moved in history.postponed for day in moved)}
    changes: list[PrincipalChange] = []
    for on in sorted({max(day, history.due_on) for day in days}):
        is_late = on >= _due_in_force(history, on)
        if is_late or changes:
            changes.append(PrincipalChange(on, _open_on(history, on) if is_late else 0))
    return tuple(changes)


def _due_in_force(history: History, on: dt.date) -> dt.date:
    """The due date as it stood at the end of a day."""
    return next((due_on for day, due_on in reversed(history.postponed) if day <= on), history.due_on)


def _open_on(history: History, on: dt.date) -> int:
    return max(0, history.amount_minor - sum(minor for day, minor in history.taken if day <= on))


def accrue(history: History, pack: Pack, book: RateBook, until_on: dt.date) -> Accrued:
    """Interest from the day after the due date through `until_on`; days on which nothing is open bear and need no rate.

    Only the item's own principal bears interest. Where a rate is missing, interest runs to the last day before, with
    the refusal beside it; a country without a rate is told as the refusal alone. Source: the country's pack.
    """
    if history.is_expired:
        return Accrued(refusal=TIME_BARRED)
    if history.is_given_up:
        return Accrued(refusal=GIVEN_UP)
    try:
        return _accrued(history, pack, book, until_on)
    except MissingRate as missing:
        known_on = missing.from_on - dt.timedelta(days=1)
        return replace(_accrued(history, pack, book, known_on), refusal=missing.words, through_on=known_on)
    except LegalRefusal as refusal:
        return Accrued(refusal=refusal.words)


def _accrued(history: History, pack: Pack, book: RateBook, until_on: dt.date) -> Accrued:
    """The same, of an item that may bear interest. Raises LegalRefusal for what the pack does not know."""
    changes = principal_changes(history)
    if not changes:
        return Accrued()
    terms = InterestTerms(history.contract_percent, formal_notice_on=history.formal_notice_on)

    def total(principal: Iterable[PrincipalChange]) -> int:
        segments = interest(pack, history.kind, changes[0].on, tuple(principal), until_on, book, terms)
        return sum(segment.interest_minor for segment in segments)

    accrued_minor = total(changes)
    disputed_minor = min(history.disputed_minor, _open_on(history, until_on))
    if disputed_minor == 0:
        return Accrued(accrued_minor)
    undisputed = (PrincipalChange(change.on, max(0, change.principal_minor - disputed_minor)) for change in changes)
    return Accrued(accrued_minor, accrued_minor - total(undisputed))
