"""Sending: each message at most once, whoever works beside us and whoever dies."""

import datetime as dt
import email
import threading
from collections.abc import Iterator, Sequence
from email.policy import default
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from pytest_django import Settings

from relance.outbound import queries
from relance.outbound.channels.email import CHANNEL, Email
from relance.outbound.facts import DeliveryReceipt, OutgoingMessage
from relance.outbound.models import Dispatch
from relance.outbound.services import deliver_batch, prepare, release, take_up, transmit
from relance.outbound.services.transmit import _LOCK_KEY
from relance.outbound.tasks import deliver, schedule_delivery
from tests.services.test_outbound import NIGHT, account, invoice, keeps_every_law, only_message, order, pay
from tests.shelves import test_channels
from tests.shelves.test_channels import MailServer

mail_server = test_channels.mail_server
outbox = test_channels.outbox

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def released(*recipients: str) -> list[int]:
    """One released message per recipient; the ids of their accounts."""
    accounts = [account(f"T{number}", email=recipient) for number, recipient in enumerate(recipients)]
    for each, recipient in zip(accounts, recipients, strict=True):
        invoice(each, f"F-{each}")
        prepare([order(each, recipient=recipient)])
    release(NIGHT)
    return accounts


def states() -> list[str]:
    """The states of all messages in the order of their ids."""
    return [message.state for message in reversed(queries.messages().rows)]


def files(outbox: Path) -> list[Path]:
    """What lies in the outbox."""
    return sorted(outbox.rglob("*"))[1:] if outbox.exists() else []


def send_all() -> int:
    """Transmit until nothing more goes; how many were settled."""
    total = 0
    while settled := transmit():
        total += settled
    return total


def deliver_all() -> int:
    """What a later attempt does; how many were settled."""
    take_up(NIGHT)
    total = 0
    while (figures := deliver_batch(NIGHT)).moved:
        total += figures.settled_count
    return total


def test_messages_go_out_over_smtp_and_each_refusal_is_kept(mail_server: MailServer) -> None:
    released("a@x.fr", "nobody@x.fr", "later@x.fr", "b@x.fr")
    assert transmit() == 3
    assert sorted(mail_server.took()) == ["a@x.fr", "b@x.fr"]
    assert states() == ["sent", "failed", "released", "sent"]
    refused, greylisted = reversed(queries.messages().rows[1:3])
    assert "no such mailbox" in refused.reason
    assert "greylisted" in greylisted.reason
    assert transmit() == 0
    assert sorted(mail_server.took()) == ["a@x.fr", "b@x.fr"]
    assert {event.kind for event in queries.timeline(refused.account_id)} == {"message_failed"}
    assert keeps_every_law()


def test_without_a_mail_server_messages_lie_in_the_outbox(outbox: Path) -> None:
    (alice,) = released("a@x.fr")
    assert send_all() == 1
    message = only_message(alice)
    (path,) = files(outbox)
    assert path == outbox / NIGHT.isoformat() / f"{message.id}.eml"
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == message.text
    assert message.sent_at is not None
    assert keeps_every_law()


def test_a_dead_mail_server_leaves_every_message_waiting_with_the_reason(settings: Settings) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    released("a@x.fr", "b@x.fr")
    assert transmit() == 0
    assert states() == ["released", "released"]
    assert all("cannot reach the mail server" in message.reason for message in queries.messages().rows)
    assert keeps_every_law()


def test_a_mail_server_that_dies_amid_a_batch_leaves_one_doubt(mail_server: MailServer) -> None:
    released("a@x.fr", "die@x.fr", "b@x.fr")
    assert transmit() == 2
    assert states() == ["sent", "unknown", "released"]
    assert send_all() == 1
    assert states() == ["sent", "unknown", "sent"]
    assert mail_server.took() == ["a@x.fr", "b@x.fr"]
    assert keeps_every_law()


def test_two_senders_share_the_work_and_send_each_message_once(mail_server: MailServer) -> None:
    recipients = [f"a{number}@x.fr" for number in range(40)]
    released(*recipients)
    start = threading.Barrier(2)

    def send() -> None:
        start.wait()
        while transmit(limit=5):
            pass
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(mail_server.took()) == sorted(recipients)
    assert mail_server.connections >= 8
    assert set(states()) == {"sent"}


def test_two_senders_fill_the_outbox_once(outbox: Path) -> None:
    released(*(f"a{number}@x.fr" for number in range(30)))
    settled: list[int] = []

    def send() -> None:
        while count := transmit(limit=4):
            settled.append(count)
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sum(settled) == 30
    assert len(files(outbox)) == 30


def test_a_dead_sender_leaves_in_doubt_only_what_it_was_handing_over(mail_server: MailServer) -> None:
    released("a@x.fr", "b@x.fr", "c@x.fr")
    Dispatch.objects.update(state="sending", claim=424_242)
    Dispatch.objects.filter(recipient="a@x.fr").update(sent_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    assert send_all() == 0
    assert states() == ["unknown", "prepared", "prepared"]
    assert deliver_all() == 2
    assert states() == ["unknown", "sent", "sent"]
    assert "sender died" in queries.messages(state="unknown").rows[0].reason
    assert mail_server.took() == ["b@x.fr", "c@x.fr"]
    assert keeps_every_law()


def test_a_living_sender_is_left_alone(mail_server: MailServer) -> None:
    released("a@x.fr")
    Dispatch.objects.update(state="sending", claim=424_242)
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    with psycopg.connect(**{k: v for k, v in parameters.items() if k != "context"}, autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({_LOCK_KEY})", [424_242])
        assert transmit() == 0
        assert states() == ["sending"]
        other.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})", [424_242])
    assert deliver_all() == 1
    assert mail_server.took() == ["a@x.fr"]


class Killed(BaseException):
    """What ends a process in the middle of its work."""


class DyingEmail(Email):
    """Dies right after handing over its second message, before anyone heard the answer."""

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """Hand over two messages, tell of one."""
        receipts = super().deliver(batch)
        yield next(receipts)
        next(receipts)
        raise Killed


def test_a_sender_killed_between_hand_over_and_answer_sends_nothing_twice(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released("a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr")
    with monkeypatch.context() as patch:
        patch.setattr(CHANNEL, "deliver", DyingEmail().deliver)
        with pytest.raises(Killed):
            transmit()
    assert states() == ["sent", "sending", "sending", "sending"]
    assert deliver_all() == 2
    assert states() == ["sent", "unknown", "sent", "sent"]
    assert mail_server.took() == ["a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr"]
    assert keeps_every_law()


def test_a_sender_killed_at_the_outbox_is_simply_repeated(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released("a@x.fr", "b@x.fr", "c@x.fr")
    with monkeypatch.context() as patch:
        patch.setattr(CHANNEL, "deliver", DyingEmail().deliver)
        with pytest.raises(Killed):
            transmit()
    assert len(files(outbox)) == 2
    assert deliver_all() == 3
    assert states() == ["sent"] * 3
    assert len(files(outbox)) == 3


def test_sending_inside_a_transaction_is_a_mistake(outbox: Path) -> None:
    released("a@x.fr")
    with pytest.raises(RuntimeError), transaction.atomic():
        transmit()
    assert files(outbox) == []
    assert send_all() == 1


def test_hostile_words_reach_one_mailbox_only(mail_server: MailServer) -> None:
    evil = "Eve\r\nBcc: all@example.com"
    alice = account(evil, name=evil, email="eve@x.fr")
    invoice(alice, evil)
    prepare([order(alice, recipient="eve@x.fr"), order(alice, recipient="eve@x.fr\nRCPT TO:<all@example.com>")])
    release(NIGHT)
    send_all()
    assert mail_server.took() == ["eve@x.fr"]
    assert mail_server.taken[0][2]["Bcc"] is None
    assert sorted(states()) == ["failed", "sent"]


def jobs() -> list[tuple[str, bool]]:
    """Waiting delivery jobs: their lock, and whether they are for later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock, scheduled_at > now() FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        return [(lock, bool(later)) for lock, later in cursor.fetchall()]


def test_asking_for_delivery_twice_is_asking_once_and_spoils_no_transaction() -> None:
    with transaction.atomic():
        schedule_delivery(NIGHT)
        schedule_delivery(NIGHT)
        account("A1")
    lanes = [f"outbound.deliver.{NIGHT}.{lane}" for lane in range(4)]
    assert [lock for lock, _ in jobs()] == lanes, "four workers may share it"
    schedule_delivery(NIGHT + dt.timedelta(days=1))
    assert len(jobs()) == 8
    with pytest.raises(Killed), transaction.atomic():
        schedule_delivery(NIGHT + dt.timedelta(days=2))
        raise Killed
    assert len(jobs()) == 8


def test_the_delivery_job_releases_and_sends(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)  # the worker's thread leaves no session behind
    paid, unpaid = account("A1"), account("B1")
    for each in (paid, unpaid):
        invoice(each, f"F-{each}")
    with transaction.atomic():
        prepare([order(paid), order(unpaid)])
        schedule_delivery(NIGHT)
    pay(paid, 4_500)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert only_message(paid).state == "withdrawn"
    assert only_message(unpaid).state == "sent"
    assert len(files(outbox)) == 1
    assert jobs() == []


def test_a_delivery_job_that_meets_no_mail_server_comes_back_and_reads_again(
    settings: Settings, mail_server: MailServer
) -> None:
    paid, unpaid = released("a@x.fr", "b@x.fr")
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    deliver(NIGHT.isoformat())
    assert states() == ["released", "released"]
    assert jobs() == [("outbound.deliver.retry", True)]
    pay(paid, 4_500)
    settings.EMAIL_PORT = port
    deliver(NIGHT.isoformat())
    assert only_message(paid).state == "withdrawn"
    assert only_message(unpaid).state == "sent"
    assert mail_server.took() == ["b@x.fr"]
    assert len(jobs()) == 1
