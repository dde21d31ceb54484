"""Deciding and performing over the real database: once means once, pinned versions, levels, retries, laws."""

import datetime as dt

import pytest
from django.db import connection

from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.laws import LAWS
from relance.dunning.services import (
    close_night,
    decide_accounts,
    export_scenario,
    import_scenario,
    nudge,
    override_scenario,
)
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt, reverse_receipt
from tests.cast import ALICE, BRUNO, CHLOE, Office, the


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def scenario(code: str = "house", **more: str) -> str:
    lines = {
        "code": code, "name": "{fr: Maison, en: House}", "level": "account", "priority": "10",
        "enter": '{min_amount: "15.00"}', "leave": '{max_amount: "5.00"}',
        "stages": """
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 7, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: formal, age: 14, actions: [{send: {channel: email, template: formal_notice}}]}""",
    } | more  # fmt: skip
    return "\n".join(f"{key}: {value}" for key, value in lines.items())


def live(first: str, last: str) -> dict[str, dict[str, int]]:
    """Run the cycle day by day; stages entered per day."""
    entered = {}
    business_date = day(first)
    while business_date <= day(last):
        figures = run(business_date)
        assert not any(step.error for step in figures.steps)
        if figures.stages_entered:
            entered[business_date.isoformat()] = dict(figures.stages_entered)
        business_date += dt.timedelta(days=1)
    return entered


def messages() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_date::text, template FROM outbound_dispatch ORDER BY id")
        return cursor.fetchall()


def test_the_ladder_is_climbed_day_by_day(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-01-30", "2026-02-20") == {
        "2026-02-01": {"house/reminder": 1},
        "2026-02-07": {"house/second": 1},
        "2026-02-14": {"house/formal": 1},
    }
    assert [template for _, template in messages()] == ["reminder", "second_reminder", "formal_notice"]
    assert not any(report.offenders for report in check(LAWS))


def test_a_payment_on_the_day_silences_that_day(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.pay("BRUNO", "P1", "30.00", "2026-02-01")
    assert live("2026-01-31", "2026-02-10") == {}


def test_several_invoices_one_message_per_account(office: Office) -> None:
    import_scenario(scenario(), "test")
    for number in ("F1", "F2", "F3"):
        office.bill("BRUNO", number, "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    assert messages() == [("2026-02-01", "reminder")]


def test_at_invoice_level_each_invoice_has_its_own_ladder(office: Office) -> None:
    import_scenario(scenario(level="invoice"), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "30.00", "2026-01-03", "2026-02-02")
    assert live("2026-02-01", "2026-02-08") == {
        "2026-02-01": {"house/reminder": 1},
        "2026-02-03": {"house/reminder": 1},
        "2026-02-07": {"house/second": 1},
    }


def test_a_new_invoice_joins_the_running_episode(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-07")
    office.bill("BRUNO", "F2", "30.00", "2026-01-20", "2026-02-08")
    assert live("2026-02-08", "2026-02-14") == {"2026-02-14": {"house/formal": 1}}


def test_deciding_twice_changes_nothing(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    for _ in range(2):
        decide_accounts([the(BRUNO).id], day("2026-02-01"))
    assert len(messages()) == 1
    assert len(queries.planned_actions(the(BRUNO).id)) == 1


def test_a_closed_date_returns_its_figures(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    first = run(day("2026-02-01"))
    again = run(day("2026-02-01"))
    assert again.as_json() == first.as_json()
    assert first.actions == {"send": 1}
    assert first.messages == {"email": 1}
    assert len(messages()) == 1


def test_a_date_before_the_last_closed_one_is_refused(office: Office) -> None:
    run(day("2026-02-01"))
    with pytest.raises(Refusal, match="history is not replayed"):
        run(day("2026-01-31"))


def test_missed_nights_make_no_burst(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-03-10", "2026-03-24") == {
        "2026-03-10": {"house/reminder": 1},
        "2026-03-16": {"house/second": 1},
        "2026-03-23": {"house/formal": 1},
    }


def test_an_episode_keeps_the_version_it_began_with(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    stages = "\n  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}"
    facts, created = import_scenario(scenario(stages=stages), "test")
    assert (facts.version, created) == (2, True)
    assert live("2026-02-02", "2026-02-08") == {"2026-02-07": {"house/second": 1}}


def test_a_payment_at_noon_closes_the_episode_at_once(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-05")
    post_receipt(ReceiptOrder(the(BRUNO).id, "P1", "EUR", 3000, day("2026-02-05"), "cash"), "agent")
    assert queries.positions_of([the(BRUNO).id]) == {}
    assert live("2026-02-06", "2026-02-20") == {}


def test_a_returned_payment_brings_the_debt_back(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    posted = post_receipt(ReceiptOrder(the(BRUNO).id, "P1", "EUR", 3000, day("2026-01-31"), "direct_debit"), "bank")
    assert live("2026-02-01", "2026-02-05") == {}
    reverse_receipt(the(BRUNO).id, posted.credit_id, day("2026-02-06"), "AM04", "bank")
    assert live("2026-02-06", "2026-02-12") == {
        "2026-02-06": {"house/reminder": 1},
        "2026-02-12": {"house/second": 1},
    }


def test_an_invoice_posted_late_is_seen_the_next_night(office: Office) -> None:
    import_scenario(scenario(), "test")
    live("2026-02-01", "2026-02-20")
    office.bring("invoices", {"account": "BRUNO", "number": "F9", "amount": "30.00", "issued_on": "2026-01-01",
                              "due_on": "2026-01-31"}, as_of=day("2026-02-20"))  # fmt: skip
    assert live("2026-02-21", "2026-02-21") == {"2026-02-21": {"house/reminder": 1}}


def test_thresholds_open_and_close(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "14.99", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-03") == {}
    office.bill("BRUNO", "F2", "10.00", "2026-01-05", "2026-02-03")
    assert live("2026-02-04", "2026-02-04") == {"2026-02-04": {"house/reminder": 1}}
    office.pay("BRUNO", "P1", "19.99", "2026-02-05")
    live("2026-02-05", "2026-02-05")
    assert queries.positions_of([the(BRUNO).id]) == {}


def test_nobody_without_an_address_is_written_to_and_the_reason_is_kept(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bring("accounts", {"number": "MUTE", "name": "Without address"})
    office.bill("MUTE", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    (action,) = queries.planned_actions(the({"number": "MUTE"}).id)
    assert (action.state, action.refusal) == ("refused", "unreachable")


def test_a_mandatory_stage_waits_for_an_address_and_then_goes_on(office: Office) -> None:
    stages = """
  - {code: formal, age: 1, mandatory: true, actions: [{send: {channel: email, template: formal_notice}}]}
  - {code: second, age: 9, actions: [{send: {channel: email, template: second_reminder}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bring("accounts", {"number": "MUTE", "name": "Without address"})
    office.bill("MUTE", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-14") == {"2026-02-01": {"house/formal": 1}}
    assert messages() == []
    office.bring("accounts", {"number": "MUTE", "name": "Without address", "email": "found@example.test"})
    assert live("2026-02-15", "2026-02-28") == {"2026-02-23": {"house/second": 1}}
    assert messages() == [("2026-02-15", "formal_notice"), ("2026-02-23", "second_reminder")]


def test_the_law_refuses_by_name_what_it_forbids(office: Office) -> None:
    """The built-in ladder charges a late fee: never to a consumer in France."""
    live_default = run(day("2026-02-01"))
    assert live_default.actions == {}
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    run(day("2026-02-02"))
    run(day("2026-02-09"))
    refused = [a for a in queries.planned_actions(the(ALICE).id) if a.state == "refused"]
    assert [(action.kind, action.refusal) for action in refused] == [
        ("late_fee", "law:fr.consumer_costs_stay_with_creditor")
    ]


def test_an_action_that_is_not_installed_is_refused_by_name(office: Office) -> None:
    stages = """
  - {code: cut, age: 1, mandatory: true, actions: [{restrict: {level: suspended}}]}"""
    import_scenario(scenario(stages=stages), "test")
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    run(day("2026-02-01"))
    (action,) = queries.planned_actions(the(ALICE).id)
    assert (action.kind, action.state, action.refusal) == ("restrict", "refused", "not_installed")


def test_the_override_wins_over_the_criteria(office: Office) -> None:
    import_scenario(scenario(), "test")
    import_scenario(scenario("gentle", priority="1"), "test")
    override_scenario(the(BRUNO).id, "gentle", "supervisor")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("CHLOE", "F2", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-01") == {"2026-02-01": {"gentle/reminder": 1, "house/reminder": 1}}
    with pytest.raises(Refusal, match="no scenario"):
        override_scenario(the(BRUNO).id, "unknown", "supervisor")


def test_currencies_are_pursued_apart(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("CHLOE", "F1", "10.00", "2026-01-01", "2026-01-31")
    office.bill("CHLOE", "F2", "10.00", "2026-01-01", "2026-01-31", currency="USD")
    assert live("2026-02-01", "2026-02-01") == {}
    office.bill("CHLOE", "F3", "10.00", "2026-01-01", "2026-02-01", currency="USD")
    assert live("2026-02-02", "2026-02-02") == {"2026-02-02": {"house/reminder": 1}}
    (row,) = queries.positions_of([the(CHLOE).id])[the(CHLOE).id]
    assert (row.currency, row.overdue_minor) == ("USD", 2000)


def test_dry_run_writes_nothing(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    figures = run(day("2026-02-01"), dry_run=True)
    assert (figures.stages_entered, figures.actions) == ({"house/reminder": 1}, {"send": 1})
    assert (messages(), queries.planned_actions(the(BRUNO).id), queries.decided_through()) == ([], [], None)


def test_export_and_import_are_one(office: Office) -> None:
    import_scenario(scenario(), "test")
    facts, created = import_scenario(export_scenario("house"), "test")
    assert (facts.version, created) == (1, False)
    default, created = import_scenario(export_scenario("default"), "test")
    assert created is False
    assert [stage.age_days for stage in default.stages] == [1, 7, 14, 21, 30]


def test_explain_says_where_why_and_what_next(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-03")
    (told,) = queries.explain(the(BRUNO).id, day("2026-02-03"))
    assert (told.overdue_minor, told.days_past_due, told.stage) == (3000, 3, "reminder")
    assert told.entered_on == day("2026-02-01")
    assert told.next is not None
    assert (told.next.stage, told.next.on) == ("second", day("2026-02-07"))
    (nothing,) = queries.explain(the(ALICE).id, day("2026-02-03"))
    assert nothing.because[0].code == "nothing_overdue"


def test_money_that_comes_and_goes_back_reminds_nobody_twice(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-10")
    posted = post_receipt(ReceiptOrder(the(BRUNO).id, "P1", "EUR", 3000, day("2026-02-11"), "cheque"), "agent")
    assert queries.positions_of([the(BRUNO).id]) == {}
    reverse_receipt(the(BRUNO).id, posted.credit_id, day("2026-02-11"), "recorded on the wrong account", "agent")
    assert live("2026-02-11", "2026-02-28") == {"2026-02-14": {"house/formal": 1}}
    assert len({row.opened_on for row in queries.positions_of([the(BRUNO).id])[the(BRUNO).id]}) == 1
    assert not any(report.offenders for report in check(LAWS))


def test_a_new_policy_looks_again_at_debts_that_were_too_small(office: Office) -> None:
    import_scenario(scenario(enter='{min_amount: "200.00"}'), "test")
    office.bill("BRUNO", "F1", "100.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-03") == {}
    import_scenario(scenario(), "test")
    assert live("2026-02-04", "2026-02-04") == {"2026-02-04": {"house/reminder": 1}}


def test_an_override_counts_from_the_next_night(office: Office) -> None:
    import_scenario(scenario(enter='{min_amount: "200.00"}'), "test")
    import_scenario(scenario("strict", priority="1"), "test")
    office.bill("BRUNO", "F1", "100.00", "2026-01-01", "2026-01-31")
    assert live("2026-02-01", "2026-02-03") == {}
    override_scenario(the(BRUNO).id, "strict", "supervisor")
    assert live("2026-02-04", "2026-02-04") == {"2026-02-04": {"strict/reminder": 1}}


def test_what_arrives_before_the_first_night_has_closed_is_seen_by_the_next(office: Office) -> None:
    """The first night decided and died; an old invoice comes in before it is resumed."""
    import_scenario(scenario(), "test")
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    decide_accounts([the(ALICE).id], day("2026-02-01"))
    office.bring("invoices", {"account": "BRUNO", "number": "F9", "amount": "30.00", "issued_on": "2026-01-01",
                              "due_on": "2026-01-10"}, as_of=day("2026-02-01"))  # fmt: skip
    close_night(day("2026-02-01"), the(BRUNO).creditor_id)
    assert live("2026-02-02", "2026-02-02") == {"2026-02-02": {"house/reminder": 1}}


def test_a_nudge_from_a_transaction_that_commits_later_is_kept(office: Office) -> None:
    """Two nudges are two rows: a decision takes away those it saw, not one that was not committed yet."""
    for _ in range(2):
        nudge([the(BRUNO).id], only_pursued=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dunning_nudge WHERE account_id = %s", [the(BRUNO).id])
        assert cursor.fetchone()[0] == 2
    decide_accounts([the(BRUNO).id], day("2026-02-01"))
    assert the(BRUNO).id not in queries.due_for_decision(day("2026-02-02"), the(BRUNO).creditor_id)


def test_money_after_skipped_nights_closes_the_episode_at_once(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-06")
    post_receipt(ReceiptOrder(the(BRUNO).id, "P1", "EUR", 3000, day("2026-02-09"), "cash"), "agent")
    assert queries.positions_of([the(BRUNO).id]) == {}
    assert not any(report.offenders for report in check(LAWS))


def test_a_date_a_lifetime_ahead_is_refused(office: Office) -> None:
    with pytest.raises(Refusal, match="more than a year ahead"):
        run(day("2062-01-09"))


LAW_BREAKS = {
    "dunning.position_per_open_episode": "DELETE FROM dunning_position",
    "dunning.action_of_an_episode": "UPDATE dunning_plannedaction SET planned_on = '2020-01-01'",
    "dunning.stages_in_order": "UPDATE dunning_plannedaction SET planned_on = planned_on - 30 WHERE stage_index = 1",
    "dunning.nothing_waits_in_a_closed_episode": "UPDATE dunning_episode SET closed_on = '2026-02-09'; "
    "UPDATE dunning_plannedaction SET state = 'planned'",
}


@pytest.mark.parametrize("law", [law.name for law in LAWS])
def test_each_law_can_be_broken(office: Office, law: str) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-08")
    with connection.cursor() as cursor:
        cursor.execute(LAW_BREAKS[law])
    assert law in {report.law for report in check(LAWS) if report.offenders}
