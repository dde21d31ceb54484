"""Late interest: the five worked examples, half-years, modes, missing rates, and what each country gives."""

import datetime as dt
from decimal import Decimal

import pytest

from relance.legal.facts import (
    InterestSegment,
    InterestTerms,
    LegalRefusal,
    MissingRate,
    NoFigure,
    PartPayment,
    PartyKind,
    PaymentOrder,
    PrincipalChange,
    Rate,
    RateBook,
    RateMode,
)
from relance.legal.packs import every_series, pack, seeded_book
from relance.legal.rules import check_contract_rate, interest, settlement

FR = pack("FR")
BOOK = seeded_book()
STATUTORY = InterestTerms()
CONSUMER, BUSINESS, PUBLIC = PartyKind.CONSUMER, PartyKind.BUSINESS, PartyKind.PUBLIC


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def on_one_principal(
    minor: int,
    due_on: str,
    until_on: str,
    kind: PartyKind = BUSINESS,
    terms: InterestTerms = STATUTORY,
    country: str = "FR",
    book: RateBook = BOOK,
) -> tuple[InterestSegment, ...]:
    """Interest on a principal that stays open the whole time."""
    changes = [PrincipalChange(day(due_on), minor)]
    return interest(pack(country), kind, day(due_on), changes, day(until_on), book, terms)


def total(segments: tuple[InterestSegment, ...]) -> int:
    return sum(segment.interest_minor for segment in segments)


def book_of(series: str, **percents: str) -> RateBook:
    """A book with rates of one series: `s1_2026="3.75"`."""
    rates = []
    for name, percent in percents.items():
        half, year = name[1:].split("_")
        rates.append(Rate(series, dt.date(int(year), 1 if half == "1" else 7, 1), None, Decimal(percent), "a test"))
    return RateBook(tuple(rates), every_series())


def test_interest_5_vectors() -> None:
    """The worked examples of late payment between French businesses."""
    first = on_one_principal(120_000, "2026-03-31", "2026-06-15")
    assert first == (InterestSegment(day("2026-04-01"), day("2026-06-15"), 76, 120_000, Decimal("12.15"), 3_036),)
    fifteen = InterestTerms(contract_percent=Decimal(15))
    published = on_one_principal(1_500_000, "2018-04-15", "2018-05-15", terms=fifteen)
    assert [(segment.day_count, segment.interest_minor) for segment in published] == [(30, 18_493)]
    floating = on_one_principal(500_000, "2025-04-30", "2025-09-30")
    assert [(segment.day_count, segment.percent, segment.interest_minor) for segment in floating] == [
        (61, Decimal("13.15"), 10_988),
        (92, Decimal("12.15"), 15_312),
    ]
    assert total(floating) == 26_300
    paid = [PartPayment(day("2026-02-15"), 40_000)]
    settled = settlement(FR, BUSINESS, day("2026-01-31"), 100_000, paid, day("2026-03-31"), BOOK, STATUTORY)
    assert [(segment.day_count, segment.interest_minor) for segment in settled.segments] == [(15, 499), (44, 886)]
    assert (settled.principal_minor, settled.interest_minor, settled.total_minor) == (60_499, 886, 61_385)
    principal_first = settlement(
        FR, BUSINESS, day("2026-01-31"), 100_000, paid, day("2026-03-31"), BOOK, STATUTORY, PaymentOrder.PRINCIPAL_FIRST
    )
    assert principal_first.total_minor == 61_378
    assert on_one_principal(100_000, "2026-03-31", "2026-03-31") == ()
    assert [segment.day_count for segment in on_one_principal(100_000, "2026-03-31", "2026-04-01")] == [1]


def test_the_day_of_a_payment_still_bears_interest_on_what_was_open_before() -> None:
    changes = [PrincipalChange(day("2026-01-31"), 100_000), PrincipalChange(day("2026-02-15"), 60_000)]
    segments = interest(FR, BUSINESS, day("2026-01-31"), changes, day("2026-03-31"), BOOK, STATUTORY)
    assert [(segment.from_on, segment.to_on, segment.principal_minor) for segment in segments] == [
        (day("2026-02-01"), day("2026-02-15"), 100_000),
        (day("2026-02-16"), day("2026-03-31"), 60_000),
    ]


def test_a_payment_on_the_first_late_day_leaves_one_day_of_interest() -> None:
    changes = [PrincipalChange(day("2026-01-31"), 100_000), PrincipalChange(day("2026-02-01"), 0)]
    segments = interest(FR, BUSINESS, day("2026-01-31"), changes, day("2026-03-31"), BOOK, STATUTORY)
    assert [(segment.day_count, segment.principal_minor) for segment in segments] == [(1, 100_000)]


def test_a_reopened_principal_bears_interest_again_and_a_paid_one_none() -> None:
    changes = [
        PrincipalChange(day("2026-01-10"), 50_000),
        PrincipalChange(day("2026-02-10"), 0),
        PrincipalChange(day("2026-03-10"), 50_000),
    ]
    segments = interest(FR, BUSINESS, day("2026-01-31"), changes, day("2026-03-20"), BOOK, STATUTORY)
    assert [(segment.from_on, segment.day_count) for segment in segments] == [
        (day("2026-02-01"), 10),
        (day("2026-03-11"), 10),
    ]


def test_a_paid_principal_needs_no_rate() -> None:
    changes = [PrincipalChange(day("2026-05-31"), 50_000), PrincipalChange(day("2026-06-30"), 0)]
    assert total(interest(FR, BUSINESS, day("2026-05-31"), changes, day("2026-12-31"), BOOK, STATUTORY)) == 499


def test_changes_that_change_nothing_do_not_round_twice() -> None:
    quiet = [PrincipalChange(day("2026-01-31"), 12_345)]
    noisy = [
        *quiet,
        PrincipalChange(day("2026-02-03"), 99),
        *(PrincipalChange(day(f"2026-02-0{n}"), 12_345) for n in "345"),
    ]
    until = day("2026-03-31")
    assert interest(FR, BUSINESS, day("2026-01-31"), noisy, until, BOOK, STATUTORY) == interest(
        FR, BUSINESS, day("2026-01-31"), quiet, until, BOOK, STATUTORY
    )


def test_changes_out_of_order_or_below_zero_are_a_broken_promise() -> None:
    backwards = [PrincipalChange(day("2026-02-02"), 1), PrincipalChange(day("2026-02-01"), 2)]
    for changes in (backwards, [PrincipalChange(day("2026-01-01"), -1)]):
        with pytest.raises(ValueError, match="principal"):
            interest(FR, BUSINESS, day("2026-01-31"), changes, day("2026-03-31"), BOOK, STATUTORY)


def test_missing_rate_refuses() -> None:
    """The next half-year never takes this one's rate; the sentence names the rate and the period."""
    with pytest.raises(MissingRate) as refused:
        on_one_principal(8_997, "2026-05-31", "2026-07-01", CONSUMER, InterestTerms(formal_notice_on=day("2026-06-10")))
    error = refused.value
    assert (error.series, error.from_on, error.to_on) == (
        "fr_legal_professional",
        day("2026-07-01"),
        day("2026-12-31"),
    )
    assert (
        error.sentence("en")
        == str(error)
        == (
            "The French legal interest rate (creditor a professional) for 2026-07-01 to 2026-12-31 is not entered; "
            "finance enters it under Rates with its source"
        )
    )
    assert error.sentence("fr") == (
        "Le taux de l'intérêt légal français (créancier professionnel) du 01/07/2026 au 31/12/2026 n'est pas saisi ; "
        "la finance le saisit dans Taux avec sa source"
    )
    with pytest.raises(MissingRate, match="ECB main refinancing rate for 2026-07-01"):
        on_one_principal(100_000, "2026-06-29", "2026-07-01")
    assert total(on_one_principal(100_000, "2026-06-29", "2026-06-30")) == 33


def test_a_rate_counts_to_its_last_day_only() -> None:
    book = RateBook((Rate("x", day("2025-07-01"), day("2026-06-30"), Decimal(2), "a test"),))
    assert book.percent("x", day("2026-06-30")) == 2
    for missing in ("2025-06-30", "2026-07-01"):
        with pytest.raises(MissingRate):
            book.percent("x", day(missing))
    assert not book.has("x", day("2026-07-01"))


def test_a_book_holds_one_rate_a_half_year_and_none_that_begins_within_one() -> None:
    twice = Rate("x", day("2026-01-01"), None, Decimal(2), "a test")
    with pytest.raises(ValueError, match="two rates of x"):
        RateBook((twice, twice))
    with pytest.raises(ValueError, match="not on 1 January or 1 July"):
        RateBook((Rate("x", day("2026-02-01"), None, Decimal(2), "a test"),))


def test_a_fixed_rate_stays_that_of_the_half_year_in_which_interest_began() -> None:
    fixed = InterestTerms(mode=RateMode.FIXED_AT_DUE)
    percents = [segment.percent for segment in on_one_principal(500_000, "2025-04-30", "2025-09-30", terms=fixed)]
    assert percents == [Decimal("13.15"), Decimal("13.15")]
    begun_in_july = on_one_principal(500_000, "2025-06-30", "2025-09-30", terms=fixed)
    assert [segment.percent for segment in begun_in_july] == [Decimal("12.15")]


def test_a_public_buyer_pays_eight_points_at_the_rate_of_the_beginning() -> None:
    for terms in (STATUTORY, InterestTerms(contract_percent=Decimal(20))):
        segments = on_one_principal(1_000_000, "2025-06-20", "2025-09-28", PUBLIC, terms)
        assert {segment.percent for segment in segments} == {Decimal("11.15")}
        assert sum(segment.day_count for segment in segments) == 100
        assert total(segments) == 30_548


def test_a_consumer_pays_the_legal_rate_from_the_formal_notice_only() -> None:
    notice = InterestTerms(contract_percent=Decimal(15), formal_notice_on=day("2026-02-10"))
    segments = on_one_principal(8_997, "2026-01-15", "2026-05-10", CONSUMER, notice)
    assert [(segment.day_count, segment.percent, segment.interest_minor) for segment in segments] == [
        (89, Decimal("2.62"), 57)
    ]
    assert on_one_principal(8_997, "2026-01-15", "2026-05-10", CONSUMER) == ()
    early = InterestTerms(formal_notice_on=day("2026-01-01"))
    billed = [PrincipalChange(day("2025-12-20"), 8_997)]
    from_due = interest(FR, CONSUMER, day("2026-01-15"), billed, day("2026-05-10"), BOOK, early)
    assert from_due[0].from_on == day("2026-01-16")


def test_british_businesses_pay_bank_rate_and_eight_points() -> None:
    book = book_of("boe_bank_rate", s1_2026="3.75", s2_2026="3.00")
    one_day = on_one_principal(1_000_000, "2026-03-31", "2026-04-01", country="GB", book=book)
    assert [(segment.percent, segment.interest_minor) for segment in one_day] == [(Decimal("11.75"), 322)]
    late = on_one_principal(1_000_000, "2026-06-29", "2026-07-10", country="GB", book=book)
    assert {segment.percent for segment in late} == {Decimal("11.75")}
    assert on_one_principal(1_000_000, "2026-03-31", "2026-04-30", CONSUMER, country="GB", book=book) == ()
    with pytest.raises(MissingRate, match="Bank of England's Bank Rate"):
        on_one_principal(1_000_000, "2026-06-30", "2026-07-30", country="GB")


def test_germans_pay_nine_points_over_the_base_rate_and_consumers_five() -> None:
    book = book_of("de_base_rate", s1_2026="1.27")
    year = [
        on_one_principal(100_000, "2025-12-31", "2026-06-30", kind, country="DE", book=book)
        for kind in (BUSINESS, PUBLIC)
    ]
    assert [segments[0].percent for segments in year] == [Decimal("10.27")] * 2
    warned = InterestTerms(formal_notice_on=day("2026-01-31"))
    consumer = on_one_principal(100_000, "2025-12-31", "2026-06-30", CONSUMER, warned, "DE", book)
    assert [(segment.from_on, segment.percent) for segment in consumer] == [(day("2026-02-01"), Decimal("6.27"))]
    with pytest.raises(MissingRate, match="German base rate"):
        on_one_principal(100_000, "2025-12-31", "2026-06-30", country="DE")


@pytest.mark.parametrize("country", ["BE", "NL"])
def test_where_the_pack_knows_no_rate_interest_refuses_and_says_so(country: str) -> None:
    agreed = InterestTerms(contract_percent=Decimal(10))
    assert total(on_one_principal(36_500, "2026-01-31", "2026-02-10", terms=agreed, country=country)) == 100
    for kind, terms in ((BUSINESS, STATUTORY), (PUBLIC, agreed), (CONSUMER, agreed)):
        with pytest.raises(NoFigure) as refused:
            on_one_principal(36_500, "2026-01-31", "2026-02-10", kind, terms, country)
        assert "no statutory rate" in refused.value.sentence("en")
        assert "pas de taux légal" in refused.value.sentence("fr")


def test_part_payments_before_the_due_date_and_overpayments() -> None:
    paid = [PartPayment(day("2026-03-01"), 30_000), PartPayment(day("2026-04-10"), 100_000)]
    settled = settlement(FR, BUSINESS, day("2026-03-31"), 100_000, paid, day("2026-05-31"), BOOK, STATUTORY)
    assert [(segment.day_count, segment.principal_minor) for segment in settled.segments] == [(10, 70_000)]
    assert (settled.total_minor, settled.overpaid_minor) == (0, 30_000 - 233)
    in_any_order = settlement(FR, BUSINESS, day("2026-03-31"), 100_000, paid[::-1], day("2026-05-31"), BOOK, STATUTORY)
    assert in_any_order == settled
    before = settlement(FR, BUSINESS, day("2026-03-31"), 100_000, paid, day("2026-04-05"), BOOK, STATUTORY)
    assert (before.principal_minor, before.interest_minor) == (70_000, 117)


def test_a_payment_smaller_than_the_interest_leaves_the_principal() -> None:
    paid = [PartPayment(day("2026-03-31"), 300)]
    settled = settlement(FR, BUSINESS, day("2026-01-31"), 100_000, paid, day("2026-03-31"), BOOK, STATUTORY)
    assert (settled.principal_minor, settled.interest_minor) == (100_000, 1_964 - 300)
    half = settlement(
        FR, BUSINESS, day("2026-01-31"), 100_000, [PartPayment(day("2026-03-31"), 100_500)], day("2026-03-31"),
        BOOK, STATUTORY, PaymentOrder.PRINCIPAL_FIRST,
    )  # fmt: skip
    assert (half.principal_minor, half.interest_minor, half.overpaid_minor) == (0, 1_464, 0)


def test_a_contract_rate_reaches_three_times_the_legal_rate() -> None:
    floors = {"2024-07-01": "14.76", "2025-01-01": "11.13", "2025-07-01": "8.28", "2026-06-30": "7.86"}
    for on, floor in floors.items():
        check_contract_rate(FR, BUSINESS, Decimal(floor), day(on), BOOK)
        with pytest.raises(LegalRefusal, match=floor):
            check_contract_rate(FR, BUSINESS, Decimal(floor) - Decimal("0.01"), day(on), BOOK)
    with pytest.raises(LegalRefusal) as refused:
        check_contract_rate(FR, BUSINESS, Decimal("14.25"), day("2024-07-01"), BOOK)
    assert "14,25 % est inférieur au plancher légal de 14,76 %" in refused.value.sentence("fr")
    with pytest.raises(MissingRate):
        check_contract_rate(FR, BUSINESS, Decimal(15), day("2026-07-01"), BOOK)
    for kind in (CONSUMER, PUBLIC):
        with pytest.raises(LegalRefusal, match="does not apply"):
            check_contract_rate(FR, kind, Decimal(15), day("2026-06-30"), BOOK)
    check_contract_rate(pack("NL"), BUSINESS, Decimal(8), day("2026-07-01"), BOOK)
    with pytest.raises(LegalRefusal):
        check_contract_rate(pack("NL"), BUSINESS, Decimal(-1), day("2026-07-01"), BOOK)


def test_an_unknown_country_has_no_pack_and_france_does_not_stand_in() -> None:
    with pytest.raises(LegalRefusal) as refused:
        pack("IT")
    assert "BE, DE, FR, GB, NL" in refused.value.sentence("en")
    assert "BE, DE, FR, GB, NL" in refused.value.sentence("fr")
    assert pack("fr") is FR
