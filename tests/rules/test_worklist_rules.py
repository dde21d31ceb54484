"""What kinds of work mean: how they may end, what stands in for a missing one, and when nobody should do them."""

import datetime as dt

import pytest

from relance.worklist.facts import Outcome, WorkItemFacts, WorkKind
from relance.worklist.queries import kinds
from relance.worklist.rules import SETTLED, STAND_IN, falls_away, kind_of, may_end_with

TALK = WorkKind({"en": "Talk"}, (Outcome("heard", {"en": "Heard"}),), urgency=2, speaks_to_customer=True)
LOOK = WorkKind({"en": "Look"}, (Outcome("seen", {"en": "Seen"}),), urgency=1, speaks_to_customer=False)


def test_a_kind_that_is_not_installed_is_stood_in_for() -> None:
    shelf = {"talk": TALK, STAND_IN: LOOK}
    assert kind_of("talk", shelf) is TALK
    assert kind_of("dance", shelf) is LOOK


def test_work_ends_with_an_outcome_of_its_own_kind() -> None:
    assert may_end_with(TALK, "heard")
    assert not may_end_with(TALK, "seen")
    assert not may_end_with(TALK, "")


def test_nobody_who_has_paid_is_spoken_to() -> None:
    assert falls_away(TALK, 0)
    assert not falls_away(TALK, 1)
    assert not falls_away(LOOK, 0)


@pytest.mark.parametrize(
    ("state", "day", "late"), [("open", 9, False), ("open", 10, False), ("open", 11, True), ("closed", 11, False)]
)
def test_open_work_is_late_from_the_day_after_its_day(state: str, day: int, late: bool) -> None:
    due_on = dt.date(2025, 3, 10)
    work = WorkItemFacts(
        1, 1, 1, "call", 0, "EUR", "", {}, due_on, due_on, dt.datetime(2025, 3, 10, tzinfo=dt.UTC), state, "", None,
        "", "", "", 0, due_on,
    )  # fmt: skip
    assert work.is_late(dt.date(2025, 3, day)) is late


def test_every_kind_on_the_shelf_is_whole() -> None:
    assert {"call", "review", "meeting", "task"} <= set(kinds())
    for code, kind in kinds().items():
        codes = [outcome.code for outcome in kind.outcomes]
        assert codes and len(codes) == len(set(codes)), code
        assert SETTLED not in codes, code
        assert all(titles.get("en") and titles.get("fr") for titles in (kind.title, *(o.title for o in kind.outcomes)))
        assert all(len(outcome.code) <= 40 for outcome in kind.outcomes) and len(code) <= 20
