"""What each kind of hold forbids, cell by cell, and the days that holds take out of a debt's age."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.arrangements.facts import Guarded, HoldFacts, HoldKind, HoldState, Period, Scope, Verdict
from relance.arrangements.rules import (
    MATRIX,
    active,
    changes,
    covers,
    left_out_minor,
    next_change,
    paused_days,
    pauses,
    periods,
    state,
    verdict,
)
from tests.architecture.house import ROOT

START = dt.date(2026, 3, 1)

# Columns: reminder, formal (notice, fees, indemnity, interest), debit, restrict, place, report.
TOLD = """
dispute            forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
promise            courtesy_only  forbidden       allowed         forbidden        forbidden       forbidden
plan               courtesy_only  forbidden       allowed         forbidden        forbidden       forbidden
payment_in_flight  forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
bank_feed_stale    forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
aid_request        allowed        forbidden       needs_approval  restricted_only  forbidden       forbidden
over_indebtedness  forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
insolvency         forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
deceased           forbidden      forbidden       forbidden       needs_approval   forbidden       forbidden
vulnerable         allowed        allowed         allowed         needs_approval   needs_approval  needs_approval
legal              forbidden      needs_approval  forbidden       allowed          forbidden       allowed
manual             forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
exempt             forbidden      forbidden       forbidden       forbidden        forbidden       forbidden
"""
CELLS = [
    (HoldKind(kind), guarded, Verdict(told))
    for kind, *row in (line.split() for line in TOLD.split("\n") if line)
    for guarded, told in zip(Guarded, row, strict=True)
]


def day(number: int) -> dt.date:
    """A day of the story, the first one being 0."""
    return START + dt.timedelta(days=number)


def held(
    kind: HoldKind = HoldKind.MANUAL,
    *spans: tuple[int, int | None],
    item: int = 0,
    part: int | None = None,
    born_before: dt.date | None = None,
) -> HoldFacts:
    """A hold on these days (first held, first free); from the start on with none given."""
    found: tuple[Period, ...] = tuple(
        (day(since), None if free is None else day(free)) for since, free in spans or ((0, None),)
    )
    return HoldFacts(1, 7, kind, item, part, born_before, found, "why", "", "gilles")


def test_the_table_has_every_kind() -> None:
    assert {kind for kind, *_ in CELLS} == set(HoldKind) == set(MATRIX)
    assert len(CELLS) == len(HoldKind) * len(Guarded)


@pytest.mark.parametrize(("kind", "guarded", "told"), CELLS)
def test_each_kind_says_its_own_to_each_act(kind: HoldKind, guarded: Guarded, told: Verdict) -> None:
    hold = held(kind)
    answer = verdict([hold], guarded, day(3))
    assert answer == (told, None if told is Verdict.ALLOWED else hold)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_a_kind_pauses_when_ordinary_reminders_stop(kind: HoldKind) -> None:
    goes_on = {HoldKind.AID_REQUEST, HoldKind.VULNERABLE}
    assert pauses(kind) is (kind not in goes_on)
    # What lets reminders go says nothing about single items: it must be of the whole account.
    assert (MATRIX[kind].scopes == (Scope.ACCOUNT,)) >= (kind in goes_on)
    assert MATRIX[kind].sources


def test_the_reference_page_prints_the_matrix() -> None:
    words = {"yes": "allowed", "no": "forbidden", "courtesy": "courtesy_only", "restricted": "restricted_only",
             "person": "needs_approval"}  # fmt: skip
    page = (ROOT / "docs/reference/holds.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.split("\n") if line.startswith("| `")]
    printed = [
        (HoldKind(kind.strip("`")), guarded, Verdict(words[cell]))
        for kind, *row in rows
        for guarded, cell in zip(Guarded, row[: len(Guarded)], strict=True)
    ]
    assert printed == CELLS


def test_over_indebtedness_and_insolvency_need_their_day() -> None:
    for kind in (HoldKind.OVER_INDEBTEDNESS, HoldKind.INSOLVENCY):
        assert MATRIX[kind].scopes == (Scope.BORN_BEFORE,)


def test_a_verdict_counts_only_while_the_hold_is_in_force() -> None:
    hold = held(HoldKind.MANUAL, (2, 5))
    answers = [verdict([hold], Guarded.REMINDER, day(number))[0] for number in range(7)]
    assert answers == [Verdict.ALLOWED] * 2 + [Verdict.FORBIDDEN] * 3 + [Verdict.ALLOWED] * 2
    assert [state(hold, day(number)) for number in (1, 2, 5)] == [HoldState.COMING, HoldState.ACTIVE, HoldState.ENDED]


def test_the_strictest_hold_counts() -> None:
    promise, manual = held(HoldKind.PROMISE), held(HoldKind.MANUAL)
    assert verdict([promise, manual], Guarded.REMINDER, day(1)) == (Verdict.FORBIDDEN, manual)
    assert verdict([manual, promise], Guarded.REMINDER, day(1)) == (Verdict.FORBIDDEN, manual)
    assert verdict([held(HoldKind.VULNERABLE), manual], Guarded.RESTRICT, day(1)) == (Verdict.FORBIDDEN, manual)
    deceased = held(HoldKind.DECEASED)
    assert verdict([deceased, held(HoldKind.LEGAL)], Guarded.RESTRICT, day(1)) == (Verdict.NEEDS_APPROVAL, deceased)


def test_two_different_limits_leave_nothing_for_a_machine() -> None:
    aid, vulnerable = held(HoldKind.AID_REQUEST), held(HoldKind.VULNERABLE)
    assert verdict([aid, vulnerable], Guarded.RESTRICT, day(1))[0] is Verdict.FORBIDDEN
    assert verdict([aid], Guarded.RESTRICT, day(1)) == (Verdict.RESTRICTED_ONLY, aid)


def test_holds_of_items_do_not_answer_for_the_account() -> None:
    narrow = [held(HoldKind.DISPUTE, item=11), held(HoldKind.DISPUTE, item=11, part=5)]
    older = held(HoldKind.INSOLVENCY, born_before=day(0))
    assert verdict([*narrow, older], Guarded.REMINDER, day(1)) == (Verdict.ALLOWED, None)


def test_what_reminders_may_not_chase_of_an_item() -> None:
    def left_out(*holds: HoldFacts, item: int = 11, born: int = -60) -> int:
        return left_out_minor(holds, item, day(born), 100, day(1))

    assert left_out(held(HoldKind.DISPUTE, item=11)) == 100
    assert left_out(held(HoldKind.DISPUTE, item=12)) == 0
    assert left_out(held(HoldKind.PROMISE, item=11)) == 100
    assert left_out(held(HoldKind.DISPUTE, item=11, part=30)) == 30
    assert left_out(held(HoldKind.DISPUTE, item=11, part=30), held(HoldKind.DISPUTE, item=11, part=20)) == 50
    assert left_out(held(HoldKind.DISPUTE, item=11, part=70), held(HoldKind.DISPUTE, item=11, part=60)) == 100
    assert left_out(held(HoldKind.DISPUTE, item=11), held(HoldKind.DISPUTE, item=11, part=60)) == 100
    assert left_out(held(HoldKind.DISPUTE, (2, None), item=11)) == 0
    assert left_out(held(HoldKind.MANUAL)) == 0, "the whole account is the verdict's to answer for"
    cut_off = held(HoldKind.OVER_INDEBTEDNESS, born_before=day(-10))
    assert left_out(cut_off, born=-11) == 100
    assert left_out(cut_off, born=-10) == 0


def test_days_covered_by_several_holds_count_once() -> None:
    holds = [held(HoldKind.PROMISE, (0, 6)), held(HoldKind.DISPUTE, (3, 9), item=11), held(HoldKind.MANUAL, (20, None))]
    assert paused_days(holds, 11, day(-40), day(-5), day(30)) == 9 + 11
    assert paused_days(holds, 12, day(-40), day(-5), day(30)) == 6 + 11


def test_only_the_days_after_the_due_date_count() -> None:
    hold = held(HoldKind.MANUAL, (0, 10))
    assert paused_days([hold], 11, day(-30), day(4), day(30)) == 5
    assert paused_days([hold], 11, day(-30), day(-1), day(0)) == 1
    assert paused_days([hold], 11, day(-30), day(0), day(0)) == 0
    assert paused_days([hold], 11, day(-30), day(20), day(10)) == 0


def test_parts_and_kinds_that_let_reminders_go_pause_nothing() -> None:
    holds = [held(HoldKind.DISPUTE, item=11, part=5), held(HoldKind.VULNERABLE), held(HoldKind.AID_REQUEST)]
    assert paused_days(holds, 11, day(-30), day(-1), day(20)) == 0


def test_a_cut_off_freezes_only_older_items() -> None:
    hold = held(HoldKind.OVER_INDEBTEDNESS, (0, None), born_before=day(0))
    assert covers(hold, 11, day(-1))
    assert not covers(hold, 12, day(0))
    assert paused_days([hold], 11, day(-1), day(3), day(13)) == 10
    assert paused_days([hold], 12, day(0), day(3), day(13)) == 0


def test_the_event_recorded_last_counts_on_its_day() -> None:
    assert periods([(day(0), 1, True), (day(9), 2, False)]) == ((day(0), day(9)),)
    assert periods([(day(0), 1, True), (day(9), 2, False), (day(4), 3, False)]) == ((day(0), day(4)),)
    assert periods([(day(0), 1, True), (day(0), 2, False)]) == ()
    assert periods([(day(0), 2, True), (day(0), 1, False)]) == ((day(0), None),)
    assert periods([(day(0), 1, True), (day(5), 2, True), (day(3), 3, False)]) == (
        (day(0), day(3)),
        (day(5), None),
    )


def test_the_next_change() -> None:
    holds = [held(HoldKind.PROMISE, (5, 9)), held(HoldKind.MANUAL, (0, None))]
    assert [next_change(holds, day(number)) for number in (-1, 0, 5, 9)] == [day(0), day(5), day(9), None]
    assert next_change([], day(0)) is None


def _in_force(events: Sequence[tuple[dt.date, int, bool]], on: dt.date) -> bool:
    """The day rule as it is told, one day at a time."""
    before = [event for event in events if event[0] <= on]
    return max(before)[2] if before else False


DAYS = st.integers(0, 30).map(day)
EVENTS = st.lists(st.tuples(DAYS, st.booleans()), max_size=6).map(
    lambda told: [(on, number, pausing) for number, (on, pausing) in enumerate(told)]
)
SCOPES = st.sampled_from(
    [
        (HoldKind.MANUAL, 0, None, None), (HoldKind.PROMISE, 11, None, None), (HoldKind.DISPUTE, 12, None, None),
        (HoldKind.DISPUTE, 11, 5, None), (HoldKind.VULNERABLE, 0, None, None),
        (HoldKind.INSOLVENCY, 0, None, day(0)), (HoldKind.INSOLVENCY, 0, None, day(-20)),
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(SCOPES, EVENTS), max_size=4), st.integers(-5, 20).map(day), st.integers(-5, 35).map(day))
def test_paused_days_are_what_a_count_day_by_day_gives(
    told: list[tuple[tuple[HoldKind, int, int | None, dt.date | None], list[tuple[dt.date, int, bool]]]],
    due_on: dt.date,
    as_of: dt.date,
) -> None:
    born_on = day(-10)
    holds = [
        HoldFacts(number, 7, kind, item, part, born_before, periods(events), "why", "", "gilles")
        for number, ((kind, item, part, born_before), events) in enumerate(told)
    ]
    count = 0
    on = due_on + dt.timedelta(days=1)
    while on <= as_of:
        count += any(
            _in_force(events, on)
            and kind is not HoldKind.VULNERABLE
            and item in (0, 11)
            and part is None
            and (born_before is None or born_on < born_before)
            for (kind, item, part, born_before), events in told
        )
        on += dt.timedelta(days=1)
    assert paused_days(holds, 11, born_on, due_on, as_of) == count
    for hold, (_, events) in zip(holds, told, strict=True):
        assert active(hold, as_of) is _in_force(events, as_of)


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.booleans(), DAYS, st.none() | st.integers(1, 20))
def test_an_act_changes_its_own_days_and_no_other(
    known: list[tuple[dt.date, int, bool]], pausing: bool, from_on: dt.date, length: int | None
) -> None:
    free_on = None if length is None else from_on + dt.timedelta(days=length)
    added = changes(known, pausing, from_on, free_on)
    after = [*known, *((on, 100 + number, told) for number, (on, told) in enumerate(added))]
    for number in range(-2, 60):
        on = day(number)
        inside = on >= from_on and (free_on is None or on < free_on)
        assert _in_force(after, on) is (pausing if inside else _in_force(known, on))
    assert not changes(after, pausing, from_on, free_on)
