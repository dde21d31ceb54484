"""Published rates by half-year: a series, its rates, the book that looks them up, and the gap where one is missing."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from relance.legal.facts.words import LegalRefusal, Words


def half_year_start(day: dt.date) -> dt.date:
    """1 January or 1 July: the first day of the half-year that `day` lies in."""
    return dt.date(day.year, 1 if day.month < 7 else 7, 1)


def half_year_end(day: dt.date) -> dt.date:
    """30 June or 31 December: the last day of the half-year that `day` lies in."""
    return dt.date(day.year, 6, 30) if day.month < 7 else dt.date(day.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Series:
    """A published rate that changes over time: its name, what it is used for, and which published value to enter."""

    code: str
    name: Words
    used_for: Words
    reading: Words


@dataclass(frozen=True, slots=True)
class Rate:
    """A series' percent for one half-year, or for several when `valid_to` says so.

    `valid_from` is 1 January or 1 July. Without `valid_to` it counts to the end of its half-year and no further: a rate
    never carries over. `confirmed` is false for a seed that no published source was read for.
    """

    series: str
    valid_from: dt.date
    valid_to: dt.date | None
    percent: Decimal
    source: str
    confirmed: bool = True

    @property
    def ends_on(self) -> dt.date:
        """The last day the rate counts."""
        return self.valid_to or half_year_end(self.valid_from)

    def half_years(self) -> Iterable[dt.date]:
        """The first day of each half-year the rate counts in. Raises ValueError when it begins within one."""
        start = self.valid_from
        if start != half_year_start(start):
            raise ValueError(f"a rate of {self.series} begins on {start}, not on 1 January or 1 July")
        while start <= self.ends_on:
            yield start
            start = half_year_end(start) + dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RateGap:
    """A half-year for which a series has no rate."""

    series: str
    name: Words
    from_on: dt.date
    to_on: dt.date

    def words(self) -> Words:
        """Which rate is missing, for which period, and who enters it where."""
        first = self.name.en[:1].upper() + self.name.en[1:]
        premier = self.name.fr[:1].upper() + self.name.fr[1:]
        return Words(
            en=f"{first} for {self.from_on} to {self.to_on} is not entered; "
            "finance enters it under Rates with its source",
            fr=f"{premier} du {self.from_on:%d/%m/%Y} au {self.to_on:%d/%m/%Y} n'est pas saisi ; "
            "la finance le saisit dans Taux avec sa source",
        )

    def sentence(self, language: str) -> str:
        """The same in `fr` or `en`."""
        return self.words().said_in(language)


class MissingRate(LegalRefusal):
    """A calculation needs a rate that nobody entered; the sentence names the rate and the half-year."""

    def __init__(self, gap: RateGap) -> None:
        super().__init__(gap.words())
        self.gap = gap
        self.series, self.from_on, self.to_on = gap.series, gap.from_on, gap.to_on


@dataclass(frozen=True, slots=True)
class RateBook:
    """Every known rate, looked up by series and day. `series` gives the names for the sentence about a missing one.

    Raises ValueError when two rates of one series count on the same day.
    """

    rates: tuple[Rate, ...]
    series: tuple[Series, ...] = ()
    _percents: dict[tuple[str, dt.date], Decimal] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        percents: dict[tuple[str, dt.date], Decimal] = {}
        for rate in self.rates:
            for start in rate.half_years():
                if (rate.series, start) in percents:
                    raise ValueError(f"two rates of {rate.series} count from {start}")
                percents[rate.series, start] = rate.percent
        object.__setattr__(self, "_percents", percents)

    def percent(self, series: str, on: dt.date) -> Decimal:
        """The rate in percent a year that rules the half-year of `on`. Raises MissingRate; never takes an older one."""
        found = self._percents.get((series, half_year_start(on)))
        if found is None:
            raise MissingRate(self.gap(series, on))
        return found

    def has(self, series: str, on: dt.date) -> bool:
        """Whether the half-year of `on` has a rate."""
        return (series, half_year_start(on)) in self._percents

    def gap(self, series: str, on: dt.date) -> RateGap:
        """The half-year of `on` of a series, as a gap that can be named."""
        names = {entry.code: entry.name for entry in self.series}
        name = names.get(series, Words(f"the rate {series}", f"le taux {series}"))
        return RateGap(series, name, half_year_start(on), half_year_end(on))


class RateState(StrEnum):
    """Where a rate stands: shipped with its pack, entered and waiting for a second person, approved, refused, or
    replaced by a later one.
    """

    SEED = "seed"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class RateRow:
    """A line of the rates table. A seed has no id and nobody's name; `replaced` marks a seed that an approved row rules.

    `reason` says why a proposal was refused; `replaces_because` why it takes the place of a rate that was in force, and
    `contradicts_pack` whether that place is a confirmed rate of the country pack. `is_new` is set by the service that
    entered or decided it just now, and not by one that found it so.
    """

    id: int | None
    series: str
    valid_from: dt.date
    valid_to: dt.date
    percent: Decimal
    source: str
    confirmed: bool
    state: RateState
    proposed_by: str = ""
    proposed_at: dt.datetime | None = None
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    reason: str = ""
    replaced: bool = False
    replaces_because: str = ""
    contradicts_pack: bool = False
    is_new: bool = field(default=False, compare=False)

    @property
    def counts(self) -> bool:
        """Whether it is what rules its half-year."""
        return self.state is RateState.APPROVED or (self.state is RateState.SEED and not self.replaced)
