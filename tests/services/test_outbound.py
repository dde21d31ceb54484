"""Messages from order to words: noted once, balance read again, withdrawn when paid, archived with a fingerprint."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import connection

from relance.customers.models import BillingAccount, Creditor
from relance.kit import laws
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.models import OpenItem
from relance.ledger.services import post_receipt
from relance.outbound import queries
from relance.outbound.facts import MessageFacts, MessageOrder
from relance.outbound.laws import LAWS
from relance.outbound.models import Dispatch
from relance.outbound.services import prepare, release, reread, resend

NIGHT = dt.date(2026, 11, 23)
KEYS = itertools.count(1)


def creditor() -> Creditor:
    """The operator of these stories."""
    return Creditor.objects.get_or_create(
        code="horizon",
        defaults={
            "name": "Télécom Horizon", "country": "FR", "email": "billing@horizon.example",
            "phone": "+33 1 84 80 12 34", "contact_name": "Camille Renaud", "iban": "FR7630006000011234567890189",
        },
    )[0]  # fmt: skip


def account(number: str, **fields: Any) -> int:
    """An account with an e-mail address; its id."""
    plain = {"creditor": creditor(), "name": f"Alice {number}", "email": f"{number.lower()}@example.com"}
    return BillingAccount.objects.create(number=number, **{**plain, **fields}).id


def invoice(
    account_id: int, number: str, minor: int = 4_500, currency: str = "EUR", due_on: dt.date | None = None
) -> int:
    """An unpaid invoice, three weeks overdue on the night; its id."""
    due_on = due_on or dt.date(2026, 11, 1)
    return OpenItem.objects.create(
        account_id=account_id, number=number, currency=currency, born_on=due_on - dt.timedelta(days=30), due_on=due_on,
        amount_minor=minor, open_minor=minor,
    ).id  # fmt: skip


def order(account_id: int, **fields: Any) -> MessageOrder:
    """A first reminder by e-mail, asked for on the night."""
    plain: dict[str, Any] = {
        "idempotency_key": next(KEYS), "account_id": account_id, "item_id": 0, "currency": "EUR", "channel": "email",
        "template": "reminder", "language": "", "recipient": f"account{account_id}@example.com",
        "business_date": NIGHT, "context": {"silence_at_minor": 500, "next_stage": "second", "next_on": "2026-12-15"},
    }  # fmt: skip
    return MessageOrder(**{**plain, **fields})


def pay(account_id: int, minor: int, received_on: dt.date = NIGHT, number: str = "P1") -> None:
    """Money arrives."""
    post_receipt(ReceiptOrder(account_id, number, "EUR", minor, received_on, "transfer"))


def only_message(account_id: int) -> MessageFacts:
    """The account's one message."""
    (found,) = queries.messages(account_id).rows
    return found


def keeps_every_law() -> bool:
    """Whether outbound's laws hold now."""
    return not [report for report in laws.check(LAWS) if report.offenders]


pytestmark = pytest.mark.django_db


def test_an_order_is_noted_once() -> None:
    alice, bruno = account("A1"), account("B1")
    orders = [order(alice), order(bruno), order(bruno, currency="USD")]
    assert prepare(orders) == 3
    assert prepare(orders) == 0
    assert prepare([*orders, order(alice)]) == 1
    assert prepare([]) == 0
    assert {message.state for message in queries.messages().rows} == {"prepared"}
    assert queries.is_waiting(NIGHT)
    assert not queries.is_waiting(NIGHT - dt.timedelta(days=1))


def test_released_words_claim_what_is_overdue_and_nothing_else() -> None:
    alice = account("A1")
    invoice(alice, "F-1", 4_500)
    invoice(alice, "F-2", 3_000, due_on=dt.date(2026, 11, 20))
    invoice(alice, "F-3", 9_900, due_on=NIGHT)
    invoice(alice, "F-4", 7_700, currency="USD")
    prepare([order(alice)])
    figures = release(NIGHT)
    assert (figures.released, figures.withdrawn) == ({"email": 1}, 0)
    message = only_message(alice)
    assert (message.state, message.claimed_minor, message.language) == ("released", 7_500, "fr")
    assert "F-1" in message.text
    assert "F-2" in message.text
    assert "F-3" not in message.text
    assert "F-4" not in message.text
    assert "75,00" in message.subject
    assert "15 décembre 2026" in message.text.replace("\u00a0", " ")
    assert message.released_at is not None
    assert release(NIGHT).released == {}
    assert keeps_every_law()


def test_an_invoice_message_names_that_invoice_alone() -> None:
    alice = account("A1", language="en")
    invoice(alice, "F-1")
    second = invoice(alice, "F-2", 3_000)
    prepare([order(alice, item_id=second)])
    release(NIGHT)
    message = only_message(alice)
    assert (message.claimed_minor, message.language) == (3_000, "en")
    assert "F-1" not in message.text


def test_whoever_paid_between_order_and_words_hears_nothing() -> None:
    paid, nearly, partly, unpaid = (account(number) for number in ("A1", "B1", "C1", "D1"))
    for each in (paid, nearly, partly, unpaid):
        invoice(each, f"F-{each}", 4_500)
    prepare([order(each) for each in (paid, nearly, partly, unpaid)])
    pay(paid, 4_500)
    pay(nearly, 4_000)
    pay(partly, 1_000)
    figures = release(NIGHT)
    assert (figures.released, figures.withdrawn) == ({"email": 2}, 2)
    assert only_message(paid).state == "withdrawn"
    assert only_message(paid).reason == "settled"
    assert only_message(nearly).state == "withdrawn"
    assert only_message(partly).claimed_minor == 3_500
    assert only_message(unpaid).claimed_minor == 4_500
    assert queries.state_counts() == {"withdrawn": 2, "released": 2}
    assert queries.released_counts(NIGHT) == {"email": 2}
    assert keeps_every_law()


def test_money_that_arrives_later_but_is_known_already_counts() -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    prepare([order(alice)])
    Dispatch.objects.update(prepared_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    pay(alice, 4_500, received_on=NIGHT + dt.timedelta(days=1))
    assert release(NIGHT).withdrawn == 1


def test_words_written_late_leave_out_what_was_paid_by_then() -> None:
    """A night worked late: money of the next days was posted before its messages were asked for."""
    paid, partly = account("A1"), account("B1")
    for each in (paid, partly):
        invoice(each, f"F-{each}")
        invoice(each, f"N-{each}", 9_900, due_on=NIGHT)
    pay(paid, 4_500, received_on=NIGHT + dt.timedelta(days=1))
    pay(partly, 1_000, received_on=NIGHT + dt.timedelta(days=3))
    prepare([order(paid), order(partly)])
    Dispatch.objects.update(prepared_at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
    figures = release(NIGHT + dt.timedelta(days=3))
    assert (figures.released, figures.withdrawn) == ({"email": 1}, 1)
    assert only_message(paid).reason == "settled"
    message = only_message(partly)
    assert message.claimed_minor == 3_500
    assert "23 novembre 2026" in message.text.replace("\u00a0", " "), "dated on the day it was asked for"
    assert "N-" not in message.text, "what is overdue only since then is not asked for"
    assert keeps_every_law()


def test_one_message_that_cannot_be_written_does_not_hold_up_the_others() -> None:
    alice, bruno = account("A1"), account("B1")
    invoice(alice, "F-1")
    invoice(bruno, "F-2")
    prepare([order(alice, template="no_such_text"), order(bruno)])
    assert release(NIGHT, limit=1).released == {"email": 1}
    failed = only_message(alice)
    assert failed.state == "failed"
    assert "no_such_text" in failed.reason
    assert only_message(bruno).state == "released"
    assert keeps_every_law()


def test_tomorrow_is_not_released_today() -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    prepare([order(alice, business_date=NIGHT + dt.timedelta(days=1))])
    assert release(NIGHT).released == {}
    assert only_message(alice).state == "prepared"


def test_the_number_of_queries_does_not_grow_with_the_batch(django_assert_num_queries: Any) -> None:
    def release_batch_of(count: int) -> None:
        ids = [account(f"Q{count}-{number}") for number in range(count)]
        for each in ids:
            invoice(each, f"F-{each}")
        prepare([order(each) for each in ids])
        with django_assert_num_queries(11):
            assert release(NIGHT).released == {"email": count}

    release_batch_of(2)
    release_batch_of(60)


def test_a_message_tried_in_vain_is_written_afresh_on_the_day_it_is_tried_again() -> None:
    alice, bruno = account("A1"), account("B1")
    invoice(alice, "F-1")
    invoice(bruno, "F-2")
    prepare([order(alice), order(bruno)])
    release(NIGHT)
    assert reread() == 0
    Dispatch.objects.update(claim=1, reason="cannot reach the mail server")
    pay(alice, 4_500, received_on=NIGHT + dt.timedelta(days=2))
    assert only_message(alice).state == "prepared", "her payment took its words back at once"
    assert reread() == 1
    assert only_message(bruno).text == ""
    figures = release(NIGHT + dt.timedelta(days=3))
    assert (figures.released, figures.withdrawn) == ({"email": 1}, 1)
    assert only_message(alice).state == "withdrawn"
    assert "26 novembre 2026" in only_message(bruno).text.replace("\u00a0", " ")
    assert keeps_every_law()


def test_a_failed_message_may_be_sent_again_to_the_present_address() -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    prepare([order(alice, recipient="old@example.com")])
    release(NIGHT)
    message = only_message(alice)
    with pytest.raises(Refusal, match="Only a message that failed"):
        resend(alice, message.id, "sam", NIGHT)
    Dispatch.objects.update(state="failed", reason="550 no such mailbox")
    resend(alice, message.id, "sam", NIGHT)
    again = only_message(alice)
    assert (again.state, again.recipient, again.text) == ("prepared", "a1@example.com", "")
    assert release(NIGHT).released == {"email": 1}
    Dispatch.objects.update(state="unknown")
    words = only_message(alice).text
    resend(alice, message.id, "sam", NIGHT)
    assert (only_message(alice).state, only_message(alice).text) == ("released", words)
    Dispatch.objects.update(state="failed")
    pay(alice, 4_500)
    with pytest.raises(Refusal, match="paid"):
        resend(alice, message.id, "sam", NIGHT)
    with pytest.raises(Refusal, match="Only"):
        resend(alice + 1, message.id, "sam", NIGHT)


def test_lists_and_timeline_tell_of_messages() -> None:
    alice, bruno = account("A1", name="Alice Aubert"), account("B1", name="Bruno Berger")
    for each in (alice, bruno):
        invoice(each, f"F-{each}")
        prepare([order(each), order(each)])
    release(NIGHT)
    first = queries.messages(limit=3)
    assert (len(first.rows), first.total, first.total_is_exact) == (3, 4, True)
    rest = queries.messages(limit=3, after=first.next_after)
    assert (len(rest.rows), rest.next_after) == (1, None)
    ids = [message.id for message in (*first.rows, *rest.rows)]
    assert ids == sorted(ids, reverse=True)
    assert {message.account_id for message in queries.messages(text="brun").rows} == {bruno}
    assert queries.messages(text="nobody").rows == []
    assert len(queries.messages(state="released").rows) == 4
    assert queries.messages(state="failed").rows == []
    assert queries.message(ids[0]) is not None
    assert queries.message(0) is None
    events = queries.timeline(alice)
    assert [event.kind for event in events] == ["message_waiting"] * 2
    assert events[0].on == NIGHT
    assert events[0].data["claimed_minor"] == 4_500
    assert {"formal_notice", "reminder", "second_reminder"} <= set(queries.template_codes())
    assert queries.has_template("reminder")
    assert not queries.has_template("nope")


@pytest.mark.parametrize(
    ("damage", "law"),
    [
        ("UPDATE outbound_dispatch SET text = text || ' '", "outbound.words_kept"),
        ("UPDATE outbound_dispatch SET html = ''", "outbound.words_kept"),
        ("UPDATE outbound_dispatch SET claimed_minor = 0", "outbound.claims_something"),
        ("UPDATE outbound_dispatch SET state = 'withdrawn'", "outbound.silent_when_settled"),
        ("UPDATE outbound_dispatch SET state = 'sent'", "outbound.sent_has_its_hour"),
        ("UPDATE outbound_dispatch SET account_id = account_id + 1000000", "outbound.account_exists"),
        (
            "INSERT INTO outbound_dispatch SELECT (jsonb_populate_record(d, jsonb_build_object('account_id', "
            "account_id + 1, 'id', id + 1000000))).* FROM outbound_dispatch d",
            "outbound.once_per_action",
        ),
    ],
)
def test_each_law_sees_its_breach(damage: str, law: str) -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    prepare([order(alice)])
    release(NIGHT)
    assert keeps_every_law()
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert law in {report.law for report in laws.check(LAWS) if report.offenders}
