"""Late interest: split at half-years and changes of principal, simple, actual days over 365, rounded per segment."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from relance.legal.facts import (
    PARTY_NAMES,
    InterestRule,
    InterestSegment,
    InterestTerms,
    LegalRefusal,
    NoFigure,
    Pack,
    PartyKind,
    PrincipalChange,
    RateBook,
    RateMode,
    Words,
    half_year_end,
    half_year_start,
)
from relance.legal.rounding import simple_interest

_DAY = dt.timedelta(days=1)


def interest(
    pack: Pack,
    kind: PartyKind,
    due_on: dt.date,
    changes: Sequence[PrincipalChange],
    until_on: dt.date,
    book: RateBook,
    terms: InterestTerms,
) -> tuple[InterestSegment, ...]:
    """Interest on one debt from the day after it was due to `until_on`, that day included.

    `changes` give the principal open from the end of each day, in minor units, in order of days (of several on one day
    the last counts); before the first nothing is open. Where law forbids further interest from a day on (insolvency,
    over-indebtedness), hand in the day before as `until_on`. Empty where the law gives none, and for consumers whose
    interest needs a formal notice that was not received. Raises MissingRate, and NoFigure where the pack knows no
    rate. A contract rate below the floor of a half-year is raised to it there.
    Source: C. com. L441-10 and D441-5 for France; each pack's `InterestRule.source` for the others.
    """
    rule = _rule(pack, kind)
    begins_on = _begins_on(rule, due_on, terms)
    if rule.none is not None or begins_on is None:
        return ()
    segments = []
    for first, last, principal_minor in _slices(begins_on, until_on, changes):
        percent = _percent(pack, kind, rule, begins_on, first, book, terms)
        days = (last - first).days + 1
        minor = simple_interest(principal_minor, percent, days)
        segments.append(InterestSegment(first, last, days, principal_minor, percent, minor))
    return tuple(segments)


def check_contract_rate(pack: Pack, kind: PartyKind, percent: Decimal, on: dt.date, book: RateBook) -> None:
    """Refuse a contract rate that the law does not let stand: below zero, below the floor, or for the wrong debtor.

    The floor moves with each half-year (France: three times the legal rate, C. com. L441-10), so a rate that was
    right must be checked again. Raises LegalRefusal, MissingRate or NoFigure.
    """
    rule = _rule(pack, kind)
    if not rule.contract_rate:
        party = PARTY_NAMES[kind]
        raise LegalRefusal(
            Words(
                f"A contract rate does not apply to {party.en} in {pack.name.en}; leave it out ({rule.source}).",
                f"Pas de taux conventionnel pour {party.fr} ({pack.name.fr}) ; laissez-le vide ({rule.source}).",
            )
        )
    floor = _floor(pack, rule, on, book)
    if percent < floor:
        raise LegalRefusal(
            Words(
                f"A contract rate of {percent} % is below the legal floor of {floor.normalize():f} % for "
                f"{half_year_start(on)} to {half_year_end(on)}; agree at least that ({rule.source}).",
                f"Un taux conventionnel de {_fr(percent)} % est inférieur au plancher légal de {_fr(floor)} % du "
                f"{half_year_start(on):%d/%m/%Y} au {half_year_end(on):%d/%m/%Y} ; convenez d'au moins ce taux "
                f"({rule.source}).",
            )
        )


def _floor(pack: Pack, rule: InterestRule, on: dt.date, book: RateBook) -> Decimal:
    """The least contract rate that the law lets stand in the half-year of `on`. Raises MissingRate or NoFigure."""
    if rule.floor_series is None or rule.floor_multiple is None:
        return Decimal(0)
    return pack.decimal(rule.floor_multiple, on) * book.percent(rule.floor_series, on)


def _fr(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", ",")


def _rule(pack: Pack, kind: PartyKind) -> InterestRule:
    rule = pack.interest.get(kind)
    if rule is None:
        raise _no_rate(pack, kind)
    return rule


def _begins_on(rule: InterestRule, due_on: dt.date, terms: InterestTerms) -> dt.date | None:
    """The first day that bears interest: the day after the due date, or after the formal notice when that is later."""
    if not rule.from_notice:
        return due_on + _DAY
    if terms.formal_notice_on is None:
        return None
    return max(due_on, terms.formal_notice_on) + _DAY


def _slices(
    begins_on: dt.date, until_on: dt.date, changes: Sequence[PrincipalChange]
) -> Iterator[tuple[dt.date, dt.date, int]]:
    """First day, last day and principal of each stretch within one half-year on which something is open."""
    open_minor = 0
    steps: list[PrincipalChange] = []
    for change in changes:
        if steps and change.on < steps[-1].on:
            raise ValueError(f"the changes of principal are not in order: {change.on} after {steps[-1].on}")
        if change.principal_minor < 0:
            raise ValueError(f"the principal is negative on {change.on}")
        if steps and steps[-1].on == change.on:
            steps.pop()
        steps.append(change)
    while steps and steps[0].on < begins_on:
        open_minor = steps.pop(0).principal_minor
    first = begins_on
    while first <= until_on:
        while steps and (steps[0].on < first or steps[0].principal_minor == open_minor):
            open_minor = steps.pop(0).principal_minor
        last = min(until_on, half_year_end(first))
        if steps:
            last = min(last, steps[0].on)
        if open_minor:
            yield first, last, open_minor
        first = last + _DAY


def _percent(
    pack: Pack,
    kind: PartyKind,
    rule: InterestRule,
    begins_on: dt.date,
    on: dt.date,
    book: RateBook,
    terms: InterestTerms,
) -> Decimal:
    if rule.contract_rate and terms.contract_percent is not None:
        # Where the rate behind the floor is missing, what was agreed stands: it is never too much.
        is_known = rule.floor_series is not None and book.has(rule.floor_series, on)
        return max(terms.contract_percent, _floor(pack, rule, on, book)) if is_known else terms.contract_percent
    if rule.series is None:
        raise _no_rate(pack, kind)
    fixed = (rule.mode or terms.mode) is RateMode.FIXED_AT_DUE
    ruling_on = begins_on if fixed else on
    points = pack.decimal(rule.points, ruling_on) if rule.points else Decimal(0)
    return book.percent(rule.series, ruling_on) + points


def _no_rate(pack: Pack, kind: PartyKind) -> NoFigure:
    party, name = PARTY_NAMES[kind], pack.name
    return NoFigure(
        Words(
            f"The rules for {name.en} hold no statutory rate of late interest for {party.en}; charge none, or agree a "
            "contract rate where the law allows one.",
            f"Les règles pour {name.fr} ne contiennent pas de taux légal d'intérêts de retard pour {party.fr} ; n'en "
            "facturez pas, ou convenez d'un taux contractuel là où la loi le permet.",
        )
    )
