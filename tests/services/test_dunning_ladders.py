"""The engine over the real database: holds, conditions, catching up, families, approvals, the dated plan."""

import datetime as dt

import pytest
from django.db import connection

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import end_hold, place_hold
from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.laws import LAWS
from relance.dunning.services import approve_action, decide_accounts, decline_action, import_scenario
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.queries import credits_of, open_items
from relance.ledger.services import reverse_receipt
from relance.worklist.services import close_work
from tests.cast import BRUNO, CHLOE, FABRE, Office, the
from tests.services.test_dunning import day, live, messages, scenario


def hold(
    number: str, kind: HoldKind, from_on: str, until_on: str | None = None, *, item: str = "", part_minor: int | None = None,
    born_before: str | None = None,
) -> int:  # fmt: skip
    account_id = the({"number": number}).id
    items = {entry.number: entry.id for entry in open_items(account_id, day("2026-12-31"))}
    return place_hold(
        account_id, kind, day(from_on), day(until_on) if until_on else None, item_id=items[item] if item else 0,
        part_minor=part_minor, born_before=day(born_before) if born_before else None, reason="said on the phone",
        by="agent", key=f"{number}{kind}{from_on}{item}",
    )  # fmt: skip


def refusals(number: str) -> list[tuple[str, str, str]]:
    actions = reversed(queries.planned_actions(the({"number": number}).id))
    return [(action.stage, action.state, action.refusal) for action in actions]


def sound() -> None:
    assert not any(report.offenders for report in check(LAWS))


def test_a_hold_stops_the_ladder_and_gives_the_days_back(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-03")
    hold("BRUNO", HoldKind.MANUAL, "2026-02-04", "2026-02-13")
    assert live("2026-02-04", "2026-02-24") == {
        "2026-02-17": {"house/second": 1},
        "2026-02-24": {"house/formal": 1},
    }
    sound()


def test_overlapping_holds_count_once(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-03")
    hold("BRUNO", HoldKind.MANUAL, "2026-02-04", "2026-02-13")
    hold("BRUNO", HoldKind.PROMISE, "2026-02-08", "2026-02-13")
    assert live("2026-02-04", "2026-02-18") == {"2026-02-17": {"house/second": 1}}


def test_a_hold_placed_for_the_past_is_counted_and_explained(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-05")
    hold("BRUNO", HoldKind.PROMISE, "2026-02-02", "2026-02-05")
    assert live("2026-02-06", "2026-02-11") == {"2026-02-11": {"house/second": 1}}
    (told,) = queries.explain(the(BRUNO).id, day("2026-02-10"))
    assert (told.days_past_due, told.effective_days) == (10, 6)
    assert "paused" in [reason.code for reason in told.because]


def test_a_hold_without_end_goes_on_until_a_person_ends_it(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold_id = hold("BRUNO", HoldKind.LEGAL, "2026-01-20")
    assert live("2026-02-01", "2026-03-01") == {}
    (told,) = queries.explain(the(BRUNO).id, day("2026-03-01"))
    assert [kept.kind for kept in told.holds] == [HoldKind.LEGAL]
    end_hold(hold_id, day("2026-03-02"), "lawyer is done", "supervisor")
    assert live("2026-03-02", "2026-03-03") == {"2026-03-02": {"house/reminder": 1}}


def test_a_held_item_is_left_out_of_amount_and_age(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "20.00", "2026-01-05", "2026-02-05")
    hold("BRUNO", HoldKind.DISPUTE, "2026-01-31", item="F1")
    assert live("2026-02-01", "2026-02-06") == {"2026-02-06": {"house/reminder": 1}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT context->'left_out' FROM outbound_dispatch")
        ((left_out,),) = cursor.fetchall()
    assert "-1" in str(left_out)


def test_a_held_part_leaves_the_rest_to_be_chased(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("BRUNO", HoldKind.DISPUTE, "2026-01-31", item="F1", part_minor=1600)
    assert live("2026-02-01", "2026-02-02") == {}
    office.bill("CHLOE", "F2", "30.00", "2026-01-01", "2026-01-31")
    hold("CHLOE", HoldKind.DISPUTE, "2026-01-31", item="F2", part_minor=1000)
    assert live("2026-02-03", "2026-02-03") == {"2026-02-03": {"house/reminder": 1}}


def test_over_indebtedness_freezes_what_was_born_before(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "OLD", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "NEW", "20.00", "2026-02-10", "2026-02-20")
    live("2026-02-01", "2026-02-01")
    hold("BRUNO", HoldKind.OVER_INDEBTEDNESS, "2026-02-02", born_before="2026-02-02")
    assert live("2026-02-02", "2026-02-28") == {"2026-02-27": {"house/second": 1}}


def test_a_disputed_episode_stays_open_and_a_paid_one_closes(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    hold("BRUNO", HoldKind.DISPUTE, "2026-02-02", item="F1")
    live("2026-02-02", "2026-02-10")
    assert len(queries.positions_of([the(BRUNO).id])) == 1
    office.pay("BRUNO", "P1", "30.00", "2026-02-11")
    live("2026-02-11", "2026-02-11")
    assert queries.positions_of([the(BRUNO).id]) == {}


def test_a_formal_notice_is_refused_by_name_while_an_aid_request_is_pending(office: Office) -> None:
    stages = """
  - {code: formal, age: 1, actions: [{send: {channel: email, template: formal_notice}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("BRUNO", HoldKind.AID_REQUEST, "2026-01-31")
    assert live("2026-02-01", "2026-02-07") == {"2026-02-07": {"house/second": 1}}
    assert sorted(refusals("BRUNO")) == [("formal", "passed", "hold:aid_request"), ("second", "performed", "")]


VULNERABLE = """
  - {code: stop, age: 1, mandatory: true, actions: [{credit_hold: {}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}"""


def test_a_hard_action_on_a_vulnerable_customer_waits_for_a_person(office: Office) -> None:
    import_scenario(scenario(stages=VULNERABLE), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("BRUNO", HoldKind.VULNERABLE, "2026-01-31")
    live("2026-02-01", "2026-02-12")
    (waiting,) = queries.planned_actions(the(BRUNO).id)
    assert (waiting.state, waiting.refusal) == ("waiting", "needs_approval")
    assert the(BRUNO).credit_hold_on is None
    assert approve_action(the(BRUNO).id, waiting.id, "supervisor", day("2026-02-12")) == "performed"
    assert the(BRUNO).credit_hold_on == day("2026-02-12")
    with pytest.raises(Refusal, match="does not wait"):
        approve_action(the(BRUNO).id, waiting.id, "supervisor", day("2026-02-12"))
    assert live("2026-02-13", "2026-02-20") == {"2026-02-18": {"house/second": 1}}
    sound()


def test_a_person_may_decline_and_nothing_is_done(office: Office) -> None:
    import_scenario(scenario(stages=VULNERABLE), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("BRUNO", HoldKind.VULNERABLE, "2026-01-31")
    live("2026-02-01", "2026-02-01")
    (waiting,) = queries.planned_actions(the(BRUNO).id)
    decline_action(the(BRUNO).id, waiting.id, "supervisor")
    assert refusals("BRUNO") == [("stop", "refused", "declined")]
    assert live("2026-02-02", "2026-02-20") == {"2026-02-07": {"house/second": 1}}
    assert the(BRUNO).credit_hold_on is None


def test_a_stage_for_businesses_passes_consumers_by(office: Office) -> None:
    stages = """
  - {code: firm, age: 1, when: {kind: [business]}, actions: [{send: {channel: email, template: formal_notice}}]}
  - {code: kind, age: 2, actions: [{send: {channel: email, template: reminder}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("FABRE", "F2", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-03") == {
        "2026-02-01": {"house/firm": 1},
        "2026-02-02": {"house/kind": 2},
    }
    assert ("firm", "passed", "conditions") in refusals("BRUNO")


def test_the_scenario_follows_the_amount_owed(office: Office) -> None:
    import_scenario(scenario("large", priority="50", applies_to='{amount: {min: "100.00"}}'), "test")
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("FABRE", "F2", "300.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-01") == {"2026-02-01": {"house/reminder": 1, "large/reminder": 1}}


def test_jump_after_missed_nights_enters_the_right_stage_at_once(office: Office) -> None:
    import_scenario(scenario(catch_up="jump"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-10", "2026-02-14") == {
        "2026-02-10": {"house/second": 1},
        "2026-02-14": {"house/formal": 1},
    }
    assert ("reminder", "passed", "jumped") in refusals("BRUNO")


def test_a_scenario_may_start_again_for_a_new_item(office: Office) -> None:
    import_scenario(scenario(new_item="restart"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-07")
    office.bill("BRUNO", "F2", "30.00", "2026-01-20", "2026-02-08")
    assert live("2026-02-08", "2026-02-16") == {
        "2026-02-09": {"house/reminder": 1},
        "2026-02-15": {"house/second": 1},
    }
    sound()


def test_invoices_that_enter_stages_on_one_day_are_told_in_one_message(office: Office) -> None:
    import_scenario(scenario(level="invoice"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "30.00", "2026-01-07", "2026-02-06")
    live("2026-02-01", "2026-02-06")
    assert live("2026-02-07", "2026-02-07") == {"2026-02-07": {"house/reminder": 1, "house/second": 1}}
    assert messages() == [("2026-02-01", "reminder"), ("2026-02-07", "second_reminder")]
    assert ("reminder", "passed", "merged") in refusals("BRUNO")
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id FROM outbound_dispatch WHERE template = 'second_reminder'")
        assert cursor.fetchall() == [(0,)]


def test_invoices_that_enter_one_stage_on_one_day_have_a_message_each(office: Office) -> None:
    import_scenario(scenario(level="invoice"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "30.00", "2026-01-02", "2026-01-31")
    assert live("2026-02-01", "2026-02-01") == {"2026-02-01": {"house/reminder": 2}}
    assert refusals("BRUNO") == [("reminder", "performed", "")] * 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT item_id) FROM outbound_dispatch WHERE item_id > 0")
        assert cursor.fetchall() == [(2,)]


def test_a_task_holds_the_mandatory_stage_until_it_is_closed(office: Office) -> None:
    stages = """
  - {code: call, age: 1, mandatory: true, actions: [{task: {kind: call}}]}
  - {code: second, age: 3, actions: [{send: {channel: email, template: second_reminder}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-20") == {"2026-02-01": {"house/call": 1}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM worklist_workitem")
        ((work_id,),) = cursor.fetchall()
    close_work(work_id, "will_pay", "on Friday", "agent", day("2026-02-20"))
    assert live("2026-02-21", "2026-02-22") == {"2026-02-21": {"house/second": 1}}


FAMILY = (
    {"number": "HQ", "name": "Head office", "email": "hq@example.test"},
    {"number": "SHOP", "name": "Shop", "parent": "HQ", "email": "shop@example.test"},
)


def test_parent_and_children_are_dunned_together(office: Office) -> None:
    import_scenario(scenario(family="together"), "test")
    office.bring("accounts", *FAMILY)
    office.bill("SHOP", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("HQ", "F2", "10.00", "2026-01-01", "2026-02-03")
    assert live("2026-02-01", "2026-02-07") == {
        "2026-02-01": {"house/reminder": 1},
        "2026-02-07": {"house/second": 1},
    }
    assert list(queries.positions_of([the({"number": "HQ"}).id, the({"number": "SHOP"}).id])) == [
        the({"number": "HQ"}).id
    ]
    office.pay("SHOP", "P1", "30.00", "2026-02-08", "F1")
    live("2026-02-08", "2026-02-08")
    (told,) = queries.explain(the({"number": "HQ"}).id, day("2026-02-08"))
    assert told.overdue_minor == 1000
    office.pay("HQ", "P2", "10.00", "2026-02-09", "F2")
    live("2026-02-09", "2026-02-09")
    assert queries.positions_of([the({"number": "HQ"}).id]) == {}
    sound()


def test_the_plan_is_what_then_happens(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "30.00", "2026-01-10", "2026-02-12")
    live("2026-02-01", "2026-02-01")
    hold("BRUNO", HoldKind.PROMISE, "2026-02-03", "2026-02-05")
    plan = {
        step.on.isoformat(): {f"{step.scenario}/{step.stage}": 1}
        for step in queries.plan_ahead(the(BRUNO).id, day("2026-02-02"))
    }
    assert plan == live("2026-02-02", "2026-03-15")


def test_looking_ahead_writes_nothing(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("CHLOE", "F1", "30.00", "2026-01-01", "2026-01-31")
    queries.plan_ahead(the(CHLOE).id, day("2026-02-01"))
    assert queries.positions_of([the(CHLOE).id]) == {}
    assert queries.planned_actions(the(CHLOE).id) == []


def test_fees_follow_their_invoice_and_are_not_chased_alone(office: Office) -> None:
    stages = """
  - {code: fee, age: 1, actions: [{send: {channel: email, template: reminder}}, {late_fee: {amount: "10.00"}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}"""
    import_scenario(scenario(level="invoice", stages=stages), "test")
    office.bill("FABRE", "F1", "300.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-10") == {
        "2026-02-01": {"house/fee": 1},
        "2026-02-07": {"house/second": 1},
    }
    fees = [item for item in open_items(the(FABRE).id, day("2026-02-10")) if item.kind == "late_fee"]
    assert [fee.amount_minor for fee in fees] == [1000]


def test_a_night_worked_again_charges_nothing_twice(office: Office) -> None:
    stages = """
  - {code: fee, age: 1, actions: [{late_fee: {amount: "10.00"}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("FABRE", "F1", "300.00", "2026-01-01", "2026-01-31")
    for _ in range(2):
        run(day("2026-02-01"))
    run(day("2026-02-01") + dt.timedelta(days=1))
    fees = [item for item in open_items(the(FABRE).id, day("2026-02-10")) if item.kind == "late_fee"]
    assert len(fees) == 1


def test_the_plan_waits_where_a_hold_forbids_a_mandatory_stage(office: Office) -> None:
    stages = """
  - {code: formal, age: 1, mandatory: true, actions: [{send: {channel: email, template: formal_notice}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    placed = hold("BRUNO", HoldKind.AID_REQUEST, "2026-01-31")
    for asked in ("2026-02-01", "2026-02-05"):
        plan = queries.plan_ahead(the(BRUNO).id, day(asked))
        assert [(step.stage, step.refusals) for step in plan] == (
            [("formal", ("hold:aid_request",))] if asked == "2026-02-01" else []
        )
        live(asked, asked)
    (told,) = queries.explain(the(BRUNO).id, day("2026-02-05"))
    reasons = {reason.code: reason.data for reason in told.because}
    assert reasons["mandatory_refused"] == {"stage": "formal", "refusals": ["hold:aid_request"]}
    end_hold(placed, day("2026-02-20"), "answered", "agent")
    plan = queries.plan_ahead(the(BRUNO).id, day("2026-02-06"))
    assert [(step.on, step.stage) for step in plan] == [(day("2026-02-26"), "second")]
    assert live("2026-02-06", "2026-03-10") == {"2026-02-26": {"house/second": 1}}


def test_what_limits_acts_against_a_child_limits_its_parents_messages(office: Office) -> None:
    stages = """
  - {code: formal, age: 1, actions: [{send: {channel: email, template: formal_notice}}]}"""
    import_scenario(scenario(stages=stages, family="together"), "test")
    office.bring("accounts", *FAMILY)
    office.bill("SHOP", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("SHOP", HoldKind.AID_REQUEST, "2026-01-31")
    assert live("2026-02-01", "2026-02-03") == {}
    assert refusals("HQ") == [("formal", "refused", "hold:aid_request")]


def test_money_of_a_file_decides_at_once_and_late_nights_leave_what_came_back(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-10")
    office.pay("BRUNO", "P1", "30.00", "2026-02-15", "F1", as_of=day("2026-02-15"))
    assert queries.positions_of([the(BRUNO).id]) == {}
    (credit,) = (entry.id for entry in credits_of(the(BRUNO).id, day("2026-02-15")))
    reverse_receipt(the(BRUNO).id, credit, day("2026-02-17"), "AM04", "bank")
    assert queries.positions_of([the(BRUNO).id])
    assert live("2026-02-16", "2026-02-28") == {"2026-02-17": {"house/formal": 1}}
    assert refusals("BRUNO") == [(stage, "performed", "") for stage in ("reminder", "second", "formal")]
    sound()


def test_a_night_worked_late_begins_nothing_for_what_ended_since(office: Office) -> None:
    """The debt was paid on 02-05, before the nights from 02-03 on were worked: none of them pursues it again."""
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-02")
    office.pay("BRUNO", "P1", "30.00", "2026-02-05", "F1", as_of=day("2026-02-05"))
    assert queries.positions_of([the(BRUNO).id]) == {}
    assert live("2026-02-03", "2026-02-12") == {}
    assert queries.positions_of([the(BRUNO).id]) == {}
    sound()


def test_a_family_that_two_chunks_share_takes_one_step(office: Office) -> None:
    import_scenario(scenario(family="together"), "test")
    office.bring("accounts", *FAMILY)
    office.bill("SHOP", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-01-31", "2026-01-31")
    entered = [
        decide_accounts([the({"number": number}).id], day("2026-02-01")).stages_entered for number in ("SHOP", "HQ")
    ]
    assert [dict(figures) for figures in entered] == [{}, {"house/reminder": 1}]
    sound()


def test_the_money_of_a_family_is_looked_at_by_its_night(office: Office) -> None:
    import_scenario(scenario(family="together"), "test")
    office.bring("accounts", *FAMILY)
    office.bill("SHOP", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-08")
    head = the({"number": "HQ"}).id
    office.pay("SHOP", "P1", "30.00", "2026-02-09", "F1")
    assert queries.positions_of([head]), "money of one member closes nothing at noon"
    live("2026-02-09", "2026-02-09")
    assert queries.positions_of([head]) == {}
    (credit,) = (entry.id for entry in credits_of(the({"number": "SHOP"}).id, day("2026-02-09")))
    reverse_receipt(the({"number": "SHOP"}).id, credit, day("2026-02-11"), "AM04", "bank")
    assert queries.positions_of([head]) == {}
    assert live("2026-02-10", "2026-02-28") == {"2026-02-14": {"house/formal": 1}}
    assert refusals("HQ") == [(stage, "performed", "") for stage in ("reminder", "second", "formal")]
    sound()


def test_stages_blocked_together_break_no_law(office: Office) -> None:
    """Two optional stages that are refused on one day stand in the order of their days, whichever was written first."""
    stages = """
  - {code: first, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: other, age: 2, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: last, age: 9, mandatory: true, actions: [{review: {}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bring("accounts", {"number": "MUTE", "name": "No address"})
    office.bill("MUTE", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-05", "2026-02-08")
    assert sorted(refusals("MUTE")) == [("first", "refused", "unreachable"), ("other", "refused", "unreachable")]
    sound()
    assert live("2026-02-09", "2026-02-10") == {"2026-02-09": {"house/last": 1}}
    assert sorted((stage, state) for stage, state, _ in refusals("MUTE")) == [
        ("first", "passed"), ("last", "performed"), ("other", "passed"),
    ]  # fmt: skip
    sound()


def test_a_debt_that_comes_back_beside_a_new_one_stands_where_it_was_until_its_night_starts_it_again(
    office: Office,
) -> None:
    """The version of the day has fewer stages than the one under which the old debt had reached its third."""
    import_scenario(scenario(new_item="restart"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-14")
    office.pay("BRUNO", "P1", "30.00", "2026-02-15", "F1")
    live("2026-02-15", "2026-02-15")
    stages = "\n  - {code: only, age: 3, actions: [{send: {channel: email, template: reminder}}]}"
    import_scenario(scenario(new_item="restart", stages=stages), "test")
    office.bill("BRUNO", "F2", "40.00", "2026-02-01", "2026-02-16")
    (credit,) = (entry.id for entry in credits_of(the(BRUNO).id, day("2026-02-15")))
    reverse_receipt(the(BRUNO).id, credit, day("2026-02-18"), "AM04", "bank")
    (row,) = queries.positions_of([the(BRUNO).id])[the(BRUNO).id]
    assert row.stage == "formal"
    assert live("2026-02-16", "2026-02-19") == {"2026-02-18": {"house/only": 1}}
    sound()


def test_a_day_worked_twice_takes_one_step_whatever_came_between(office: Office) -> None:
    import_scenario(scenario(catch_up="jump"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-07")
    office.bill("BRUNO", "F0", "30.00", "2025-11-01", "2025-12-01")
    assert dict(decide_accounts([the(BRUNO).id], day("2026-02-07")).stages_entered) == {}
    assert live("2026-02-08", "2026-02-08") == {"2026-02-08": {"house/formal": 1}}
    sound()
