"""Late-payment interest of one item from what was open of it day by day: pure, on top of the country's rules."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from relance.legal.facts import InterestTerms, LegalRefusal, Pack, PartyKind, PrincipalChange, RateBook, Words
from relance.legal.rules import interest

TIME_BARRED = Words(
    "This item is time-barred, so no interest on it may be asked for.",
    "Cette créance est prescrite : aucun intérêt ne peut plus être réclamé.",
)


@dataclass(frozen=True, slots=True)
class History:
    """An item that may bear interest: who owes it, and what was set against it day by day.

    `due_on` is the due date in force. `taken` are (day, minor units), undoings negative. `disputed_minor` and
    `is_expired` are as of the day that is asked about.
    """

    kind: PartyKind
    amount_minor: int
    due_on: dt.date
    taken: Sequence[tuple[dt.date, int]]
    disputed_minor: int = 0
    is_expired: bool = False
    formal_notice_on: dt.date | None = None
    contract_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Accrued:
    """Interest through a day: in all, and the part of it on what is disputed; or why none can be asked for."""

    accrued_minor: int = 0
    disputed_minor: int = 0
    refusal: Words | None = None


def principal_changes(history: History) -> tuple[PrincipalChange, ...]:
    """What was open at the end of the due date, and of each later day on which that changed."""
    open_minor = history.amount_minor
    changes = [PrincipalChange(history.due_on, open_minor)]
    for day, minor in sorted(history.taken):
        open_minor -= minor
        on = max(day, history.due_on)
        if changes[-1].on == on:
            changes.pop()
        changes.append(PrincipalChange(on, max(0, open_minor)))
    return tuple(changes)


def accrue(history: History, pack: Pack, book: RateBook, until_on: dt.date) -> Accrued:
    """Interest from the day after the due date through `until_on`; days on which nothing is open bear and need no rate.

    Only the item's own principal bears interest. A rate that is missing, or a country without one, is told as the
    refusal. Source: the country's pack.
    """
    if history.is_expired:
        return Accrued(refusal=TIME_BARRED)
    changes = principal_changes(history)
    terms = InterestTerms(history.contract_percent, formal_notice_on=history.formal_notice_on)

    def total(principal: Iterable[PrincipalChange]) -> int:
        segments = interest(pack, history.kind, history.due_on, tuple(principal), until_on, book, terms)
        return sum(segment.interest_minor for segment in segments)

    try:
        accrued_minor = total(changes)
        disputed_minor = min(history.disputed_minor, changes[-1].principal_minor)
        if disputed_minor == 0:
            return Accrued(accrued_minor)
        undisputed = (PrincipalChange(change.on, max(0, change.principal_minor - disputed_minor)) for change in changes)
        return Accrued(accrued_minor, accrued_minor - total(undisputed))
    except LegalRefusal as refusal:
        return Accrued(refusal=refusal.words)
