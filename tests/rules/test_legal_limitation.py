"""The limitation clock: periods by debtor and nature, and what restarts it."""

import datetime as dt

import pytest

from relance.legal.facts import Interruption, InterruptionKind, ItemKind, Nature, NoFigure, PartyKind
from relance.legal.packs import pack
from relance.legal.rules import limitation, limitation_years, shortest_limitation_years

FR = pack("FR")
DUE = dt.date(2025, 11, 10)
CONSUMER, BUSINESS, PUBLIC = PartyKind.CONSUMER, PartyKind.BUSINESS, PartyKind.PUBLIC


def of_service(*interruptions: Interruption, due_on: dt.date = DUE) -> tuple[dt.date, dt.date]:
    """When a consumer's telecom invoice lapses, and the last safe day."""
    found = limitation(FR, CONSUMER, Nature.SERVICE, ItemKind.INVOICE, due_on, interruptions)
    return found.ends_on, found.last_safe_on


def test_l34_2_ltr_does_not_interrupt() -> None:
    """The price of a telecom service lapses after one year, and no letter is an interruption at all."""
    assert of_service() == (dt.date(2026, 11, 10), dt.date(2026, 11, 9))
    for letter in ("registered_letter", "reminder", "formal_notice"):
        with pytest.raises(ValueError, match=letter):
            Interruption(letter, dt.date(2026, 6, 1))  # type: ignore[arg-type]
    assert {kind.value for kind in InterruptionKind} == {"acknowledgement", "part_payment", "court", "insolvency_claim"}


@pytest.mark.parametrize("kind", list(InterruptionKind))
def test_an_interruption_starts_a_new_full_period(kind: InterruptionKind) -> None:
    found = limitation(FR, BUSINESS, Nature.SERVICE, ItemKind.INVOICE, DUE, [Interruption(kind, dt.date(2026, 6, 1))])
    assert (found.ends_on, found.last_safe_on) == (dt.date(2027, 6, 1), dt.date(2027, 5, 31))
    assert (found.restarted_on, found.restarted_by) == (dt.date(2026, 6, 1), kind)
    assert (found.period_years, found.rule, found.source) == (1, "fr.telecom_price_years", "CPCE L34-2, al. 2")


def test_interruptions_chain_in_order_of_days_and_never_revive() -> None:
    june, may = dt.date(2026, 6, 1), dt.date(2027, 5, 1)
    paid = InterruptionKind.PART_PAYMENT
    assert of_service(Interruption(paid, may), Interruption(paid, june))[0] == dt.date(2028, 5, 1)
    assert of_service(Interruption(paid, dt.date(2026, 11, 10)))[0] == dt.date(2027, 11, 10)
    assert of_service(Interruption(paid, dt.date(2026, 11, 11)))[0] == dt.date(2026, 11, 10)
    assert of_service(Interruption(paid, dt.date(2025, 11, 1)))[0] == dt.date(2026, 11, 10)


def test_a_leap_day_ends_on_the_earlier_day() -> None:
    assert of_service(due_on=dt.date(2024, 2, 29))[0] == dt.date(2025, 2, 28)


@pytest.mark.parametrize(
    ("kind", "nature", "years"),
    [
        (CONSUMER, Nature.SERVICE, 1),
        (BUSINESS, Nature.SERVICE, 1),
        (PUBLIC, Nature.SERVICE, 1),
        (CONSUMER, Nature.TERMINATION, 1),
        (BUSINESS, Nature.TERMINATION, 1),
        (CONSUMER, Nature.EQUIPMENT, 2),
        (CONSUMER, Nature.OTHER, 2),
        (BUSINESS, Nature.EQUIPMENT, 5),
        (BUSINESS, Nature.OTHER, 5),
        (PUBLIC, Nature.OTHER, 4),
    ],
)
def test_french_periods(kind: PartyKind, nature: Nature, years: int) -> None:
    found = limitation(FR, kind, nature, ItemKind.INVOICE, DUE)
    assert (found.period_years, found.ends_on) == (years, DUE.replace(year=DUE.year + years))
    assert limitation_years(FR)[kind, nature] == years
    assert found.source


def test_every_french_debtor_and_nature_has_a_period() -> None:
    assert set(limitation_years(FR)) == {(kind, nature) for kind in PartyKind for nature in Nature}
    assert shortest_limitation_years(FR) == 1


@pytest.mark.parametrize("item_kind", list(ItemKind))
def test_a_fee_lapses_with_the_debt_it_came_from(item_kind: ItemKind) -> None:
    found = limitation(FR, BUSINESS, Nature.SERVICE, item_kind, DUE)
    assert found.ends_on == dt.date(2026, 11, 10)
    assert found.rule.startswith("fr.telecom_price_years")


@pytest.mark.parametrize("country", ["BE", "DE", "GB", "NL"])
def test_where_the_pack_knows_no_period_the_clock_refuses(country: str) -> None:
    unknown = pack(country)
    assert limitation_years(unknown) == {}
    assert shortest_limitation_years(unknown) is None
    with pytest.raises(NoFigure) as refused:
        limitation(unknown, CONSUMER, Nature.SERVICE, ItemKind.INVOICE, DUE)
    assert refused.value.sentence("en") != refused.value.sentence("fr")
