"""The decision: stages in order, one at a time, never early, never skipped, never in bursts."""

import datetime as dt

import pytest

from relance.dunning.facts import (
    ActionSpec,
    Advance,
    AppliesTo,
    Leave,
    PositionFacts,
    ScenarioFacts,
    Stage,
    Stay,
)
from relance.dunning.rules import choose, decide
from relance.ledger.facts import Level, Standing

DUE = dt.date(2026, 5, 31)


def scenario(
    *stages: tuple[str, int] | Stage, enter: str = "15.00", leave: str = "5.00", **more: object
) -> ScenarioFacts:
    rungs = tuple(
        entry if isinstance(entry, Stage) else Stage(entry[0], entry[1], (ActionSpec("send", {}),), False, "0.00")
        for entry in stages
    )
    facts = {
        "version_id": 1, "code": "test", "version": 1, "name": {}, "level": Level.ACCOUNT,
        "applies_to": AppliesTo((), (), (), ()), "priority": 0, "enter_min_amount": enter, "leave_max_amount": leave,
        "stages": rungs, "content": {},
    } | more  # fmt: skip
    return ScenarioFacts(**facts)  # type: ignore[arg-type]


def owes(minor: int, due_on: dt.date = DUE) -> Standing:
    return Standing(1, 0, "EUR", minor, due_on, 1)


def at(index: int, entered_on: dt.date | None, done: bool = True) -> PositionFacts:
    return PositionFacts(1, 9, 0, "EUR", 1, DUE, index, entered_on, done)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


LADDER = scenario(("reminder", 1), ("second", 7), ("formal", 14))


def test_nothing_happens_on_the_due_date_itself() -> None:
    decision = decide(scenario(("reminder", 1)), owes(2000), None, DUE)
    assert isinstance(decision, Stay)
    assert decision.next_review_on == DUE + dt.timedelta(days=1)


def test_the_first_stage_comes_the_day_after() -> None:
    decision = decide(LADDER, owes(2000), None, day("2026-06-01"))
    assert isinstance(decision, Advance)
    assert (decision.stage_index, decision.opens) == (0, True)
    assert decision.next_review_on == day("2026-06-07")


@pytest.mark.parametrize(("minor", "opens"), [(1499, False), (1500, True)])
def test_entry_threshold(minor: int, opens: bool) -> None:
    assert isinstance(decide(LADDER, owes(minor), None, day("2026-06-01")), Advance if opens else Leave)


@pytest.mark.parametrize(("minor", "leaves"), [(500, True), (501, False), (0, True)])
def test_exit_threshold_lies_below_the_entry(minor: int, leaves: bool) -> None:
    decision = decide(LADDER, owes(minor), at(0, day("2026-06-01")), day("2026-06-03"))
    assert isinstance(decision, Leave if leaves else Stay)


def test_no_standing_closes_an_episode() -> None:
    assert isinstance(decide(LADDER, None, at(0, day("2026-06-01")), day("2026-06-03")), Leave)


def test_a_missed_night_is_caught_up_the_next_day() -> None:
    decision = decide(LADDER, owes(2000), None, day("2026-06-04"))
    assert isinstance(decision, Advance)
    assert decision.stage_index == 0


def test_after_a_missed_month_stages_keep_their_distance() -> None:
    first = decide(LADDER, owes(2000), None, day("2026-07-15"))
    assert isinstance(first, Advance)
    assert first.next_review_on == day("2026-07-21")
    assert isinstance(decide(LADDER, owes(2000), at(0, day("2026-07-15")), day("2026-07-20")), Stay)
    second = decide(LADDER, owes(2000), at(0, day("2026-07-15")), day("2026-07-21"))
    assert isinstance(second, Advance)
    assert (second.stage_index, second.next_review_on) == (1, day("2026-07-28"))


def test_oldest_debt_paid_while_another_remains_skips_nothing() -> None:
    """Stages at 5, 7 and 11 days; debts due 05-31 and 06-02; the first is paid on 06-02."""
    ladder = scenario(("warning", 5), ("block", 7), ("cancellation", 11))
    position, happened = None, {}
    for offset in range(30):
        today = day("2026-06-01") + dt.timedelta(days=offset)
        oldest = day("2026-05-31") if today < day("2026-06-02") else day("2026-06-02")
        standing = owes(4000, oldest) if today > oldest else None
        decision = decide(ladder, standing, position, today)
        if isinstance(decision, Advance):
            happened[ladder.stages[decision.stage_index].code] = today.isoformat()
            position = at(decision.stage_index, today)
        elif isinstance(decision, Leave):
            position = None
    assert happened == {"warning": "2026-06-07", "block": "2026-06-09", "cancellation": "2026-06-13"}


def test_a_stage_below_its_minimum_waits_then_is_passed_over() -> None:
    ladder = scenario(("reminder", 1), Stage("second", 7, (ActionSpec("send", {}),), False, "50.00"), ("formal", 14))
    waiting = decide(ladder, owes(4000), at(0, day("2026-06-01")), day("2026-06-08"))
    assert isinstance(waiting, Stay)
    assert waiting.next_review_on == day("2026-06-14")
    grown = decide(ladder, owes(9000), at(0, day("2026-06-01")), day("2026-06-10"))
    assert isinstance(grown, Advance)
    assert grown.stage_index == 1
    passed = decide(ladder, owes(4000), at(0, day("2026-06-01")), day("2026-06-14"))
    assert isinstance(passed, Advance)
    assert (passed.stage_index, passed.passed) == (2, (1,))


def test_a_mandatory_stage_below_its_minimum_holds_the_later_ones() -> None:
    ladder = scenario(("reminder", 1), Stage("formal", 7, (ActionSpec("send", {}),), True, "50.00"), ("cut", 14))
    decision = decide(ladder, owes(4000), at(0, day("2026-06-01")), day("2026-06-30"))
    assert isinstance(decision, Stay)
    assert [reason.code for reason in decision.because][-1] == "mandatory_holds"


def test_a_mandatory_stage_not_done_holds_the_later_ones() -> None:
    ladder = scenario(Stage("formal", 1, (ActionSpec("send", {}),), True, "0.00"), ("cut", 8))
    undone = decide(ladder, owes(4000), at(0, day("2026-06-01"), done=False), day("2026-06-30"))
    assert isinstance(undone, Stay)
    assert undone.next_review_on == day("2026-07-07")
    assert isinstance(decide(ladder, owes(4000), at(0, day("2026-06-01")), day("2026-06-30")), Advance)


def test_the_end_of_the_ladder_asks_for_no_further_review() -> None:
    decision = decide(LADDER, owes(4000), at(2, day("2026-06-14")), day("2026-06-20"))
    assert isinstance(decision, Stay)
    assert decision.next_review_on is None


def test_thresholds_are_in_the_currency_owed() -> None:
    yen = Standing(1, 0, "JPY", 14, DUE, 1)
    assert isinstance(decide(LADDER, yen, None, day("2026-06-01")), Leave)
    assert isinstance(decide(LADDER, Standing(1, 0, "JPY", 15, DUE, 1), None, day("2026-06-01")), Advance)


def test_choose_takes_the_first_that_matches() -> None:
    shops = scenario(("a", 1), code="shops", applies_to=AppliesTo(("business",), ("shop",), (), ()))
    everyone = scenario(("a", 1), code="everyone")
    assert choose([shops, everyone], "business", "shop", "standard", "transfer") is shops
    assert choose([shops, everyone], "business", "factory", "standard", "transfer") is everyone
    assert choose([shops], "consumer", "", "standard", "transfer") is None
