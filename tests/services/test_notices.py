"""Notices to staff: the right readers, once each, in their language, over the same mail server as messages."""

from typing import Any

import pytest

from relance.outbound import queries, rules
from relance.outbound.facts import MessageFacts, NoticeOrder
from relance.outbound.services import notify_staff, prepare, release, withdraw_waiting
from relance.staff.models import User
from tests.services.test_outbound import KEYS, NIGHT, account, invoice, keeps_every_law, order, pay
from tests.services.test_outbound_transmit import deliver_all
from tests.shelves import test_channels
from tests.shelves.test_channels import MailServer

mail_server = test_channels.mail_server

DATA = {
    "scenario": "house", "stage": "formal", "on": NIGHT.isoformat(), "currency": "EUR", "overdue_minor": 123_456,
    "oldest_due_on": "2026-11-01", "subject": "",
}  # fmt: skip


def notice(account_id: int, to: str, **fields: Any) -> NoticeOrder:
    plain: dict[str, Any] = {
        "key": next(KEYS), "account_id": account_id, "to": to, "subject_code": "stage_reached", "data": DATA,
        "business_date": NIGHT,
    }  # fmt: skip
    return NoticeOrder(**{**plain, **fields})


def colleague(name: str, role: str, **fields: Any) -> User:
    return User.objects.create(username=name, role=role, **{"email": f"{name}@house.example", **fields})


def notices(account_id: int) -> dict[str, MessageFacts]:
    return {message.recipient: message for message in queries.messages(account_id).rows if message.for_staff}


@pytest.mark.django_db
def test_the_readers_of_a_notice() -> None:
    alice = account("A1", sales_rep="rep@house.example")
    nameless = account("N1", sales_rep="Mrs Martin")
    colleague("sonia", "supervisor", language="en")
    colleague("samir", "supervisor")
    colleague("left", "supervisor", is_active=False)
    colleague("silent", "supervisor", email="")
    colleague("agnes", "agent")
    orders = [
        notice(alice, "sales_rep"), notice(alice, "staff:supervisor"), notice(alice, "credit@house.example"),
        notice(nameless, "sales_rep"), notice(nameless, "staff:auditor"), notice(nameless, "no address"),
    ]  # fmt: skip
    assert notify_staff(orders) == ["", "", "", "unreachable", "unreachable", "unreachable"]
    assert notify_staff(orders) == ["", "", "", "unreachable", "unreachable", "unreachable"]
    assert {address: found.language for address, found in notices(alice).items()} == {
        "rep@house.example": "fr", "sonia@house.example": "en", "samir@house.example": "fr",
        "credit@house.example": "fr",
    }  # fmt: skip
    assert len(queries.messages(alice).rows) == 4
    assert notices(nameless) == {}


@pytest.mark.django_db
def test_a_notice_says_what_happened_in_its_readers_language() -> None:
    alice = account("A1")
    colleague("sonia", "supervisor", language="en")
    colleague("samir", "supervisor")
    notify_staff([notice(alice, "staff:supervisor")])
    assert release(NIGHT).released == {"email": 2}
    english, french = (notices(alice)[f"{name}@house.example"] for name in ("sonia", "samir"))
    assert english.subject == "Account A1: stage formal reached (€1,234.56 overdue)"
    assert "1 November 2026" in english.text.replace("\u00a0", " ")
    assert "étape formal" in french.subject
    assert "1er novembre 2026" in french.text.replace("\u00a0", " ")
    assert "<strong>formal</strong>" in french.html
    assert english.claimed_minor is None
    assert keeps_every_law()


@pytest.mark.django_db
def test_a_subject_of_the_scenarios_own_is_one_line_and_nothing_else() -> None:
    alice = account("A1", name="<b>Bobby</b>")
    sly = "Look\nBcc: all@example.com"
    notify_staff([notice(alice, "credit@house.example", data={**DATA, "subject": sly, "stage": "<i>x</i>"})])
    release(NIGHT)
    found = notices(alice)["credit@house.example"]
    assert found.subject == "Look Bcc: all@example.com"
    assert "<b>Bobby" not in found.html
    assert "<i>x" not in found.html


@pytest.mark.django_db
def test_a_notice_that_lacks_a_field_fails_with_its_reason() -> None:
    alice = account("A1")
    notify_staff(
        [notice(alice, "credit@house.example", data={}), notice(alice, "b@house.example", subject_code="none")]
    )
    assert release(NIGHT).released == {}
    assert {found.state for found in notices(alice).values()} == {"failed"}
    assert all("no words could be written" in found.reason for found in notices(alice).values())


@pytest.mark.django_db
def test_a_notice_is_no_message_to_the_customer() -> None:
    alice = account("A1")
    invoice(alice, "F-1")
    message, told = order(alice), notice(alice, "credit@house.example")
    prepare([message])
    notify_staff([told, notice(alice, "credit@house.example", key=message.idempotency_key)])
    release(NIGHT)
    assert queries.released_counts(NIGHT) == {"email": 1}
    assert queries.message_states([alice, alice], [message.idempotency_key, told.key]) == {
        message.idempotency_key: "released"
    }
    pay(alice, 4_500)
    release(NIGHT)
    assert withdraw_waiting([alice], "hold") == 0
    assert {found.state for found in notices(alice).values()} == {"released"}
    assert [event.data["for_staff"] for event in queries.timeline(alice)].count(True) == 2
    assert keeps_every_law()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_notices_go_out_over_smtp_each_once(mail_server: MailServer) -> None:
    alice = account("A1", sales_rep="rep@house.example")
    colleague("sonia", "supervisor")
    notify_staff([notice(alice, "sales_rep"), notice(alice, "staff:supervisor")])
    assert deliver_all() == 2
    assert deliver_all() == 0
    assert sorted(mail_server.took()) == ["rep@house.example", "sonia@house.example"]
    assert {found.state for found in notices(alice).values()} == {"sent"}
    assert keeps_every_law()


def test_every_notice_has_its_text_in_both_languages() -> None:
    found = [{path.stem for path in (rules.TEXTS / language / "notices").glob("*.j2")} for language in ("fr", "en")]
    assert found[0] == found[1] == set(rules.notice_codes())
    assert not set(rules.notice_codes()) & set(rules.template_codes())
