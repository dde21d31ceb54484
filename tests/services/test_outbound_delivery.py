"""Delivery: what is owed is read again before words leave, whoever paid, died or was killed in between."""

import datetime as dt
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from relance.faces.console.delivery import deliver_now
from relance.faces.console.serving import run_worker
from relance.outbound import queries
from relance.outbound.models import Dispatch
from relance.outbound.services import deliver_batch, hold_back, prepare, release, settle_dead_senders, take_up, transmit
from relance.outbound.tasks import deliver, schedule_delivery
from tests.services.test_outbound import NIGHT, account, invoice, keeps_every_law, only_message, order, pay
from tests.services.test_outbound_transmit import states
from tests.shelves import test_channels
from tests.shelves.test_channels import MailServer

mail_server = test_channels.mail_server
outbox = test_channels.outbox

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def prepared(count: int) -> list[int]:
    """One prepared message for each of this many accounts; their ids."""
    accounts = [account(f"T{number}", email=f"a{number}@x.fr") for number in range(count)]
    for each in accounts:
        invoice(each, f"F-{each}")
    prepare([order(each, recipient=f"a{number}@x.fr") for number, each in enumerate(accounts)])
    return accounts


def die_sending() -> None:
    """All released messages belong to a sender that died before handing any over."""
    Dispatch.objects.filter(state="released").update(state="sending", claim=424_242)


@pytest.mark.parametrize("way", ["mail_server", "outbox"])
def test_whoever_paid_after_a_sender_died_hears_nothing(way: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(way)
    paid, unpaid = prepared(2)
    release(NIGHT)
    die_sending()
    pay(paid, 4_500)
    assert settle_dead_senders() == 2
    waiting = only_message(unpaid)
    assert (waiting.state, waiting.text, waiting.claimed_minor, waiting.released_at) == ("prepared", "", None, None)
    assert transmit() == 0
    assert keeps_every_law()
    deliver((NIGHT + dt.timedelta(days=1)).isoformat())
    assert states() == ["withdrawn", "sent"]
    assert "24 novembre 2026" in only_message(unpaid).text.replace("\u00a0", " ")
    assert keeps_every_law()


def test_the_foreground_delivery_reads_again_what_earlier_senders_left(mail_server: MailServer) -> None:
    dead, old, unpaid = prepared(3)
    release(NIGHT)
    Dispatch.objects.filter(account_id=dead).update(state="sending", claim=424_242)
    Dispatch.objects.filter(account_id=old).update(released_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    for number, each in enumerate((dead, old)):
        pay(each, 4_500, number=f"P{number}")
    assert deliver_now(NIGHT) == 1
    assert states() == ["withdrawn", "withdrawn", "sent"]
    assert mail_server.took() == ["a2@x.fr"]
    assert only_message(unpaid).state == "sent"


def test_only_what_the_next_sending_takes_gets_its_words(mail_server: MailServer) -> None:
    prepared(5)
    assert deliver_batch(NIGHT, limit=2).written_count == 2
    assert states() == ["sent", "sent", "prepared", "prepared", "prepared"]
    assert release(NIGHT, limit=1).released == {"email": 1}
    figures = deliver_batch(NIGHT, limit=1)
    assert (figures.written_count, figures.settled_count, figures.moved) == (0, 1, True)
    assert states() == ["sent", "sent", "sent", "prepared", "prepared"]
    assert mail_server.took() == ["a0@x.fr", "a1@x.fr", "a2@x.fr"]


def test_messages_tried_in_vain_do_not_hold_up_the_others(mail_server: MailServer) -> None:
    first, *_ = prepared(3)
    Dispatch.objects.filter(account_id=first).update(recipient="later@x.fr")
    take_up(NIGHT)
    while deliver_batch(NIGHT, limit=1).moved:
        pass
    assert states() == ["released", "sent", "sent"]
    assert mail_server.took() == ["a1@x.fr", "a2@x.fr"]


def loops() -> list[Any]:
    """Both ways to deliver everything."""
    return [lambda: deliver(NIGHT.isoformat()), lambda: deliver_now(NIGHT)]


@pytest.mark.parametrize("loop", loops())
def test_no_loop_releases_ahead_of_its_sending(loop: Any, outbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(450)
    waiting: list[int] = []
    from relance.outbound.services import deliver as turn

    def counting(limit: int) -> int:
        waiting.append(queries.state_counts().get("released", 0))
        return transmit(limit)

    monkeypatch.setattr(turn, "transmit", counting)
    loop()
    assert waiting[:3] == [200, 200, 50]
    assert queries.state_counts() == {"sent": 450}


def test_words_are_held_back_when_what_is_owed_changes(mail_server: MailServer) -> None:
    paid, partly, other = prepared(3)
    release(NIGHT)
    pay(paid, 4_500)
    pay(partly, 1_000, number="P2")
    with transaction.atomic():
        hold_back([paid, partly])
    assert hold_back([paid, partly]) == 0
    assert hold_back([]) == 0
    held = only_message(partly)
    assert (held.state, held.text, held.claimed_minor, held.released_at) == ("prepared", "", None, None)
    assert set(Dispatch.objects.filter(account_id=partly).values_list("content_hash", "html", "subject")) == {
        ("", "", "")
    }
    assert keeps_every_law()
    assert transmit() == 1
    assert mail_server.took() == ["a2@x.fr"]
    assert release(NIGHT + dt.timedelta(days=1)).withdrawn == 1
    assert only_message(partly).claimed_minor == 3_500
    assert "30 novembre 2026" in only_message(partly).text.replace("\u00a0", " ")
    assert only_message(other).state == "sent"
    assert hold_back([paid, other]) == 0


def test_a_message_held_back_in_another_transaction_is_not_sent(mail_server: MailServer) -> None:
    prepared(2)
    release(NIGHT)
    first = queries.messages().rows[-1]
    parameters = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")}
    with psycopg.connect(**parameters) as other:
        other.execute("UPDATE outbound_dispatch SET state = 'prepared' WHERE id = %s", [first.id])
        assert transmit() == 1
        other.commit()
    assert transmit() == 0
    assert mail_server.took() == ["a1@x.fr"]
    assert states() == ["prepared", "sent"]


def _worker(heartbeat_age: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id",
            [heartbeat_age],
        )
        return int(cursor.fetchone()[0])


def _taken_by(worker_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker_id])


def _statuses() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_job_of_a_killed_worker_is_worked_by_the_next(outbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)  # the worker's thread leaves no session behind
    prepared(1)
    schedule_delivery(NIGHT)
    _taken_by(_worker("1 hour"))
    run_worker(wait=False)
    assert states() == ["sent"]
    assert _statuses() == []


def test_a_job_of_a_killed_worker_asked_for_again_is_worked_once(outbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    prepared(1)
    schedule_delivery(NIGHT)
    _taken_by(_worker("1 hour"))
    schedule_delivery(NIGHT)
    assert _statuses() == ["doing"] * 4 + ["todo"] * 4, "one for each lane"
    run_worker(wait=False)
    assert states() == ["sent"]
    assert _statuses() == []


def test_the_job_of_a_living_worker_is_left_to_it(outbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    prepared(1)
    schedule_delivery(NIGHT)
    _taken_by(_worker("5 seconds"))
    run_worker(wait=False)
    assert states() == ["prepared"]
    assert _statuses() == ["doing"] * 4
