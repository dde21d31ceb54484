"""Reads of the rates: the book that calculations use, the table that finance edits, and what is missing from it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from relance.legal.facts import Rate, RateBook, RateGap, RateRow, RateState, Series, half_year_end
from relance.legal.models import Rate as RateTable
from relance.legal.packs import every_series, packs


def series() -> tuple[Series, ...]:
    """The published rates that the packs use, by code, with their names, uses and what to enter, in both languages."""
    return every_series()


def rate_book() -> RateBook:
    """Every rate in force: the packs' own and those the operator approved, which replace the packs' where both are."""
    approved = [
        Rate(row.series, row.valid_from, None, _as_published(row.percent), row.source)
        for row in RateTable.objects.filter(state=RateState.APPROVED.value).order_by("series", "valid_from")
    ]
    entered = {(rate.series, rate.valid_from) for rate in approved}
    seeds = (rate for rate in _seeds() if (rate.series, rate.valid_from) not in entered)
    return RateBook((*seeds, *approved), every_series())


def rate_rows(series: str = "") -> list[RateRow]:
    """The rates table, of one series or of all: by series, newest half-year first, seeds before what was entered."""
    entered = [row_facts(row) for row in RateTable.objects.order_by("id")]
    approved = {(row.series, row.valid_from) for row in entered if row.state is RateState.APPROVED}
    seeds = [
        RateRow(
            id=None, series=rate.series, valid_from=rate.valid_from, valid_to=rate.ends_on, percent=rate.percent,
            source=rate.source, confirmed=rate.confirmed, state=RateState.SEED,
            replaced=(rate.series, rate.valid_from) in approved,
        )
        for rate in _seeds()
    ]  # fmt: skip
    confirmed = {
        (rate.series, start): rate.percent for rate in _seeds() if rate.confirmed for start in rate.half_years()
    }
    told = [
        replace(row, contradicts_pack=confirmed.get((row.series, row.valid_from), row.percent) != row.percent)
        for row in entered
    ]
    rows = [row for row in (*seeds, *told) if series in {"", row.series}]
    return sorted(rows, key=lambda row: (row.series, -row.valid_from.toordinal(), row.id or 0))


def missing_rates(as_of: dt.date) -> tuple[RateGap, ...]:
    """The series that have no rate for the half-year of `as_of`, each as a gap that names itself in both languages."""
    book = rate_book()
    return tuple(book.gap(entry.code, as_of) for entry in book.series if not book.has(entry.code, as_of))


def in_force(series: str, valid_from: dt.date) -> Rate | None:
    """The rate that counts in the half-year that begins on a day: the approved one, else the pack's; None without."""
    found = RateTable.objects.filter(series=series, valid_from=valid_from, state=RateState.APPROVED.value).first()
    if found is not None:
        return Rate(series, valid_from, None, _as_published(found.percent), found.source)
    return seed(series, valid_from)


def seed(series: str, valid_from: dt.date) -> Rate | None:
    """The rate that a pack brings for a series and the first day of a half-year, or None."""
    for rate in _seeds():
        if rate.series == series and valid_from in rate.half_years():
            return rate
    return None


def row_facts(row: RateTable) -> RateRow:
    """A stored rate as other rooms see it."""
    return RateRow(
        id=row.pk, series=row.series, valid_from=row.valid_from, valid_to=half_year_end(row.valid_from),
        percent=_as_published(row.percent), source=row.source, confirmed=True, state=RateState(row.state),
        proposed_by=row.proposed_by, proposed_at=row.proposed_at, decided_by=row.decided_by,
        decided_at=row.decided_at, reason=row.reason, replaces_because=row.replaces_because,
    )  # fmt: skip


def _as_published(percent: Decimal) -> Decimal:
    """The stored number without the zeros that its column adds."""
    return Decimal(f"{percent.normalize():f}")


def _seeds() -> Iterable[Rate]:
    return (rate for pack in packs().values() for rate in pack.rates)
