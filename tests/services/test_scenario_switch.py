"""Moving a running episode to another scenario: at its place by age, or from the beginning; nothing twice, nothing lost."""

import datetime as dt

import pytest
from django.db import connection

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.laws import LAWS
from relance.dunning.services import import_scenario, switch_scenario
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt, reverse_receipt
from tests.cast import BRUNO, Office, the
from tests.services.test_dunning import day, live, messages, scenario

LONGER = """
  - {code: hello, age: 2, actions: [{send: {channel: email, template: reminder}}]}
  - {code: again, age: 8, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: last, age: 20, actions: [{send: {channel: email, template: formal_notice}}]}"""


def climbed(office: Office, until: str = "2026-02-08") -> None:
    """Due on 01-31 under `house`: reminder on 02-01, second on 02-07, formal on 02-14."""
    import_scenario(scenario(), "test")
    import_scenario(scenario("longer", priority="-2000", stages=LONGER), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-01-30", until)


def actions() -> list[tuple[str, str, str]]:
    return [
        (action.scenario, action.stage, action.state) for action in reversed(queries.planned_actions(the(BRUNO).id))
    ]


def test_the_place_is_kept_by_age_and_the_next_stage_follows_by_its_interval(office: Office) -> None:
    climbed(office)
    assert switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08")) == 1
    (row,) = queries.positions_of([the(BRUNO).id])[the(BRUNO).id]
    assert (row.scenario, row.stage, row.opened_on, row.stage_entered_on) == (
        "longer", "again", day("2026-02-08"), day("2026-02-07"),
    )  # fmt: skip
    assert actions() == [("house", "reminder", "performed"), ("house", "second", "performed")]
    assert live("2026-02-09", "2026-02-22") == {"2026-02-20": {"longer/last": 1}}
    assert not any(report.offenders for report in check(LAWS))


def test_the_interval_counts_from_the_last_stage_that_was_performed(office: Office) -> None:
    """`second` was performed on 02-10 after missed nights: `last` comes 20 - 8 days later, not on its age of 20 days."""
    import_scenario(scenario(), "test")
    import_scenario(scenario("longer", priority="-2000", stages=LONGER), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-01-30", "2026-02-01")
    live("2026-02-10", "2026-02-10")
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-10"))
    assert live("2026-02-11", "2026-02-25") == {"2026-02-22": {"longer/last": 1}}


def test_or_it_starts_again(office: Office) -> None:
    climbed(office)
    switch_scenario(the(BRUNO).id, "longer", False, "claire", day("2026-02-08"))
    (row,) = queries.positions_of([the(BRUNO).id])[the(BRUNO).id]
    assert (row.scenario, row.stage, row.stage_entered_on) == ("longer", "", None)
    assert live("2026-02-09", "2026-02-28") == {
        "2026-02-09": {"longer/hello": 1}, "2026-02-15": {"longer/again": 1}, "2026-02-27": {"longer/last": 1},
    }  # fmt: skip


def test_days_on_hold_do_not_count_towards_the_place(office: Office) -> None:
    climbed(office, "2026-02-01")
    place_hold(
        the(BRUNO).id, HoldKind.MANUAL, day("2026-02-03"), day("2026-02-07"), reason="waiting", by="claire", key="h"
    )
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    (row,) = queries.positions_of([the(BRUNO).id])[the(BRUNO).id]
    assert row.stage == "hello"


def test_before_the_first_stage_there_is_no_place(office: Office) -> None:
    import_scenario(scenario(stages="\n  - {code: late, age: 9, actions: [{review: {}}]}"), "test")
    import_scenario(scenario("longer", priority="-2000", stages=LONGER), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-01-30", "2026-02-01")
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-01"))
    assert live("2026-02-02", "2026-02-03") == {"2026-02-02": {"longer/hello": 1}}


def test_stages_taken_over_are_not_repeated_when_the_money_comes_back(office: Office) -> None:
    climbed(office)
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    receipt = post_receipt(ReceiptOrder(the(BRUNO).id, "P1", "EUR", 3000, day("2026-02-09"), "card"), "claire")
    live("2026-02-09", "2026-02-10")
    assert queries.positions_of([the(BRUNO).id]) == {}
    reverse_receipt(the(BRUNO).id, receipt.credit_id, day("2026-02-11"), "returned", "claire")
    assert live("2026-02-11", "2026-02-28") == {"2026-02-20": {"longer/last": 1}}
    assert [template for _, template in messages()] == ["reminder", "second_reminder", "formal_notice"]


def test_what_waited_is_not_done_any_more(office: Office) -> None:
    climbed(office)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dunning_plannedaction SET state = 'planned', performed_at = NULL, performed_on = NULL "
                       "WHERE stage = 'second'")  # fmt: skip
    switch_scenario(the(BRUNO).id, "longer", False, "claire", day("2026-02-08"))
    second = next(action for action in queries.planned_actions(the(BRUNO).id) if action.stage == "second")
    assert (second.state, second.refusal) == ("refused", "switched")
    assert not any(report.offenders for report in check(LAWS))


def test_the_account_tells_who_moved_it(office: Office) -> None:
    climbed(office)
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    closed = [event for event in queries.timeline(the(BRUNO).id) if event.kind == "episode_closed"]
    assert [(event.on, event.data["ending"], event.actor) for event in closed] == [
        (day("2026-02-08"), "switched", "claire")
    ]


def test_what_cannot_be_switched_is_refused(office: Office) -> None:
    climbed(office)
    import_scenario(scenario("single", priority="-3000", level="invoice"), "test")
    account = the(BRUNO).id
    for code, keep, match in (
        ("none", True, "no scenario none"),
        ("single", True, "another level"),
        ("house", True, "under the newest version of house already"),
    ):
        with pytest.raises(Refusal, match=match):
            switch_scenario(account, code, keep, "claire", day("2026-02-08"))
    office.pay("BRUNO", "P1", "30.00", "2026-02-09")
    run(dt.date(2026, 2, 9))
    with pytest.raises(Refusal, match="no pursuit is under way"):
        switch_scenario(account, "longer", True, "claire", day("2026-02-10"))


def test_switching_twice_at_the_same_place_does_it_once(office: Office) -> None:
    climbed(office)
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    with pytest.raises(Refusal, match="already"):
        switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    assert len(queries.positions_of([the(BRUNO).id])[the(BRUNO).id]) == 1


def test_a_night_worked_after_the_switch_takes_no_second_step_that_day(office: Office) -> None:
    """The switch of 02-08 keeps the place; nights of earlier days, worked late, leave the episode where it stands."""
    climbed(office, "2026-02-05")
    switch_scenario(the(BRUNO).id, "longer", True, "claire", day("2026-02-08"))
    assert live("2026-02-06", "2026-02-08") == {}
    (row,) = queries.positions_of([the(BRUNO).id])[the(BRUNO).id]
    assert (row.stage, row.opened_on) == ("again", day("2026-02-08"))
    assert live("2026-02-09", "2026-02-22") == {"2026-02-20": {"longer/last": 1}}
    assert not any(report.offenders for report in check(LAWS))
