"""What may be added to a late debt: the forty euros, fees, caps and delays, by country and debtor."""

import datetime as dt

import pytest

from relance.legal.facts import ChargeKind, Delivery, FirstReminder, PartyKind, Verdict
from relance.legal.packs import pack
from relance.legal.packs.be import clock_starts_on
from relance.legal.rules import collection_costs, indemnity, late_fee, reminder_fee, return_charge

FR, BE, DE, GB, NL = (pack(country) for country in ("FR", "BE", "DE", "GB", "NL"))
CONSUMER, BUSINESS, PUBLIC = PartyKind.CONSUMER, PartyKind.BUSINESS, PartyKind.PUBLIC
DUE = dt.date(2026, 3, 31)
NEXT_DAY = dt.date(2026, 4, 1)


def refused(verdict: Verdict, rule: str) -> bool:
    """Whether the verdict refuses by this rule, charges nothing, and says why in both languages."""
    en, fr = verdict.sentence("en"), verdict.sentence("fr")
    return (verdict.allowed, verdict.amount_minor, verdict.rule) == (False, 0, rule) and bool(en and fr and en != fr)


def test_a_french_business_owes_forty_euros_from_the_day_after() -> None:
    verdict = indemnity(FR, BUSINESS, "EUR", 120_000, DUE, NEXT_DAY)
    assert (verdict.allowed, verdict.amount_minor, verdict.currency) == (True, 4_000, "EUR")
    assert (verdict.rule, verdict.source) == ("fr.indemnity", "C. com. L441-10, II; D441-5")
    assert refused(indemnity(FR, BUSINESS, "EUR", 120_000, DUE, DUE), "not_overdue")
    assert refused(indemnity(FR, BUSINESS, "EUR", 0, DUE, NEXT_DAY), "nothing_owed")
    assert indemnity(FR, PUBLIC, "EUR", 120_000, DUE, NEXT_DAY).amount_minor == 4_000


def test_insolvency_forbids_the_forty_euros_from_the_judgment_on() -> None:
    judgment = dt.date(2026, 4, 10)
    assert indemnity(FR, BUSINESS, "EUR", 1, DUE, dt.date(2026, 4, 9), judgment).allowed
    assert refused(indemnity(FR, BUSINESS, "EUR", 1, DUE, judgment, judgment), "insolvency")


def test_the_forty_euros_exist_since_2013_and_in_euros() -> None:
    assert refused(indemnity(FR, BUSINESS, "EUR", 1, dt.date(2012, 12, 30), NEXT_DAY), "no_figure")
    assert indemnity(FR, BUSINESS, "EUR", 1, dt.date(2012, 12, 31), NEXT_DAY).allowed
    assert refused(indemnity(FR, BUSINESS, "USD", 1, DUE, NEXT_DAY), "other_currency")


def test_b2c_no_fee_no_40() -> None:
    """A French consumer pays nothing for being chased, whatever it is called."""
    verdicts = [
        indemnity(FR, CONSUMER, "EUR", 8_997, DUE, NEXT_DAY),
        late_fee(FR, CONSUMER, "EUR", 1_000, NEXT_DAY),
        return_charge(FR, CONSUMER, "EUR", 1_000, NEXT_DAY),
        reminder_fee(FR, CONSUMER, "EUR", 1_000, NEXT_DAY),
        collection_costs(FR, CONSUMER, "EUR", 8_997, NEXT_DAY),
    ]
    assert {verdict.charge for verdict in verdicts} == set(ChargeKind) - {ChargeKind.INTEREST}
    for verdict in verdicts:
        assert refused(verdict, "fr.consumer_costs_stay_with_creditor")
        assert "L111-8" in verdict.source


def test_late_fees_are_for_businesses_only() -> None:
    assert late_fee(FR, BUSINESS, "EUR", 1_000, NEXT_DAY).amount_minor == 1_000
    assert late_fee(FR, BUSINESS, "USD", 1_000, NEXT_DAY).amount_minor == 1_000
    assert return_charge(FR, BUSINESS, "EUR", 1_500, NEXT_DAY).amount_minor == 1_500
    assert refused(late_fee(FR, BUSINESS, "EUR", 0, NEXT_DAY), "nothing_asked")
    assert refused(late_fee(FR, PUBLIC, "EUR", 1_000, NEXT_DAY), "fr.public_statutory_only")
    assert refused(collection_costs(FR, BUSINESS, "EUR", 1_000, NEXT_DAY), "fr.costs_on_proof")


@pytest.mark.parametrize(
    ("owed_minor", "cap_minor"),
    [
        (14_999, 2_000),
        (15_000, 2_000),
        (15_001, 3_000),
        (21_500, 3_650),
        (50_000, 6_500),
        (100_000, 9_000),
        (3_920_000, 200_000),
        (9_000_000, 200_000),
    ],
)
def test_be_caps(owed_minor: int, cap_minor: int) -> None:
    sent = FirstReminder(dt.date(2026, 3, 2), Delivery.ELECTRONIC)
    assert collection_costs(BE, CONSUMER, "EUR", owed_minor, dt.date(2026, 4, 1), sent).amount_minor == cap_minor


@pytest.mark.parametrize(
    ("principal_minor", "costs_minor"),
    [
        (12_500, 4_000),
        (26_700, 4_005),
        (250_000, 37_500),
        (500_000, 62_500),
        (1_000_000, 87_500),
        (2_300_000, 100_500),
        (20_000_000, 277_500),
        (500_000_000, 677_500),
    ],
)
def test_nl_scale(principal_minor: int, costs_minor: int) -> None:
    letter = FirstReminder(dt.date(2026, 3, 2), Delivery.POST, received_on=dt.date(2026, 3, 4))
    assert (
        collection_costs(NL, CONSUMER, "EUR", principal_minor, dt.date(2026, 4, 1), letter).amount_minor == costs_minor
    )


def test_be_nl_caps() -> None:
    """Neither country lets a consumer be charged before the free letter and its fourteen days."""
    posted = FirstReminder(dt.date(2023, 9, 18), Delivery.POST)
    assert clock_starts_on(posted, 3) == dt.date(2023, 9, 21)
    early = collection_costs(BE, CONSUMER, "EUR", 21_500, dt.date(2023, 10, 4), posted)
    assert refused(early, "be.fourteen_days")
    assert early.earliest_on == dt.date(2023, 10, 5)
    assert collection_costs(BE, CONSUMER, "EUR", 21_500, dt.date(2023, 10, 5), posted).amount_minor == 3_650
    mailed = FirstReminder(dt.date(2023, 9, 18), Delivery.ELECTRONIC)
    assert collection_costs(BE, CONSUMER, "EUR", 1, dt.date(2023, 10, 2), mailed).earliest_on == dt.date(2023, 10, 3)
    assert refused(collection_costs(BE, CONSUMER, "EUR", 21_500, NEXT_DAY), "be.first_reminder")

    letter = FirstReminder(dt.date(2026, 3, 2), Delivery.POST, received_on=dt.date(2026, 3, 4))
    assert refused(collection_costs(NL, CONSUMER, "EUR", 26_700, dt.date(2026, 3, 18), letter), "nl.fourteen_days")
    assert collection_costs(NL, CONSUMER, "EUR", 26_700, dt.date(2026, 3, 19), letter).amount_minor == 4_005
    unknown = FirstReminder(dt.date(2026, 3, 2), Delivery.POST)
    assert refused(collection_costs(NL, CONSUMER, "EUR", 26_700, NEXT_DAY, unknown), "nl.receipt_unknown")
    assert refused(collection_costs(NL, CONSUMER, "EUR", 26_700, NEXT_DAY), "nl.letter_first")


def test_a_belgian_holiday_or_weekend_delays_the_clock() -> None:
    over_easter = FirstReminder(dt.date(2026, 4, 2), Delivery.POST)
    assert clock_starts_on(over_easter, 3) == dt.date(2026, 4, 8)


def test_belgian_reminders_are_free_for_three_due_dates_a_year_and_capped_after() -> None:
    for reminded in (0, 1, 2):
        assert refused(reminder_fee(BE, CONSUMER, "EUR", 500, NEXT_DAY, reminded), "be.free_reminder")
    assert reminder_fee(BE, CONSUMER, "EUR", 500, NEXT_DAY, 3).amount_minor == 500
    assert reminder_fee(BE, CONSUMER, "EUR", 1_000, NEXT_DAY, 3).amount_minor == 750
    assert reminder_fee(BE, CONSUMER, "EUR", 1_000, NEXT_DAY, 3, postage_minor=150).amount_minor == 900


@pytest.mark.parametrize(
    ("owed_minor", "pounds"), [(1, 40), (99_999, 40), (100_000, 70), (999_999, 70), (1_000_000, 100)]
)
def test_british_compensation_has_three_steps(owed_minor: int, pounds: int) -> None:
    assert indemnity(GB, BUSINESS, "GBP", owed_minor, DUE, NEXT_DAY).amount_minor == pounds * 100
    assert refused(indemnity(GB, CONSUMER, "GBP", owed_minor, DUE, NEXT_DAY), "gb.no_compensation_from_consumers")
    assert refused(indemnity(GB, BUSINESS, "EUR", owed_minor, DUE, NEXT_DAY), "other_currency")


def test_german_businesses_owe_forty_euros_and_consumers_do_not() -> None:
    assert indemnity(DE, BUSINESS, "EUR", 1, DUE, NEXT_DAY).amount_minor == 4_000
    assert refused(indemnity(DE, CONSUMER, "EUR", 1, DUE, NEXT_DAY), "de.no_indemnity_from_consumers")


def test_what_a_pack_does_not_know_is_not_charged() -> None:
    assert refused(late_fee(DE, CONSUMER, "EUR", 500, NEXT_DAY), "no_figure")
    assert refused(indemnity(BE, BUSINESS, "EUR", 500, DUE, NEXT_DAY), "no_figure")
    assert refused(late_fee(BE, CONSUMER, "EUR", 500, NEXT_DAY), "be.consumer_caps_only")
    assert refused(reminder_fee(NL, CONSUMER, "EUR", 500, NEXT_DAY), "nl.consumer_scale_only")
    assert refused(collection_costs(BE, CONSUMER, "EUR", 500, dt.date(2023, 8, 1),
                                    FirstReminder(dt.date(2023, 1, 2), Delivery.ELECTRONIC)), "no_figure")  # fmt: skip
