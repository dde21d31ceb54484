"""The decision: stages in order, one at a time, never early, never skipped, never in bursts."""

import datetime as dt
from typing import Any

import pytest

from relance.dunning import rules
from relance.dunning.criteria import choose
from relance.dunning.facts import (
    ANYBODY,
    ActionSpec,
    Advance,
    CatchUp,
    Conditions,
    Decision,
    Hold,
    Leave,
    NewItem,
    Passed,
    Person,
    PositionFacts,
    ScenarioFacts,
    Situation,
    Stage,
    Stay,
    WorkingDays,
)
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
        "applies_to": ANYBODY, "priority": 0, "enter_min_amount": enter, "leave_max_amount": leave,
        "stages": rungs, "content": {},
    } | more  # fmt: skip
    return ScenarioFacts(**facts)  # type: ignore[arg-type]


def owes(minor: int, due_on: dt.date = DUE) -> Standing:
    return Standing(1, 0, "EUR", minor, due_on, 1)


def at(index: int, entered_on: dt.date | None, done: bool = True) -> PositionFacts:
    return PositionFacts(1, 9, 0, "EUR", 1, DUE, index, entered_on, done)


def decide(
    ladder: ScenarioFacts, standing: Standing | None, position: PositionFacts | None, as_of: dt.date, **more: Any
) -> Decision:
    """The decision for a customer whom no hold covers, unless `more` says so."""
    situation = {"owed": standing, "chased": standing, "position": position, "person": Person()} | more
    return rules.decide(ladder, Situation(**situation), as_of)


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
    assert (passed.stage_index, passed.passed) == (2, (Passed(1, "below_minimum"),))


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
    shops = scenario(("a", 1), code="shops", applies_to=Conditions(("business",), ("shop",), (), ()))
    everyone = scenario(("a", 1), code="everyone")
    assert choose([shops, everyone], Person("business", "shop", "standard", "transfer")) is shops
    assert choose([shops, everyone], Person("business", "factory", "standard", "transfer")) is everyone
    assert choose([shops], Person("consumer", "", "standard", "transfer")) is None


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({"min_amount": "40.00"}, True),
        ({"min_amount": "40.01"}, False),
        ({"max_amount": "40.00"}, False),
        ({"max_amount": "40.01"}, True),
        ({"min_score": 50}, True),
        ({"max_score": 50}, False),
        ({"strategic": True}, True),
        ({"strategic": False}, False),
        ({"payment_method": ("card",)}, False),
    ],
)
def test_a_stage_that_is_not_for_this_customer_is_passed(criteria: dict[str, Any], fits: bool) -> None:
    first = Stage("first", 1, (ActionSpec("send", {}),), True, "0.00", when=Conditions(**criteria))
    ladder = scenario(first, ("second", 7))
    person = Person("consumer", "", "standard", "transfer", 50, True)
    decision = decide(ladder, owes(4000), None, day("2026-06-08"), person=person)
    assert isinstance(decision, Advance)
    assert decision.stage_index == (0 if fits else 1)
    assert decision.passed == (() if fits else (Passed(0, "conditions"),))
    assert choose([scenario(("a", 1), applies_to=Conditions(**criteria))], person, 4000, "EUR") is not None or not fits


def test_a_customer_without_a_score_fits_no_band() -> None:
    assert choose([scenario(("a", 1), applies_to=Conditions(min_score=0))], Person()) is None


def test_amounts_between_the_same_thresholds_get_the_same_stages_with_their_own_amount() -> None:
    """The answer is remembered by amount band: the sentence must still tell this customer's amount."""
    for minor in (4001, 4002):
        decision = decide(LADDER, owes(minor), None, day("2026-06-01"))
        assert decision.because[0].data["overdue_minor"] == minor


def test_working_days() -> None:
    """2026-06-06 is a Saturday; 2026-07-14 a holiday in France, a Tuesday."""
    due = day("2026-05-31")
    for rule, expected in ((WorkingDays.ON, "2026-06-06"), (WorkingDays.NEXT, "2026-06-08"),
                           (WorkingDays.PREVIOUS, "2026-06-05")):  # fmt: skip
        ladder = scenario(Stage("letter", 6, (ActionSpec("send", {}),), False, "0.00", working_day=rule))
        entered = [
            today
            for today in (due + dt.timedelta(days=n) for n in range(1, 12))
            if isinstance(decide(ladder, owes(4000), None, today), Advance)
        ]
        assert entered[0] == day(expected)
    late = scenario(Stage("letter", 6, (ActionSpec("send", {}),), False, "0.00", working_day=WorkingDays.NEXT))
    waiting = decide(late, owes(4000), None, day("2026-07-14"))
    assert isinstance(waiting, Stay)
    assert waiting.next_review_on == day("2026-07-15")


def test_jump_takes_the_last_due_stage_and_never_jumps_over_a_mandatory_one() -> None:
    ladder = scenario(("reminder", 1), ("second", 7), ("formal", 14), catch_up=CatchUp.JUMP)
    decision = decide(ladder, owes(4000), None, day("2026-06-20"))
    assert isinstance(decision, Advance)
    assert decision.stage_index == 2
    assert decision.passed == (Passed(0, "jumped"), Passed(1, "jumped"))
    firm = scenario(
        ("reminder", 1), Stage("second", 7, (ActionSpec("send", {}),), True, "0.00"), ("formal", 14),
        catch_up=CatchUp.JUMP,
    )  # fmt: skip
    stopped = decide(firm, owes(4000), None, day("2026-06-20"))
    assert isinstance(stopped, Advance)
    assert (stopped.stage_index, stopped.passed) == (1, (Passed(0, "jumped"),))


def test_an_optional_stage_that_cannot_happen_is_passed_with_its_reasons() -> None:
    decision = decide(LADDER, owes(4000), None, day("2026-06-08"), impossible=((0, ("unreachable",)),))
    assert isinstance(decision, Advance)
    assert decision.passed == (Passed(0, "impossible", ("unreachable",)),)


def test_a_hold_keeps_an_episode_where_it_is_and_opens_none() -> None:
    held = {"blocked_by": "manual", "review_on": day("2026-07-01")}
    for position in (None, at(0, day("2026-06-01"))):
        decision = decide(LADDER, owes(4000), position, day("2026-06-20"), **held)
        assert isinstance(decision, Hold)
        assert decision.next_review_on == day("2026-07-01")


def test_a_paid_debt_leaves_whatever_hold_there_is() -> None:
    assert isinstance(decide(LADDER, None, at(0, DUE), day("2026-06-20"), blocked_by="manual"), Leave)


def test_what_is_held_out_is_neither_chased_nor_gone() -> None:
    decision = decide(LADDER, owes(4000), at(0, day("2026-06-01")), day("2026-06-20"), chased=None)
    assert isinstance(decision, Hold)
    smaller = decide(LADDER, owes(4000), None, day("2026-06-20"), chased=owes(1000))
    assert isinstance(smaller, Leave)


def test_paused_days_make_a_debt_younger() -> None:
    decision = decide(LADDER, owes(4000), at(0, day("2026-06-01")), day("2026-06-08"), paused_days=3)
    assert isinstance(decision, Stay)
    assert decision.next_review_on == day("2026-06-10")


def test_the_interval_counts_from_the_day_a_mandatory_stage_was_done() -> None:
    ladder = scenario(Stage("formal", 1, (ActionSpec("send", {}),), True, "0.00"), ("cut", 8))
    position = PositionFacts(1, 9, 0, "EUR", 1, DUE, 0, day("2026-06-01"), True, day("2026-06-15"))
    decision = decide(ladder, owes(4000), position, day("2026-06-16"))
    assert isinstance(decision, Stay)
    assert decision.next_review_on == day("2026-06-22")


def test_a_new_item_starts_again_only_where_the_scenario_says_so() -> None:
    newest = {"newest_due_on": day("2026-06-10")}
    position = at(1, day("2026-06-08"))
    kept = decide(LADDER, owes(4000), position, day("2026-06-11"), **newest)
    assert isinstance(kept, Stay)
    assert not kept.restarts
    again = decide(
        scenario(("reminder", 1), ("second", 7), new_item=NewItem.RESTART), owes(4000), position, day("2026-06-11"),
        **newest,
    )  # fmt: skip
    assert isinstance(again, Advance)
    assert (again.stage_index, again.restarts, again.opens) == (0, True, True)
    before = decide(
        scenario(("reminder", 1), ("second", 7), new_item=NewItem.RESTART), owes(4000), position, day("2026-06-11"),
        newest_due_on=day("2026-06-07"),
    )  # fmt: skip
    assert isinstance(before, Stay)


def test_a_working_day_may_bring_a_later_stage_before_an_earlier_one() -> None:
    send = (ActionSpec("send", {}),)
    ladder = scenario(
        ("first", 5),
        Stage("vip", 10, send, False, "0.00", when=Conditions(credit_class=("vip",)), working_day=WorkingDays.NEXT),
        Stage("all", 11, send, False, "0.00", working_day=WorkingDays.PREVIOUS),
    )
    due_on = day("2026-06-10")  # ten days later is a Saturday
    decision = decide(ladder, owes(2000, due_on), None, day("2026-06-15"))
    assert isinstance(decision, Advance)
    assert decision.next_review_on == day("2026-06-19")
    friday = decide(ladder, owes(2000, due_on), at(0, day("2026-06-15")), day("2026-06-19"))
    assert isinstance(friday, Advance)
    assert friday.stage_index == 2
