"""What actions ask of other rooms: carried out in bulk, once per action, and refused with a reason one can read."""

import datetime as dt
import itertools

import pytest
from django.db import connection

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.cycle.services import run
from relance.dunning.facts import (
    Because,
    BillInterest,
    CallWebhook,
    ChargeIndemnity,
    ChargeLateFee,
    Effect,
    FlagForReview,
    MoveCreditClass,
    NotifyStaff,
    OpenWork,
    PlaceCreditHold,
    SendMessage,
)
from relance.dunning.queries import timeline
from relance.dunning.sentences import because_sentence, refusal_sentence
from relance.dunning.services import import_scenario
from relance.dunning.services.effects import EffectOrder, carry_out
from relance.ledger.services import post_indemnity, post_late_fee
from relance.outbound import queries as outbound
from relance.outbound.services import release, save_endpoint
from relance.worklist.queries import work_states
from tests.bookkeeping import act, assert_laws_hold, day, item_id
from tests.cast import ALICE, BRUNO, FABRE, Office, the

pytestmark = pytest.mark.django_db
NIGHT = day("2026-04-10")
KEYS = itertools.count(900_001)
TOWN = {"number": "TOWN", "name": "Commune de Valmont", "kind": "public"}


@pytest.fixture
def late(office: Office) -> Office:
    """Fabre owes two invoices since March, Alice one; Bruno owes nothing."""
    office.bill("FABRE", "F1", "1200.00", "2026-02-01", "2026-03-10")
    office.bill("FABRE", "F2", "300.00", "2026-03-01", "2026-03-31")
    office.bill("ALICE", "A1", "89.97", "2026-03-01", "2026-03-31")
    return office


def order(person: dict[str, str], effect: Effect, key: int = 0, item: str = "", **fields: str) -> EffectOrder:
    return EffectOrder(
        key or next(KEYS), the(person).id, item_id(person, item) if item else 0, fields.pop("currency", "EUR"), effect,
        fields.pop("by_person", ""), "house", fields.pop("stage", "second"),
    )  # fmt: skip


def charges(person: dict[str, str]) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.number, o.number, i.amount_minor FROM ledger_openitem i JOIN ledger_openitem o "
            "ON o.account_id = i.account_id AND o.id = i.origin_id WHERE i.account_id = %s ORDER BY i.id",
            [the(person).id],
        )
        return cursor.fetchall()


def test_a_fee_is_charged_on_the_oldest_invoice_once_for_each_stage(late: Office) -> None:
    first, second = order(FABRE, ChargeLateFee("10.00")), order(FABRE, ChargeLateFee("15"), stage="formal")
    assert carry_out([first], NIGHT) == [""]
    assert carry_out([first], NIGHT) == [""]
    assert carry_out([second], NIGHT) == [""]
    assert charges(FABRE) == [("FEE-F1", "F1", 1000), ("FEE-F1-1", "F1", 1500)]
    assert carry_out([order(FABRE, ChargeLateFee("5.00"), item="F2")], NIGHT) == [""]
    assert charges(FABRE)[-1] == ("FEE-F2", "F2", 500)
    assert_laws_hold()


def test_a_stages_fee_does_not_ask_for_one_charged_by_hand(late: Office) -> None:
    post_late_fee(act(FABRE, "2026-04-01"), item_id(FABRE, "F1"), 800)
    assert carry_out([order(FABRE, ChargeLateFee("10.00"))], NIGHT) == [""]
    assert [minor for *_, minor in charges(FABRE)] == [800, 1000]
    with pytest.raises(ValueError, match="needs one"):
        post_late_fee(act(FABRE, "2026-04-01"), item_id(FABRE, "F1"), 800, once_per_key=True)


def test_what_the_law_forbids_is_refused_by_its_rule_and_harms_nothing_else(late: Office) -> None:
    told: dict[int, Because] = {}
    forbidden, allowed = order(ALICE, ChargeLateFee("10.00")), order(FABRE, ChargeLateFee("10.00"))
    refusals = carry_out([forbidden, allowed], NIGHT, told)
    assert refusals == ["law:fr.consumer_costs_stay_with_creditor", ""]
    assert len(refusals[0]) <= 40
    assert charges(ALICE) == []
    assert set(told) == {forbidden.action_id}
    english, french = (because_sentence(told[forbidden.action_id], language, "EUR") for language in ("en", "fr"))
    assert "L111-8" in english
    assert "consommateur" in french
    assert refusal_sentence(refusals[0], "en") != refusals[0]


def test_the_ledgers_refusal_is_told_in_both_languages(late: Office) -> None:
    sealed = order(FABRE, ChargeLateFee("10.00"))
    told: dict[int, Because] = {}
    assert carry_out([sealed], day("2026-04-10"), told) == [""]
    again = order(FABRE, ChargeLateFee("12.00"), key=sealed.action_id)
    assert carry_out([again], NIGHT, told) == ["refused"]
    data = told[sealed.action_id].data
    assert "was used on this account" in data["en"]
    assert data["fr"] != data["en"]


def test_a_fee_needs_a_debt_of_its_currency(late: Office) -> None:
    late.bill("FABRE", "U1", "500.00", "2026-02-01", "2026-03-10", currency="USD")
    assert carry_out(
        [
            order(FABRE, ChargeLateFee("10.00", "USD")),
            order(FABRE, ChargeLateFee("10.00", "USD"), currency="USD"),
            order(BRUNO, ChargeLateFee("10.00")),
        ],
        NIGHT,
    ) == ["other_currency", "", "nothing_to_charge"]
    assert charges(FABRE) == [("FEE-U1", "U1", 1000)]


def test_an_item_on_hold_bears_no_charge(late: Office) -> None:
    place_hold(
        the(FABRE).id, HoldKind.DISPUTE, day("2026-04-01"), None, item_id=item_id(FABRE, "F1"), part_minor=None,
        born_before=None, reason="wrong price", reference="", by="carole", key="h1",
    )  # fmt: skip
    assert carry_out([order(FABRE, ChargeLateFee("10.00")), order(FABRE, ChargeIndemnity())], NIGHT) == ["", ""]
    assert charges(FABRE) == [("FEE-F2", "F2", 1000), ("IND-F2", "F2", 4000)]


def test_the_indemnity_is_charged_once_on_each_invoice_that_has_none(late: Office) -> None:
    post_indemnity(act(FABRE, "2026-04-01"), item_id(FABRE, "F2"))
    first = order(FABRE, ChargeIndemnity())
    assert carry_out([first], NIGHT) == [""]
    assert charges(FABRE) == [("IND-F2", "F2", 4000), ("IND-F1", "F1", 4000)]
    assert carry_out([order(FABRE, ChargeIndemnity()), order(BRUNO, ChargeIndemnity())], NIGHT) == [
        "charged_already",
        "nothing_to_charge",
    ]
    assert carry_out([order(ALICE, ChargeIndemnity())], NIGHT)[0].startswith("law:")
    assert_laws_hold()


def test_interest_is_billed_on_every_overdue_item_that_bears_enough(late: Office) -> None:
    bills = order(FABRE, BillInterest())
    assert carry_out([bills], NIGHT) == [""]
    assert {origin for _, origin, _ in charges(FABRE)} == {"F1", "F2"}
    assert carry_out([order(FABRE, BillInterest()), order(BRUNO, BillInterest())], NIGHT) == ["nothing_to_charge"] * 2
    assert_laws_hold()


def test_work_is_opened_once_for_its_kind_and_day(late: Office) -> None:
    orders = [
        order(FABRE, OpenWork("call", "Ring the buyer", 2)), order(ALICE, FlagForReview("large debt")),
        order(ALICE, OpenWork("dance")),
    ]  # fmt: skip
    assert carry_out(orders, NIGHT) == ["", "", "unknown_work_kind"]
    assert carry_out(orders, NIGHT) == ["", "", "unknown_work_kind"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, title, due_on::text, opened_on::text FROM worklist_workitem ORDER BY kind")
        assert cursor.fetchall() == [
            ("call", "Ring the buyer", "2026-04-12", "2026-04-10"),
            ("review", "large debt", "2026-04-10", "2026-04-10"),
        ]
    assert work_states([each.action_id for each in orders]) == {
        orders[0].action_id: "open", orders[1].action_id: "open",
    }  # fmt: skip


def test_standing_is_changed_in_bulk(late: Office) -> None:
    orders = [order(person, MoveCreditClass("watch")) for person in (FABRE, ALICE)]
    assert carry_out([*orders, order(FABRE, PlaceCreditHold(), by_person="carole")], NIGHT) == ["", "", ""]
    assert (the(FABRE).credit_class, the(ALICE).credit_class) == ("watch", "watch")
    assert (the(FABRE).credit_hold_on, the(ALICE).credit_hold_on) == (NIGHT, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, marked_by, reason FROM customers_accountmark WHERE account_id = %s ORDER BY kind",
                       [the(FABRE).id])  # fmt: skip
        assert cursor.fetchall() == [
            ("standing_class_moved", "", "house/second"),
            ("standing_hold_placed", "carole", "house/second"),
        ]


def test_staff_are_told_what_is_overdue(late: Office) -> None:
    orders = [
        order(FABRE, NotifyStaff("credit@house.example", "Fabre is late")), order(ALICE, NotifyStaff("sales_rep")),
    ]  # fmt: skip
    assert carry_out(orders, NIGHT) == ["", "nobody_to_tell"]
    release(NIGHT)
    (message,) = outbound.messages(the(FABRE).id).rows
    assert (message.subject, message.recipient, message.for_staff) == ("Fabre is late", "credit@house.example", True)
    assert "1 500,00" in message.text.replace("\u202f", " ").replace("\u00a0", " ")


def test_another_system_is_told_in_the_units_of_the_contract(late: Office) -> None:
    save_endpoint("crm", "https://example.com/hook", "ada")
    called = order(FABRE, CallWebhook("crm"))
    assert carry_out([called, order(ALICE, CallWebhook("erp"))], NIGHT) == ["", "unknown_endpoint"]
    (call,) = outbound.calls_page().rows
    assert call.payload == {
        "event": "dunning.stage_reached", "action": called.action_id, "on": "2026-04-10", "creditor": "default",
        "account": "FABRE", "scenario": "house", "stage": "second", "currency": "EUR", "overdue": "1500.00",
        "oldest_due_on": "2026-03-10",
    }  # fmt: skip


def test_effects_of_one_night_cost_a_fixed_number_of_queries(late: Office, django_assert_max_num_queries) -> None:
    save_endpoint("crm", "https://example.com/hook", "ada")
    people = [the(person).id for person in (FABRE, ALICE, BRUNO)]
    orders = [
        EffectOrder(next(KEYS), account_id, 0, "EUR", effect)
        for account_id in people * 20
        for effect in (OpenWork("call"), MoveCreditClass("watch"), PlaceCreditHold(), NotifyStaff("a@house.example"),
                       CallWebhook("crm"))
    ]  # fmt: skip
    with django_assert_max_num_queries(80):
        assert set(carry_out(orders, NIGHT)) == {""}


def test_messages_are_not_carried_out_here(late: Office) -> None:
    with pytest.raises(KeyError):
        carry_out([order(FABRE, SendMessage(("email",), "reminder"))], NIGHT)


SCENARIO = """
code: house
name: {fr: Maison, en: House}
level: account
priority: 10
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}, {late_fee: {amount: "10.00"}}]}
  - {code: second, age: 7, actions: [{late_fee: {amount: "20.00"}}, {task: {kind: call}}, {indemnity: {}}]}
"""


def test_a_scenario_charges_once_per_stage_whatever_is_run_again(office: Office) -> None:
    import_scenario(SCENARIO, "test")
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    office.bill("ALICE", "A1", "89.97", "2026-03-01", "2026-03-31")
    for offset in range(12):
        on = day("2026-03-31") + dt.timedelta(days=offset)
        run(on)
        run(on)
    assert charges(FABRE) == [("FEE-F1", "F1", 1000), ("FEE-F1-1", "F1", 2000), ("IND-F1", "F1", 4000)]
    assert charges(ALICE) == []
    refused = [event for event in timeline(the(ALICE).id) if event.data.get("action") == "late_fee"]
    assert {event.data["refusal"] for event in refused} == {"law:fr.consumer_costs_stay_with_creditor"}
    assert all(event.data["because"][-1][0] == "charge_refused" for event in refused)
    assert_laws_hold()
