"""One account whose work fails or is slow never stops the others: it is set apart, recorded, and tried again."""

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError, connection

from relance.cycle import chunks, queries
from relance.cycle.facts import FailureFacts
from relance.cycle.services import retry_failure, run
from relance.dunning.queries import planned_actions
from relance.dunning.services import import_scenario
from relance.dunning.services.decide import decide_accounts
from tests.cast import Office, the

pytestmark = pytest.mark.django_db

NIGHT = dt.date(2026, 2, 2)
SCENARIO = """
code: house
name: {fr: Maison, en: House}
level: account
priority: 10
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 3, actions: [{send: {channel: email, template: second_reminder}}]}
"""
NUMBERS = tuple(f"N{place:02d}" for place in range(40))


@pytest.fixture
def crowd(db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Forty accounts a day late, worked in chunks of ten; their ids by number."""
    monkeypatch.setattr(chunks, "SMALLEST_CHUNK", 10)
    monkeypatch.setattr(chunks, "LARGEST_CHUNK", 10)
    office = Office(tmp_path)
    office.bring("accounts", *({"number": n, "name": n, "email": f"{n}@example.test"} for n in NUMBERS))
    office.bring(
        "invoices",
        *({"account": n, "number": f"F-{n}", "amount": "30.00", "issued_on": "2026-01-01", "due_on": "2026-01-31"}
          for n in NUMBERS),
    )  # fmt: skip
    import_scenario(SCENARIO, "test")
    return {number: the({"number": number}).id for number in NUMBERS}


def trap(what: str, *account_ids: int) -> None:
    """Do something in the database whenever an episode of one of these accounts is opened."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NEW; END $$"
        )
        cursor.execute("DROP TRIGGER IF EXISTS trap ON dunning_episode")
        cursor.execute(
            "CREATE TRIGGER trap BEFORE INSERT ON dunning_episode FOR EACH ROW "
            f"WHEN (NEW.account_id IN ({', '.join(map(str, account_ids))})) EXECUTE FUNCTION trap()"
        )


def spring() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER trap ON dunning_episode")


def failures_of(business_date: dt.date) -> list[FailureFacts]:
    (night,) = queries.cycles_of(business_date)
    return queries.failures(night.id)


def reminded(crowd: dict[str, int]) -> set[str]:
    return {number for number, account_id in crowd.items() if planned_actions(account_id)}


def test_an_account_that_fails_stands_alone_and_is_tried_the_next_night(crowd: dict[str, int]) -> None:
    trap("RAISE EXCEPTION 'bad row'", crowd["N07"], crowd["N23"])
    figures = run(NIGHT)
    assert (figures.state, figures.failures, figures.accounts_evaluated) == ("closed", 2, 38)
    assert reminded(crowd) == set(NUMBERS) - {"N07", "N23"}
    found = failures_of(NIGHT)
    assert [(one.step, one.account_id, one.attempts, one.state) for one in found] == [
        ("decide", crowd["N07"], 2, "open"),
        ("decide", crowd["N23"], 2, "open"),
    ]
    assert "bad row" in found[0].error
    spring()
    following = run(NIGHT + dt.timedelta(days=1))
    assert dict(following.stages_entered) == {"house/reminder": 2}
    assert following.failures == 0
    assert {one.state for one in failures_of(NIGHT)} == {"solved"}
    assert run(NIGHT).failures == 2, "the figures of a closed night stay as they were"


def test_the_accounts_beside_it_are_decided_once(crowd: dict[str, int]) -> None:
    trap("RAISE EXCEPTION 'bad row'", crowd["N00"])
    run(NIGHT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(n) FROM (SELECT count(*) AS n FROM outbound_dispatch GROUP BY account_id) t")
        assert cursor.fetchone()[0] == 1


def test_a_slow_statement_is_cut_and_its_account_stands_alone(crowd: dict[str, int], settings: Any) -> None:
    settings.CYCLE_ACCOUNT_SECONDS, settings.CYCLE_CHUNK_SECONDS = 0.4, 0.4
    trap("PERFORM pg_sleep(30)", crowd["N15"])
    started = time.monotonic()
    figures = run(NIGHT)
    assert time.monotonic() - started < 15
    assert (figures.failures, figures.accounts_evaluated) == (1, 39)
    assert "statement timeout" in failures_of(NIGHT)[0].error


def test_slow_work_between_statements_is_noticed(
    crowd: dict[str, int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CYCLE_ACCOUNT_SECONDS, settings.CYCLE_CHUNK_SECONDS = 0.3, 0.3

    def dawdle(account_ids: Sequence[int], as_of: dt.date) -> Any:
        if crowd["N31"] in account_ids:
            time.sleep(0.5)
        return decide_accounts(account_ids, as_of)

    monkeypatch.setattr("relance.cycle.steps.decide.decide_accounts", dawdle)
    figures = run(NIGHT)
    assert (figures.failures, figures.accounts_evaluated) == (1, 39)
    assert "longer than 0.3 seconds" in failures_of(NIGHT)[0].error


def test_when_everybody_fails_no_account_is_to_blame_and_the_night_stops(crowd: dict[str, int], settings: Any) -> None:
    settings.CYCLE_HUNT_SECONDS = 0
    trap("RAISE EXCEPTION 'bad day'", *crowd.values())
    with pytest.raises(Exception, match="bad day"):
        run(NIGHT)
    assert queries.cycles_of(NIGHT)[0].state == "failed"
    spring()
    figures = run(NIGHT)
    assert (figures.state, figures.failures, figures.accounts_evaluated) == ("closed", 0, 40)


def test_a_night_in_which_most_accounts_fail_does_not_close(
    crowd: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each was found to fail by itself; still something common to all must be wrong."""
    monkeypatch.setattr(chunks, "FAILURES_TO_DOUBT", 20)
    trap("RAISE EXCEPTION 'bad day'", *list(crowd.values())[:21])
    with pytest.raises(RuntimeError, match="21 accounts failed in step decide and only 19 were worked"):
        run(NIGHT)
    assert len(failures_of(NIGHT)) == 21
    spring()
    figures = run(NIGHT)
    assert (figures.state, figures.failures, figures.accounts_evaluated) == ("closed", 0, 40)
    assert {one.state for one in failures_of(NIGHT)} == {"solved"}


def test_a_hunt_that_takes_too_long_takes_the_rest_as_a_whole(crowd: dict[str, int], settings: Any) -> None:
    settings.CYCLE_HUNT_SECONDS = 0
    trap("RAISE EXCEPTION 'bad row'", crowd["N15"])
    figures = run(NIGHT)
    assert (figures.failures, figures.accounts_evaluated) == (10, 30)


def test_trouble_of_the_machine_is_nobodys_failure(crowd: dict[str, int]) -> None:
    trap("RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'", crowd["N07"])
    with pytest.raises(DatabaseError, match="no space left"):
        run(NIGHT)
    assert failures_of(NIGHT) == []
    spring()
    assert run(NIGHT).accounts_evaluated == 40
    trap("RAISE EXCEPTION 'too large' USING ERRCODE = 'out_of_memory'", crowd["N07"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dunning_episode WHERE account_id = %s", [crowd["N07"]])
        cursor.execute("DELETE FROM dunning_position WHERE account_id = %s", [crowd["N07"]])
        cursor.execute("INSERT INTO dunning_nudge (account_id) VALUES (%s)", [crowd["N07"]])
        cursor.execute("DELETE FROM dunning_plannedaction WHERE account_id = %s", [crowd["N07"]])
    assert run(NIGHT + dt.timedelta(days=1)).failures == 1, "a query too large for the server is of one account"


def test_a_failure_is_tried_again_by_hand(crowd: dict[str, int]) -> None:
    trap("RAISE EXCEPTION 'bad row'", crowd["N07"])
    run(NIGHT)
    (failed,) = failures_of(NIGHT)
    again = retry_failure(failed.id)
    assert (again.state, again.attempts) == ("open", 3)
    spring()
    assert retry_failure(failed.id).state == "solved"
    assert reminded(crowd) == set(NUMBERS)
    assert retry_failure(failed.id).attempts == 3, "a solved one is left alone"
    with pytest.raises(LookupError):
        retry_failure(failed.id + 1000)


def test_a_failure_tried_days_later_is_decided_for_the_last_closed_night(crowd: dict[str, int]) -> None:
    trap("RAISE EXCEPTION 'bad row'", crowd["N07"])
    for offset in range(3):
        run(NIGHT + dt.timedelta(days=offset))
    spring()
    retry_failure(failures_of(NIGHT)[0].id)
    assert [action.planned_on for action in planned_actions(crowd["N07"])] == [NIGHT + dt.timedelta(days=2)]
    assert {one.state for offset in range(3) for one in failures_of(NIGHT + dt.timedelta(days=offset))} == {"solved"}


def test_a_failing_retry_of_an_action_leaves_the_others_alone(crowd: dict[str, int]) -> None:
    """The perform step sets accounts apart in the same way."""
    run(NIGHT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dunning_plannedaction SET state = 'planned', performed_at = NULL")
        cursor.execute(
            "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad row'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER trap BEFORE UPDATE ON dunning_plannedaction FOR EACH ROW "
            f"WHEN (NEW.account_id = {crowd['N11']}) EXECUTE FUNCTION trap()"
        )
    figures = run(NIGHT + dt.timedelta(days=1))
    assert (figures.failures, figures.actions["send"]) == (1, 39)
    assert [one.step for one in failures_of(NIGHT + dt.timedelta(days=1))] == ["perform"]
