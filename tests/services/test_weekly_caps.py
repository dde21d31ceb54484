"""At most so many messages a week: the one too many waits, is written afresh when its time has come, and is never lost."""

import datetime as dt
import threading

import pytest
from django.db import connection

from relance.kit.refusal import Refusal
from relance.outbound import queries
from relance.outbound.models import Dispatch
from relance.outbound.services import prepare, release, seal, set_cap, transmit
from tests.services.test_outbound import NIGHT, creditor, keeps_every_law, order, pay
from tests.services.test_print_batches import letter_to, owing

pytestmark = pytest.mark.django_db(transaction=True)


def cap(most: int | None, channel: str = "") -> bool:
    return set_cap(creditor().id, channel, most, "ada")


def states(account_id: int) -> list[str]:
    return [message.state for message in reversed(queries.messages(account_id).rows)]


def a_week_passes() -> None:
    """What was written and what waits is as old as if a week had gone by."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_dispatch SET released_at = released_at - interval '8 days', "
            "open_at = open_at - interval '8 days'"
        )


def test_the_message_too_many_waits_until_the_week_has_room_and_is_dated_then() -> None:
    alice, bruno = owing("WC1"), owing("WC2")
    cap(2)
    prepare([order(alice), order(alice), order(bruno)])
    assert release(NIGHT).released == {"email": 3}
    prepare([order(alice), order(bruno)])
    assert release(NIGHT).released == {"email": 1}
    assert states(alice) == ["released", "released", "prepared"]
    waiting = queries.messages(alice, "prepared").rows[0]
    assert waiting.reason == "weekly_cap"
    assert waiting.open_at is not None
    assert waiting.open_at > dt.datetime.now(dt.UTC) + dt.timedelta(days=6)
    assert not queries.is_waiting(NIGHT) or states(bruno) == ["released", "released"]
    assert queries.next_hour(NIGHT) == waiting.open_at
    a_week_passes()
    later = NIGHT + dt.timedelta(days=8)
    assert release(later).released == {"email": 1}
    written = queries.message(waiting.id)
    assert written is not None
    assert (written.state, written.reason) == ("released", "")
    assert f"{later.day}" in written.text
    assert keeps_every_law()


def test_messages_of_one_batch_count_too_and_who_paid_while_waiting_hears_nothing() -> None:
    alice = owing("WC3")
    cap(1)
    prepare([order(alice), order(alice), order(alice)])
    assert release(NIGHT).released == {"email": 1}
    assert states(alice) == ["released", "prepared", "prepared"]
    pay(alice, 4_500)
    a_week_passes()
    release(NIGHT + dt.timedelta(days=8))
    assert set(states(alice)) <= {"withdrawn", "released"}
    assert states(alice)[1:] == ["withdrawn", "withdrawn"]


def test_a_cap_of_a_channel_leaves_the_others_alone_and_the_law_is_never_capped() -> None:
    alice = owing("WC4")
    cap(1, "email")
    mails = [order(alice), order(alice), order(alice, template="formal_notice")]
    prepare([*mails, letter_to(alice)])
    assert release(NIGHT).released == {"email": 2, "letter": 1}
    assert states(alice) == ["released", "prepared", "released", "released"]


def test_a_letter_over_the_cap_stays_out_of_the_batch_and_the_seal_ends() -> None:
    alice = owing("WC5")
    cap(1)
    prepare([letter_to(alice, template="reminder"), letter_to(alice, template="second_reminder")])
    batch_id = seal(creditor().id, "letter", NIGHT, "ada")
    assert batch_id is not None
    assert states(alice) == ["sealed", "prepared"]
    assert seal(creditor().id, "letter", NIGHT, "ada") is None
    assert keeps_every_law()


def test_bounced_messages_leave_room_and_notices_to_staff_are_not_counted() -> None:
    alice = owing("WC6")
    cap(1)
    prepare([order(alice)])
    release(NIGHT)
    Dispatch.objects.update(state="bounced", sent_at=dt.datetime.now(dt.UTC))
    prepare([order(alice)])
    assert release(NIGHT).released == {"email": 1}


def test_two_releases_at_once_do_not_share_the_last_place_of_a_week() -> None:
    alice = owing("WC7")
    cap(1)
    prepare([order(alice)])
    together = threading.Barrier(2)

    def work(number: int) -> None:
        together.wait()
        prepare([order(alice)])
        release(NIGHT)
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    release(NIGHT)
    transmit()
    assert sorted(states(alice))[:2] == ["prepared", "prepared"]
    assert len(states(alice)) == 3


def test_caps_are_set_once_lifted_and_checked() -> None:
    assert cap(3)
    assert not cap(3)
    assert cap(4, "sms")
    assert queries.contact_caps() == {(creditor().id, ""): 3, (creditor().id, "sms"): 4}
    assert cap(None)
    assert not cap(None)
    for most in (0, 100, -1):
        with pytest.raises(Refusal, match="1 to 99"):
            cap(most)
    with pytest.raises(Refusal, match="no channel"):
        cap(1, "pigeon")
    with pytest.raises(Refusal, match="no creditor"):
        set_cap(999, "", 1, "ada")
