"""Every country pack keeps the shelf's contract: sources, dates, both languages, and a verdict on everything asked."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import pairwise

import pytest

from relance.legal.facts import (
    ChargeCase,
    ChargeKind,
    Delivery,
    Figure,
    FirstReminder,
    Nature,
    Pack,
    PartyKind,
    Words,
    half_year_end,
    half_year_start,
)
from relance.legal.packs import every_series, packs, seeded_book
from relance.legal.rules.charge import judge

PACKS = packs()
EVERY = pytest.mark.parametrize("code", sorted(PACKS))
TODAY = dt.date(2026, 11, 23)


def words_in(thing: object) -> Iterator[Words]:
    """Every text inside a pack, however deep."""
    if isinstance(thing, Words):
        yield thing
    elif isinstance(thing, tuple):
        for part in thing:
            yield from words_in(part)
    elif isinstance(thing, dict):
        yield from words_in(tuple(thing.values()))
    elif is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from words_in(getattr(thing, field.name))


@EVERY
def test_every_figure_has_a_source_dates_and_its_country(code: str) -> None:
    for figure in PACKS[code].figures:
        assert figure.source.strip(), figure.code
        assert figure.code.startswith(f"{code.lower()}."), figure.code
        assert isinstance(figure.value, int | Decimal), figure.code
        assert figure.value >= 0, figure.code
        assert figure.valid_to is None or figure.valid_to >= figure.valid_from, figure.code


@EVERY
def test_figures_of_one_code_do_not_overlap(code: str) -> None:
    periods: dict[str, list[Figure]] = {}
    for figure in PACKS[code].figures:
        periods.setdefault(figure.code, []).append(figure)
    for figures in periods.values():
        for earlier, later in pairwise(sorted(figures, key=lambda figure: figure.valid_from)):
            assert earlier.valid_to is not None and earlier.valid_to < later.valid_from, earlier.code


@EVERY
def test_every_seeded_rate_has_a_source_a_half_year_and_a_series(code: str) -> None:
    pack = PACKS[code]
    series = {entry.code for entry in every_series()}
    for rate in pack.rates:
        assert rate.source.strip()
        assert rate.series in series
        assert rate.valid_from == half_year_start(rate.valid_from)
        assert rate.ends_on == half_year_end(rate.valid_from)


@EVERY
def test_every_text_exists_in_both_languages(code: str) -> None:
    texts = list(words_in(PACKS[code]))
    assert texts
    for words in texts:
        assert words.en.strip() and words.fr.strip() and words.en != words.fr, words
        assert {words.said_in("en"), words.said_in("fr")} == {words.en, words.fr}


@EVERY
def test_the_pack_refers_only_to_figures_and_series_it_has(code: str) -> None:
    pack = PACKS[code]
    figures, series = {figure.code for figure in pack.figures}, {entry.code for entry in every_series()}
    assert set(pack.limitation.values()) <= figures
    assert set(pack.interest) == set(PartyKind)
    for rule in pack.interest.values():
        assert rule.source and rule.rule.startswith(f"{code.lower()}.")
        assert {rule.points, rule.floor_multiple} - {None} <= figures
        assert {rule.series, rule.floor_series} - {None} <= series
    assert not pack.limitation or set(pack.limitation) == {(kind, nature) for kind in PartyKind for nature in Nature}


@EVERY
@pytest.mark.parametrize("charge", list(ChargeKind))
@pytest.mark.parametrize("kind", list(PartyKind))
def test_every_charge_gets_a_reasoned_verdict(code: str, charge: ChargeKind, kind: PartyKind) -> None:
    pack = PACKS[code]
    case = ChargeCase(
        pack, charge, kind, pack.currency, TODAY, amount_minor=50_000, asked_minor=1_000, due_dates_reminded_count=3,
        first_reminder=FirstReminder(dt.date(2026, 1, 5), Delivery.POST, dt.date(2026, 1, 7)),
    )  # fmt: skip
    verdict = judge(case)
    assert verdict.rule
    assert verdict.sentence("en").endswith(".") and verdict.sentence("fr").endswith(".")
    assert verdict.sentence("en") != verdict.sentence("fr")
    assert verdict.allowed == (verdict.amount_minor > 0)
    assert verdict.source or verdict.rule == "no_figure"
    if verdict.allowed:
        assert verdict.currency == pack.currency


def test_a_pack_is_named_by_its_file() -> None:
    assert {code: pack.country for code, pack in PACKS.items()} == {code: code for code in PACKS}


def test_no_two_packs_seed_or_define_one_rate_twice() -> None:
    seeded_book()
    assert all(count == 1 for count in Counter(entry.code for entry in every_series()).values())


def test_the_contract_notices_a_text_in_one_language_only() -> None:
    """The walk over a pack reaches the texts inside its rules."""
    pack = PACKS["FR"]
    assert isinstance(pack, Pack)
    assert sum("délit" in words.fr for words in words_in(pack)) >= 5
