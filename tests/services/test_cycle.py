"""The night per creditor: what one creditor's night leaves alone, what holds it open, and when it runs by itself."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from relance.customers.queries import creditors
from relance.cycle import queries, services, tasks
from relance.cycle.services import nightly, run
from relance.dunning.queries import decided_through, planned_actions
from relance.dunning.services import import_scenario
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt
from tests.cast import ALICE, Office, the
from tests.services.test_cycle_failures import NIGHT, SCENARIO

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def two(office: Office) -> dict[str, int]:
    """Two creditors, Bruno with the one and Zoé with the other, both a day late; ids of the creditors by code."""
    office.bring("creditors", {"code": "isles", "name": "Télécom des Îles", "timezone": "Pacific/Noumea"})
    office.bring("accounts", {"number": "ZOE", "name": "Zoé", "email": "zoe@example.test", "creditor": "isles"})
    for number in ("BRUNO", "ZOE"):
        office.bill(number, f"F-{number}", "30.00", "2026-01-01", "2026-01-31")
    import_scenario(SCENARIO, "test")
    return {creditor.code: creditor.id for creditor in creditors()}


def actions_of(number: str) -> list[tuple[str, str]]:
    found = planned_actions(the({"number": number}).id)
    return sorted((action.planned_on.isoformat(), action.stage) for action in found)


def test_one_creditors_night_leaves_the_others_alone(two: dict[str, int]) -> None:
    figures = run(NIGHT, creditor_id=two["isles"])
    assert figures.accounts_evaluated == 1
    assert (len(actions_of("ZOE")), len(actions_of("BRUNO"))) == (1, 0)
    assert (decided_through(two["isles"]), decided_through(two["default"]), decided_through()) == (NIGHT, None, NIGHT)
    run(NIGHT, creditor_id=two["default"])
    assert len(actions_of("BRUNO")) == 1
    assert {night.creditor.code for night in queries.cycles_of(NIGHT)} == {"default", "isles"}


def test_without_a_creditor_every_one_is_worked_and_the_figures_are_sums(two: dict[str, int]) -> None:
    run(NIGHT, creditor_id=two["isles"])
    figures = run(NIGHT)
    assert dict(figures.stages_entered) == {"house/reminder": 2}
    assert (figures.state, figures.left_out) == ("closed", ())
    assert run(NIGHT).as_json() == figures.as_json(), "a closed date gives its recorded figures"


def test_nights_may_be_worlds_apart(two: dict[str, int]) -> None:
    """One creditor's horizon says nothing about another's."""
    run(NIGHT + 30 * DAY, creditor_id=two["isles"])
    run(NIGHT, creditor_id=two["default"])
    assert actions_of("BRUNO") == [(NIGHT.isoformat(), "reminder")]
    with pytest.raises(Refusal, match="isles"):
        run(NIGHT + DAY, creditor_id=two["isles"])
    both = run(NIGHT + DAY)
    assert len(both.left_out) == 1 and "isles" in both.left_out[0]
    assert decided_through(two["default"]) == NIGHT + DAY


def test_money_at_noon_is_decided_for_the_day_of_its_creditor(two: dict[str, int]) -> None:
    run(NIGHT + 30 * DAY, creditor_id=two["isles"])
    run(NIGHT, creditor_id=two["default"])
    for number in ("ZOE", "BRUNO"):
        account = the({"number": number})
        post_receipt(ReceiptOrder(account.id, f"P-{number}", "EUR", 3000, NIGHT, "transfer"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT b.number, e.closed_on FROM dunning_episode e JOIN customers_billingaccount b "
                       "ON b.id = e.account_id")  # fmt: skip
        assert dict(cursor.fetchall()) == {"ZOE": NIGHT + 31 * DAY, "BRUNO": NIGHT + DAY}


def test_a_creditor_without_accounts_has_no_night(office: Office) -> None:
    office.bring("creditors", {"code": "empty", "name": "Nobody's"})
    run(NIGHT)
    assert [night.creditor.code for night in queries.cycles_of(NIGHT)] == ["default"]


def break_a_law() -> None:
    """An episode of Alice, who owes nothing, without its position."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_episode (account_id, item_id, currency, version_id, opened_on) "
            "VALUES (%s, 0, 'EUR', 1, %s)",
            [the(ALICE).id, NIGHT],
        )


def mend_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dunning_episode WHERE account_id = %s", [the(ALICE).id])


def test_a_night_whose_laws_are_broken_is_held_open_until_they_are_mended(two: dict[str, int]) -> None:
    break_a_law()
    figures = run(NIGHT, creditor_id=two["default"])
    assert figures.state == "held_open"
    assert [(law.law, law.offenders) for law in figures.broken_laws] == [("dunning.position_per_open_episode", 1)]
    assert dict(figures.stages_entered) == {"house/reminder": 1}
    assert decided_through(two["default"]) is None, "no horizon moves over an open night"
    with pytest.raises(Refusal, match="held open by broken laws"):
        run(NIGHT + DAY, creditor_id=two["default"])
    again = run(NIGHT, creditor_id=two["default"])
    assert (again.state, dict(again.stages_entered)) == ("held_open", {"house/reminder": 1})
    mend_it()
    closed = run(NIGHT, creditor_id=two["default"])
    assert (closed.state, closed.broken_laws, dict(closed.stages_entered)) == ("closed", (), {"house/reminder": 1})
    assert len(actions_of("BRUNO")) == 1
    assert decided_through(two["default"]) == NIGHT


def test_the_next_date_closes_a_night_that_was_held_open(two: dict[str, int]) -> None:
    break_a_law()
    assert run(NIGHT).state == "held_open"
    mend_it()
    assert run(NIGHT + DAY).state == "closed"
    assert {(night.business_date, night.state) for night in queries.cycles()} == {
        (NIGHT, "closed"),
        (NIGHT + DAY, "closed"),
    }


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the instant that every clock shows, in UTC."""

    def choose(text: str) -> None:
        instant = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
        monkeypatch.setattr(nightly, "now_in", lambda zone: instant.astimezone(ZoneInfo(zone)))

    return choose


def due() -> list[str]:
    return [creditor.code for creditor in services.due_creditors()]


def test_a_night_is_due_from_two_in_the_creditors_own_morning(two: dict[str, int], hour: Any) -> None:
    hour("2026-02-01T14:59")
    assert due() == ["default"], "in Nouméa it is one minute before two on the 2nd; in Paris the 1st is not closed"
    hour("2026-02-01T15:00")
    assert due() == ["default", "isles"]
    services.run_due(two["isles"])
    assert (decided_through(two["isles"]), due()) == (NIGHT, ["default"])
    hour("2026-02-02T00:59")
    assert due() == [], "in Paris it is one minute before two on the 2nd"
    hour("2026-02-02T01:00")
    assert due() == ["default"]


def test_the_hour_can_be_chosen_and_the_night_left_to_people(two: dict[str, int], hour: Any) -> None:
    hour("2026-02-02T01:30")
    assert due() == ["default", "isles"]
    services.set_schedule(two["default"], dt.time(5, 30), True)
    services.set_schedule(two["isles"], dt.time(2, 0), False)
    assert due() == []
    hour("2026-02-02T04:30")
    assert due() == ["default"]
    assert [(entry.creditor.code, entry.at, entry.active) for entry in queries.schedules()] == [
        ("default", dt.time(5, 30), True),
        ("isles", dt.time(2, 0), False),
    ]


def test_nothing_runs_by_itself_for_a_date_before_the_last_closed_one(two: dict[str, int], hour: Any) -> None:
    hour("2026-02-02T12:00")
    run(NIGHT + 5 * DAY)
    assert due() == []
    assert services.run_due(two["default"]) is None


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, queueing_lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [row for row in cursor.fetchall() if row[0].startswith("cycle.")]


def test_looking_twice_asks_once_for_each_creditor(two: dict[str, int], hour: Any) -> None:
    hour("2026-02-02T12:00")
    tasks.look(0)
    tasks.look(600)
    assert jobs() == [("cycle.night", f"cycle.night.{two[code]}") for code in ("default", "isles")]


def test_a_night_held_open_is_verified_again_by_itself(two: dict[str, int], hour: Any) -> None:
    hour("2026-02-02T12:00")
    break_a_law()
    tasks.night(two["default"])
    assert due() == ["default", "isles"]
    mend_it()
    tasks.night(two["default"])
    assert due() == ["isles"]
