"""What a message claims beside its own account's debt, and what it leaves out; messages that are called off."""

import datetime as dt

import pytest
from django.db import connection

from relance.outbound import queries
from relance.outbound.services import hold_back, prepare, release, resend, withdraw_waiting
from tests.services.test_outbound import NIGHT, account, invoice, keeps_every_law, only_message, order, pay

pytestmark = pytest.mark.django_db


def test_an_item_that_is_left_out_is_neither_listed_nor_claimed() -> None:
    alice = account("A1", language="en")
    held = invoice(alice, "F-1", 4_500)
    invoice(alice, "F-2", 3_000)
    prepare([order(alice, context={"left_out": {str(held): -1}})])
    release(NIGHT)
    message = only_message(alice)
    assert (message.state, message.claimed_minor) == ("released", 3_000)
    assert "F-1" not in message.text
    assert "set aside" not in message.text
    assert keeps_every_law()


@pytest.mark.parametrize(("language", "words"), [("en", "€20.00 of these invoices is set aside"), ("fr", "20,00 €")])
def test_a_part_that_is_left_out_is_said_and_not_claimed(language: str, words: str) -> None:
    alice = account("A1", language=language)
    held = invoice(alice, "F-1", 4_500)
    prepare([order(alice, context={"left_out": {str(held): 2_000}})])
    release(NIGHT)
    message = only_message(alice)
    assert message.claimed_minor == 2_500
    assert words in " ".join(message.text.split())
    assert "set_aside" not in message.html


def test_the_silence_threshold_is_held_against_what_is_claimed() -> None:
    alice = account("A1")
    held = invoice(alice, "F-1", 4_500)
    prepare([order(alice, context={"left_out": {str(held): 4_000}, "silence_at_minor": 500})])
    assert release(NIGHT).withdrawn == 1
    assert only_message(alice).reason == "settled"


def test_what_a_payment_covers_is_taken_off_before_what_is_left_out() -> None:
    alice = account("A1", language="en")
    held = invoice(alice, "F-1", 4_500)
    prepare([order(alice, context={"left_out": {str(held): 2_000}})])
    pay(alice, 1_000)
    release(NIGHT)
    assert only_message(alice).claimed_minor == 1_500


def test_a_parent_is_asked_for_its_family_in_one_message() -> None:
    parent, child, stranger = account("P1", language="en"), account("C1"), account("S1")
    invoice(parent, "F-P", 4_500)
    lent = invoice(child, "F-C", 3_000)
    invoice(child, "F-D", 2_000)
    invoice(stranger, "F-S", 9_000)
    prepare([order(parent, context={"family": [child], "left_out": {str(lent): -1}})])
    release(NIGHT)
    message = only_message(parent)
    assert message.claimed_minor == 6_500
    assert "F-P" in message.text
    assert "F-D" in message.text
    assert "F-C" not in message.text
    assert "F-S" not in message.text
    assert queries.messages(child).rows == []


def test_a_childs_payment_has_the_parents_message_written_anew() -> None:
    parent, child = account("P1"), account("C1")
    invoice(child, "F-C", 3_000)
    prepare([order(parent, context={"family": [child]})])
    release(NIGHT)
    assert only_message(parent).claimed_minor == 3_000
    pay(child, 3_000)
    assert hold_back([child]) == 0, "the payment itself took the words back"
    assert only_message(parent).state == "prepared"
    assert release(NIGHT).withdrawn == 1


def test_a_failed_message_of_a_family_may_go_again_while_the_family_owes() -> None:
    parent, child = account("P1"), account("C1")
    invoice(child, "F-C", 3_000)
    prepare([order(parent, context={"family": [child]})])
    release(NIGHT)
    message = only_message(parent)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbound_dispatch SET state = 'failed'")
    resend(parent, message.id, "carole", NIGHT)
    assert only_message(parent).state == "prepared"


def test_contexts_that_say_nothing_more_are_kept_short() -> None:
    alice = account("A1")
    prepare([order(alice, context={"left_out": {}, "family": [], "silence_at_minor": 1})])
    with connection.cursor() as cursor:
        cursor.execute("SELECT context::text FROM outbound_dispatch")
        assert cursor.fetchone() == ('{"silence_at_minor": 1}',)


def test_waiting_messages_are_withdrawn_with_the_reason_and_the_timeline_tells() -> None:
    alice, bruno, parent = account("A1"), account("B1"), account("P1")
    for each in (alice, bruno, parent):
        invoice(each, f"F-{each}")
    prepare([order(alice), order(bruno), order(parent, context={"family": [alice]})])
    release(NIGHT, limit=2)
    prepare([order(alice, business_date=NIGHT + dt.timedelta(days=1))])
    assert withdraw_waiting([alice], "hold: insolvency") == 3
    assert {message.state for message in queries.messages(alice).rows} == {"withdrawn"}
    assert only_message(parent).state == "withdrawn"
    assert only_message(bruno).state == "released"
    assert {event.data["reason"] for event in queries.timeline(alice)} == {"hold: insolvency"}
    assert keeps_every_law()
    assert withdraw_waiting([alice], "again") == 0
    assert withdraw_waiting([], "nobody") == 0


def test_a_message_that_is_with_its_channel_stays() -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    prepare([order(alice)])
    release(NIGHT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbound_dispatch SET state = 'sending', claim = 1")
    assert withdraw_waiting([alice], "hold") == 0
    assert only_message(alice).state == "sending"


def test_the_states_of_messages_are_found_by_action() -> None:
    alice, bruno = account("A1"), account("B1")
    invoice(alice, "F-1")
    orders = [order(alice), order(bruno)]
    prepare(orders)
    release(NIGHT)
    keys = [each.idempotency_key for each in orders]
    assert queries.message_states([alice, bruno], keys) == {keys[0]: "released", keys[1]: "withdrawn"}
    assert queries.message_states([bruno, alice], keys) == {}
    assert queries.message_states([], []) == {}
