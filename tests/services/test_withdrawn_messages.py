"""Messages that a stage asked for and a hold stopped before they left: not said is not done, and it is tried again."""

import threading
import time

import pytest
from django.db import connection, transaction

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import end_hold, place_hold
from relance.customers.services import lock_accounts
from relance.dunning.laws import LAWS
from relance.dunning.services import import_scenario
from relance.kit.laws import check
from relance.outbound.services import hold_back, release, take_up
from tests.cast import BRUNO, Office, the
from tests.services.test_dunning import day, live, scenario
from tests.services.test_dunning_ladders import hold, refusals

STAGES = """
  - {code: notice, age: 1, mandatory: true, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: formal, age: 7, actions: [{send: {channel: email, template: formal_notice}}]}"""


def waiting() -> list[tuple[str, str, str, str, int | None]]:
    """Every message: its day, text, state, reason, and what it claims."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_date::text, template, state, reason, claimed_minor FROM outbound_dispatch ORDER BY id"
        )
        return cursor.fetchall()


def one_night(office: Office, stages: str = STAGES) -> None:
    """An invoice of 30.00, and a message about it that waits to be sent since the 1st of February."""
    import_scenario(scenario(stages=stages), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    assert [state for _, _, state, _, _ in waiting()] == ["prepared"]


def sound() -> bool:
    return not any(report.offenders for report in check(LAWS))


def test_a_mandatory_stage_waits_until_its_message_may_go(office: Office) -> None:
    one_night(office)
    held = hold("BRUNO", HoldKind.MANUAL, "2026-02-01")
    assert [(state, reason) for _, _, state, reason, _ in waiting()] == [("withdrawn", "hold")]
    assert refusals("BRUNO") == [("notice", "planned", "")]
    live("2026-02-02", "2026-02-12")
    assert refusals("BRUNO") == [("notice", "refused", "hold:manual")] and sound()
    end_hold(held, day("2026-02-13"), "said no more", "agent")
    live("2026-02-13", "2026-02-13")
    assert refusals("BRUNO") == [("notice", "performed", "")]
    assert release(day("2026-02-13")).released == {"email": 1}
    assert waiting() == [("2026-02-13", "second_reminder", "released", "", 3000)]
    assert live("2026-02-14", "2026-02-25") == {"2026-02-19": {"house/formal": 1}}
    assert sound()


def test_a_hold_placed_by_mistake_costs_one_night(office: Office) -> None:
    one_night(office)
    end_hold(hold("BRUNO", HoldKind.MANUAL, "2026-02-01"), day("2026-02-01"), "wrong customer", "agent")
    live("2026-02-02", "2026-02-02")
    assert waiting() == [("2026-02-02", "second_reminder", "prepared", "", None)]


def test_a_hold_that_begins_tomorrow_stops_what_still_waits_then(office: Office) -> None:
    one_night(office)
    place_hold(
        the(BRUNO).id, HoldKind.MANUAL, day("2026-02-02"), None, reason="said on the phone", by="agent", key="tomorrow",
        as_of=day("2026-02-01"),
    )  # fmt: skip
    take_up(day("2026-02-01"))
    assert [state for _, _, state, _, _ in waiting()] == ["prepared"], "it may go today"
    take_up(day("2026-02-02"))
    assert [(state, reason) for _, _, state, reason, _ in waiting()] == [("withdrawn", "hold")]
    live("2026-02-02", "2026-02-02")
    assert refusals("BRUNO") == [("notice", "refused", "hold:manual")] and sound()


def test_a_hold_that_was_known_when_the_message_was_asked_for_stops_it_no_more(office: Office) -> None:
    import_scenario(scenario(stages=STAGES), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    hold("BRUNO", HoldKind.DISPUTE, "2026-01-31", item="F1", part_minor=1000)
    live("2026-02-01", "2026-02-01")
    take_up(day("2026-02-02"))
    release(day("2026-02-02"))
    assert waiting() == [("2026-02-01", "second_reminder", "released", "", 2000)]


def test_an_item_that_is_held_leaves_the_message_to_the_others(office: Office) -> None:
    import_scenario(scenario(stages=STAGES), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "F2", "40.00", "2026-01-01", "2026-01-31")
    live("2026-02-01", "2026-02-01")
    hold("BRUNO", HoldKind.DISPUTE, "2026-02-01", item="F1")
    live("2026-02-02", "2026-02-02")
    release(day("2026-02-02"))
    assert waiting() == [("2026-02-02", "second_reminder", "released", "", 4000)]
    assert refusals("BRUNO") == [("notice", "performed", "")] and sound()


def test_a_formal_notice_is_asked_again_when_aid_is_asked_for(office: Office) -> None:
    one_night(office, "\n  - {code: formal, age: 1, actions: [{send: {channel: email, template: formal_notice}}]}")
    hold("BRUNO", HoldKind.AID_REQUEST, "2026-02-01")
    live("2026-02-02", "2026-02-02")
    assert refusals("BRUNO") == [("formal", "refused", "hold:aid_request")] and sound()


def test_what_is_withdrawn_after_the_episode_has_ended_is_not_done_again(office: Office) -> None:
    one_night(office)
    office.pay("BRUNO", "P1", "30.00", "2026-02-01", "F1")
    hold("BRUNO", HoldKind.MANUAL, "2026-02-01")
    assert refusals("BRUNO") == [("notice", "performed", "")] and sound()


@pytest.mark.django_db(transaction=True)
def test_delivery_and_whoever_holds_an_account_do_not_wait_for_each_other(office: Office) -> None:
    """Whoever has locked the account may take its words back while a delivery wants to write them."""
    one_night(office)
    figures = []

    def deliver() -> None:
        try:
            figures.append(release(day("2026-02-01")))
        finally:
            connection.close()

    delivering = threading.Thread(target=deliver)
    with transaction.atomic():
        lock_accounts([the(BRUNO).id])
        delivering.start()
        waits_for_a_lock()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM (SELECT 1 FROM outbound_dispatch FOR UPDATE NOWAIT) t")
            assert cursor.fetchone() == (1,), "the delivery holds no message while it waits"
        assert hold_back([the(BRUNO).id]) == 0
    delivering.join(20)
    assert [dict(found.released) for found in figures] == [{"email": 1}]


def waits_for_a_lock() -> None:
    """Return once another session waits for a lock."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
