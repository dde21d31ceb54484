"""The shape of a country pack: dated figures with their sources, seeded rates, and which rule holds for whom."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from relance.legal.facts.charges import ChargeCase, ChargeKind, PartyKind, Verdict
from relance.legal.facts.contact import ContactHours
from relance.legal.facts.interest import RateMode
from relance.legal.facts.limitation import Nature
from relance.legal.facts.rates import Rate, Series
from relance.legal.facts.words import LegalRefusal, Words


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the law: minor units, points, percent, days or years as its code says.

    `confirmed` is false where no published source was read: the operator's counsel must confirm it.
    """

    code: str
    value: int | Decimal
    valid_from: dt.date
    valid_to: dt.date | None
    source: str
    confirmed: bool = True

    def counts_on(self, day: dt.date) -> bool:
        """Whether the figure is in force on this day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class NoFigure(LegalRefusal):
    """A pack does not know the figure or rule that a calculation needs."""


@dataclass(frozen=True, slots=True)
class InterestRule:
    """How late interest runs for one kind of debtor.

    The rate is `series` plus the figure `points`; without a series the pack knows no statutory rate. A contract rate
    replaces it where `contract_rate` says so, and must then reach `floor_multiple` (a figure) times `floor_series`.
    `mode` None leaves the mode to the contract. `from_notice`: interest begins after the formal notice, not before.
    `none` (with its reason) means that the law gives no interest at all.
    """

    rule: str
    source: str
    series: str | None = None
    points: str | None = None
    mode: RateMode | None = None
    contract_rate: bool = False
    floor_series: str | None = None
    floor_multiple: str | None = None
    from_notice: bool = False
    none: Words | None = None


ChargeRule: TypeAlias = Callable[[ChargeCase], Verdict]
"""Judges one charge; raises NoFigure when the pack has no figure for that day."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A country's rules as data: what is not in it, the country does not offer, and asking for it refuses.

    `limitation` gives the code of the figure in years for a debtor and a nature; `contact` when phones may ring.
    """

    country: str
    name: Words
    currency: str
    figures: tuple[Figure, ...]
    series: tuple[Series, ...]
    rates: tuple[Rate, ...]
    interest: Mapping[PartyKind, InterestRule]
    charges: Mapping[tuple[ChargeKind, PartyKind], ChargeRule]
    limitation: Mapping[tuple[PartyKind, Nature], str]
    contact: tuple[ContactHours, ...] = ()

    def figure(self, code: str, on: dt.date) -> Figure:
        """The figure in force on a day. Raises NoFigure, naming the pack and the day."""
        for found in self.figures:
            if found.code == code and found.counts_on(on):
                return found
        raise NoFigure(
            Words(
                en=f"the rules for {self.name.en} have no figure {code} on {on}; have counsel supply it to the pack",
                fr=f"les règles pour {self.name.fr} n'ont pas de valeur {code} au {on:%d/%m/%Y} ; "
                "faites compléter le pack par votre conseil",
            )
        )

    def whole(self, code: str, on: dt.date) -> int:
        """A figure that is a count or an amount in minor units. Raises NoFigure."""
        return int(self.figure(code, on).value)

    def decimal(self, code: str, on: dt.date) -> Decimal:
        """A figure that is a percent, points or a multiple. Raises NoFigure."""
        return Decimal(self.figure(code, on).value)
