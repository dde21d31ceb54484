"""What happens to a message after it left: reports move it on once, a dead address passes it to the next channel."""

import datetime as dt
import itertools
import threading
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from pytest_django import Settings

from relance.customers.models import BillingAccount
from relance.customers.queries import accounts
from relance.kit.refusal import Refusal
from relance.outbound import calls, queries
from relance.outbound.facts import DeliveryNotice, MessageFacts, Report
from relance.outbound.models import DeadAddress, Dispatch, MessageReceipt
from relance.outbound.services import prepare, release, resend, take_notices, take_up, transmit
from relance.worklist.queries import open_work_of
from relance.worklist.services import close_work
from tests.services.test_outbound import NIGHT, account, invoice, keeps_every_law, order, pay
from tests.shelves.test_gateways import PHONE, Provider, provider

__all__ = ["provider"]

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
NUMBERS = itertools.count(1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_business_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Phones may ring whenever the tests run."""
    monkeypatch.setattr("relance.outbound.channels.sms.Sms.quiet_zones", lambda _self, _address: ())


def sent_text(settings: Settings, provider: Provider, **fields: Any) -> int:
    """An account that owes money and was sent a text, known to the provider as `X-<account>`; its id."""
    settings.SMS_PROVIDER = "http"
    alice = account(f"R{next(NUMBERS)}", mobile="06 12 34 56 78")
    invoice(alice, f"F-{alice}")
    context = {"silence_at_minor": 500, "channels": ["email"]}
    prepare([order(alice, channel="sms", recipient=PHONE, **{"context": context, **fields})])
    provider.answer = lambda: (202, f'{{"id": "X-{alice}"}}')
    release(NIGHT)
    assert transmit() == 1
    return alice


def told(account_id: int, report: Report, reason: str = "") -> DeliveryNotice:
    return DeliveryNotice(f"X-{account_id}", report, NOON, reason)


def states(account_id: int) -> list[tuple[str, str]]:
    """The account's messages with their states, oldest first."""
    return [(message.channel, message.state) for message in reversed(queries.messages(account_id).rows)]


def newest(account_id: int) -> MessageFacts:
    return queries.messages(account_id).rows[0]


def test_a_text_is_short_and_its_report_moves_it_on_once(provider: Provider, settings: Settings) -> None:
    alice = sent_text(settings, provider)
    message = newest(alice)
    assert (message.state, message.subject, message.html) == ("sent", "", "")
    assert "45,00 €" in message.text
    assert take_notices("sms/http", [told(alice, Report.DELIVERED)]) == 1
    assert take_notices("sms/http", [told(alice, Report.DELIVERED)]) == 0
    assert states(alice) == [("sms", "delivered")]
    assert take_notices("sms/http", [told(alice, Report.OPENED)]) == 1
    assert take_notices("sms/http", [told(alice, Report.FAILED, "too late")]) == 1
    assert states(alice) == [("sms", "opened")]
    assert take_notices("sms/http", [DeliveryNotice("of-somebody-else", Report.FAILED, NOON)]) == 0
    assert keeps_every_law()


def test_what_bounced_goes_by_the_next_channel_and_its_address_is_not_used_again(
    provider: Provider, settings: Settings
) -> None:
    alice = sent_text(settings, provider)
    bounced = newest(alice)
    take_notices("sms/http", [told(alice, Report.FAILED, "no such subscriber")])
    take_notices("sms/http", [told(alice, Report.FAILED, "no such subscriber")])
    assert states(alice) == [("sms", "bounced"), ("email", "prepared")]
    assert queries.dead_addresses([alice]) == {alice: frozenset({("sms", PHONE)})}
    assert DeadAddress.objects.get().reason == "no such subscriber"
    (work,) = open_work_of(alice)
    assert (work.kind, work.state) == ("address", "open")
    assert work.detail["note"] == f"{PHONE} (sms): no such subscriber"
    close_work(work.id, "confirmed", "", "ada", NIGHT)
    assert queries.dead_addresses([alice]) == {}
    assert DeadAddress.objects.get().cleared_at is not None
    with pytest.raises(Refusal, match="another channel"):
        resend(alice, bounced.id, "ada", NIGHT)
    settings.EMAIL_HOST = ""
    take_up(NIGHT)
    release(NIGHT)
    transmit()
    assert states(alice) == [("sms", "bounced"), ("email", "sent")]
    assert keeps_every_law()


def test_whoever_paid_before_the_bounce_came_back_hears_nothing_more(provider: Provider, settings: Settings) -> None:
    alice = sent_text(settings, provider)
    pay(alice, 4_500)
    take_notices("sms/http", [told(alice, Report.FAILED, "gone")])
    release(NIGHT)
    assert states(alice) == [("sms", "bounced"), ("email", "withdrawn")]
    assert keeps_every_law()


def test_a_provider_that_refuses_a_number_at_once_passes_the_text_on(provider: Provider, settings: Settings) -> None:
    settings.SMS_PROVIDER = "twilio"
    provider.answer = lambda: (400, '{"code": 21211, "message": "invalid number"}')
    alice = account("T1", mobile="06 12 34 56 78")
    invoice(alice, "F-T1")
    prepare([order(alice, channel="sms", recipient=PHONE, context={"channels": ["letter_by_pigeon", "email"]})])
    release(NIGHT)
    transmit()
    assert states(alice) == [("sms", "failed"), ("email", "prepared")]
    with pytest.raises(Refusal, match="another channel"):
        resend(alice, queries.messages(alice).rows[1].id, "ada", NIGHT)
    assert queries.reachable(
        accounts([alice])[alice], ["sms", "email"], queries.dead_addresses([alice])[alice]
    ) == ("email", "t1@example.com")  # fmt: skip


def test_a_bounced_message_goes_again_once_a_working_address_is_known(provider: Provider, settings: Settings) -> None:
    alice = sent_text(settings, provider, context={"silence_at_minor": 500})
    take_notices("sms/http", [told(alice, Report.FAILED, "gone")])
    bounced = queries.messages(alice).rows[0]
    with pytest.raises(Refusal, match="find a working one"):
        resend(alice, bounced.id, "ada", NIGHT)
    BillingAccount.objects.filter(id=alice).update(mobile="06 98 76 54 32")
    resend(alice, bounced.id, "ada", NIGHT + dt.timedelta(days=3))
    again = queries.messages(alice).rows[0]
    assert (again.id, again.state, again.recipient, again.text) == (bounced.id, "prepared", "+33698765432", "")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'outbound.deliver' RETURNING id")
        assert cursor.fetchall(), "a worker takes it up"
    assert keeps_every_law()
    pay(alice, 4_500)
    release(NIGHT + dt.timedelta(days=3))
    assert states(alice) == [("sms", "withdrawn")]


def test_without_another_channel_a_bounce_stays_where_it_is(provider: Provider, settings: Settings) -> None:
    alice = sent_text(settings, provider, context={"silence_at_minor": 500})
    take_notices("sms/http", [told(alice, Report.FAILED, "gone")])
    assert states(alice) == [("sms", "bounced")]


def test_one_report_told_by_many_at_once_counts_once(provider: Provider, settings: Settings) -> None:
    alice = sent_text(settings, provider)
    counts: list[int] = []

    def tell() -> None:
        counts.append(take_notices("sms/http", [told(alice, Report.FAILED, "gone")]))
        close_old_connections()
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 1]
    assert states(alice) == [("sms", "bounced"), ("email", "prepared")]
    assert MessageReceipt.objects.count() == 1


def test_the_hook_takes_signed_reports_only(provider: Provider, settings: Settings, client: Client) -> None:
    alice = sent_text(settings, provider)
    body = f'{{"id": "X-{alice}", "status": "delivered"}}'.encode()
    header = calls.SIGNATURE_HEADER

    def posted(where: str = "/hooks/sms/http", secret: str = "sign", content: bytes = body) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM now())::bigint")
            (now,) = cursor.fetchone()
        signed = {header: calls.signature(secret, now, content)}
        return client.post(where, content, content_type="application/json", headers=signed).status_code

    assert posted(secret="guess") == 401
    assert posted("/hooks/sms/twilio") == 404
    assert posted("/hooks/pigeon/http") == 404
    assert posted(content=b"[") == 400
    assert posted(content=b" " * 1_000_001) == 413
    assert client.get("/hooks/sms/http").status_code == 405
    assert states(alice) == [("sms", "sent")]
    assert posted() == 204
    assert posted() == 204
    assert states(alice) == [("sms", "delivered")]


def test_at_night_a_text_waits_for_the_morning_and_is_read_again(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SMS_PROVIDER = "http"
    open_now = [False]

    def opening(*_: object) -> Any:
        from relance.legal.facts import Opening

        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            (now,) = cursor.fetchone()
        later = dt.timedelta(hours=0 if open_now[0] else 3)
        return Opening(now + later, now + later + dt.timedelta(hours=2))

    monkeypatch.setattr("relance.outbound.channels.sms.Sms.quiet_zones", lambda _self, _address: ("Europe/Paris",))
    monkeypatch.setattr("relance.outbound.rules.opening", opening)
    alice, bruno = (account(f"N{number}", mobile="06 12 34 56 78") for number in (1, 2))
    for account_id in (alice, bruno):
        invoice(account_id, f"F-{account_id}")
    prepare([order(account_id, channel="sms", recipient=PHONE) for account_id in (alice, bruno)])
    assert release(NIGHT).released == {}
    assert release(NIGHT).released == {}
    assert not queries.is_waiting(NIGHT)
    assert queries.next_hour(NIGHT) is not None
    assert newest(alice).text == ""
    pay(bruno, 4_500)
    open_now[0] = True
    Dispatch.objects.update(open_at=NOON)
    assert release(NIGHT).released == {"sms": 1}
    assert states(bruno) == [("sms", "withdrawn")]
    Dispatch.objects.update(close_at=NOON)
    assert transmit() == 0, "its hours are over"
    take_up(NIGHT)
    assert states(alice) == [("sms", "prepared")]
    assert provider.asked == []
    release(NIGHT)
    assert transmit() == 1
    assert states(alice) == [("sms", "sent")]
    assert keeps_every_law()
