"""The hash that deals accounts to two arms, and the interval that says how much of a difference may be chance."""

from decimal import Decimal

import pytest

from relance.dunning.experiments import CHALLENGER, CHAMPION, arm
from relance.insight.facts import Verdict
from relance.insight.rules.arms import FEWEST, gap, share_percent


def test_the_arm_of_a_number_is_fixed_for_ever() -> None:
    """Written down: an upgrade that dealt the accounts anew would spoil every running experiment."""
    assert [arm(f"C{number}", "soft", 50) for number in range(8)] == [
        CHALLENGER if drawn else CHAMPION for drawn in DEALT
    ]


DEALT = (0, 0, 0, 1, 0, 1, 0, 0)


@pytest.mark.parametrize("share", [1, 10, 50, 90, 99])
def test_about_the_asked_share_is_dealt_to_the_challenger(share: int) -> None:
    dealt = sum(arm(f"{number:07}", "salt", share) == CHALLENGER for number in range(20_000))
    assert abs(dealt / 200 - share) < 1.2


def test_a_larger_share_takes_nobody_back() -> None:
    for number in range(2_000):
        if arm(str(number), "salt", 20) == CHALLENGER:
            assert arm(str(number), "salt", 30) == CHALLENGER


def test_another_salt_deals_anew() -> None:
    same = sum(arm(str(number), "a", 50) == arm(str(number), "b", 50) for number in range(4_000))
    assert abs(same / 40 - 50) < 4


def paid(count: int, of: int, each: int = 1) -> list[tuple[int, int]]:
    return [(each, each)] * count + [(each, 0)] * (of - count)


def test_shares() -> None:
    assert share_percent(paid(1, 3)) == Decimal("33.33")
    assert share_percent([(100, 100), (300, 0)]) == Decimal("25.00")
    assert share_percent([]) is None
    assert share_percent([(0, 0)]) is None


def test_a_clear_difference_is_told_with_its_interval() -> None:
    found = gap(paid(400, 1000), paid(500, 1000))
    assert found is not None
    assert (found.points, found.verdict) == (Decimal("10.00"), Verdict.BETTER)
    # The textbook interval of two proportions, 1.96 x sqrt(p q / n + p q / n), is 5.7 to 14.3.
    assert abs(found.low - Decimal("5.7")) < Decimal("0.6")
    assert abs(found.high - Decimal("14.3")) < Decimal("0.6")


def test_a_clear_loss() -> None:
    found = gap(paid(500, 1000), paid(400, 1000))
    assert found is not None and found.verdict is Verdict.WORSE and found.high < 0


def test_the_same_episodes_give_the_same_answer() -> None:
    assert gap(paid(40, 100), paid(50, 100)) == gap(paid(40, 100), paid(50, 100))


def test_an_interval_that_holds_nothing_is_too_early() -> None:
    found = gap(paid(40, 100), paid(45, 100))
    assert found is not None and found.low < 0 < found.high and found.verdict is Verdict.TOO_EARLY


@pytest.mark.parametrize("few", [(FEWEST - 1, 200), (200, FEWEST - 1)])
def test_few_episodes_are_too_early_whatever_the_interval_says(few: tuple[int, int]) -> None:
    found = gap(paid(0, few[0]), paid(few[1], few[1]))
    assert found is not None and found.low > 0 and found.verdict is Verdict.TOO_EARLY
    enough = gap(paid(0, FEWEST), paid(FEWEST, FEWEST))
    assert enough is not None and enough.verdict is Verdict.BETTER


def test_amounts_weigh() -> None:
    """One large unpaid debt among many small paid ones: the share of the amount moves, and is less sure."""
    small, large = paid(90, 100, 1_000), [(1_000_000, 0)]
    by_amount = gap(small, small + large)
    assert by_amount is not None and by_amount.points < -80 and by_amount.low < -80 < by_amount.high


def test_nothing_to_compare() -> None:
    assert gap([], paid(1, 2)) is None
    assert gap([(0, 0)], paid(1, 2)) is None
