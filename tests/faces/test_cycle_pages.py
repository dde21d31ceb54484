"""The pages of the daily cycle: nights per creditor, live progress, broken laws, failures, and when nights run."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from relance.customers.queries import creditors
from relance.cycle import queries
from relance.cycle.models import Cycle, Failure
from relance.cycle.services import run
from relance.staff.facts import Role
from tests.cast import Office, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import queries_of, text_of

pytestmark = pytest.mark.django_db
ADDRESS = f"/cycles/{TODAY}/default/"


@pytest.fixture
def elsewhere() -> Iterator[Callable[[int], None]]:
    """Work a creditor's night in another process, as far as anybody can tell."""
    held = psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True)

    def hold(creditor_id: int) -> None:
        held.execute("SELECT pg_advisory_lock(%s, %s)", [1_380_273_217, creditor_id])

    yield hold
    held.close()


def break_a_law() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_episode (account_id, item_id, currency, version_id, opened_on) "
            "VALUES (%s, 0, 'EUR', 1, %s)",
            [the({"number": "ALICE"}).id, TODAY],
        )


def test_the_nights_of_several_creditors(portfolio: None, tmp_path: Any, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    alone = text_of(client.get("/cycles/").content)
    assert "Télécom des Îles" not in alone and "Every creditor" not in alone
    office = Office(tmp_path)
    office.bring("creditors", {"code": "isles", "name": "Télécom des Îles"})
    office.bring("accounts", {"number": "ZOE", "name": "Zoé", "creditor": "isles"})
    run(TODAY)
    assert text_of(client.get("/cycles/").content).count("Télécom des Îles") == 2, "in the filter and in the list"
    isles = next(creditor.id for creditor in creditors() if creditor.code == "isles")
    only = text_of(client.get(f"/cycles/?creditor={isles}").content)
    assert "Thursday 20 March 2025" in only and "Tuesday 18 March 2025" not in only
    choice = text_of(client.get(f"/cycles/{TODAY}/").content)
    assert "Télécom des Îles" in choice and "Télécom Rivage" in choice
    assert "Télécom des Îles" in text_of(client.get(f"/cycles/{TODAY}/isles/").content)
    assert client.get(f"/cycles/{TODAY}/nobody/").status_code == 404


def test_pages_of_nights_follow_each_other(
    portfolio: None, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relance.faces.desk.views.cycles.PAGE", 1)
    client = sign_in(Role.AGENT).client
    first = client.get("/cycles/")
    assert "Tuesday 18 March" not in text_of(first.content)
    creditor_id = creditors()[0].id
    second = text_of(client.get(f"/cycles/?before={TODAY}|{creditor_id}").content)
    assert "Tuesday 18 March" in second and "Thursday 20 March" not in second
    assert client.get("/cycles/?before=2025-03-20|x&creditor=y").status_code == 200


def test_a_running_night_is_followed_live(
    portfolio: None, sign_in: Callable[..., SignedIn], elsewhere: Callable[[int], None]
) -> None:
    client = sign_in(Role.AGENT).client
    night = Cycle.objects.get(business_date=TODAY)
    ended = client.get(ADDRESS + "progress/")
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    Cycle.objects.filter(id=night.id).update(state="running")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_step SET state = 'running', started_at = now() - interval '10 s' "
            "WHERE cycle_id = %s AND name = 'decide' RETURNING id",
            [night.id],
        )
        step_id = cursor.fetchone()[0]
        for accounts, state in (([1, 2, 3], "done"), ([4], "open")):
            cursor.execute(
                "INSERT INTO cycle_chunk (step_id, depth, accounts, state, attempts, figures, done_at) "
                "VALUES (%s, 0, %s, %s, 0, '{}', now())",
                [step_id, accounts, state],
            )
    assert "Interrupted" in text_of(client.get(ADDRESS).content), "nobody works it"
    assert "Interrupted" in text_of(client.get("/cycles/").content)
    assert client.get(ADDRESS + "progress/").status_code == 204
    elsewhere(night.creditor_id)
    whole = client.get(ADDRESS).content
    assert b'hx-trigger="every 2s"' in whole and b"progress/" in whole
    fragment = client.get(ADDRESS + "progress/")
    assert "<html" not in fragment.content.decode()
    shown = text_of(fragment.content)
    assert "Decide" in shown and "of 4 3" in shown and "of 2 1" in shown and "accounts a second" in shown


def test_broken_laws_are_named(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    break_a_law()
    tomorrow = TODAY + dt.timedelta(days=1)
    run(tomorrow)
    page = text_of(sign_in(Role.AGENT, "fr").client.get(f"/cycles/{tomorrow}/").content)
    assert "Tenu ouvert" in page and "dunning.position_per_open_episode" in page and "Règles enfreintes" in page


@pytest.fixture
def failed(portfolio: None) -> Failure:
    night = Cycle.objects.get(business_date=TODAY)
    return Failure.objects.create(
        cycle=night, step="decide", account_id=the({"number": "BRUNO"}).id, error="KeyError: <b>"
    )


def test_failures_are_shown_and_tried_again_by_administrators(
    failed: Failure, sign_in: Callable[..., SignedIn]
) -> None:
    agent = sign_in(Role.AGENT).client
    content = agent.get(ADDRESS).content
    assert b"KeyError: &lt;b&gt;" in content
    page = text_of(content)
    assert "BRUNO" in page and "Not solved" in page and "Try again" not in page
    retry = f"/cycles/failures/{failed.pk}/retry/"
    assert agent.post(retry).status_code == 403
    admin = sign_in(Role.ADMINISTRATOR).client
    assert "Try again" in text_of(admin.get(ADDRESS).content)
    assert admin.get(retry).status_code == 405
    answer = admin.post(retry, follow=True)
    assert "This time it worked" in text_of(answer.content) and "Solved" in text_of(answer.content)
    assert admin.post("/cycles/failures/999999/retry/").status_code == 404
    assert "Tried a failed account again" in text_of(admin.get("/audit/").content)


def test_a_failure_that_fails_again_says_so(
    failed: Failure, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ValueError("still bad")

    monkeypatch.setitem(__import__("relance.cycle.services.retry", fromlist=["_WORK"])._WORK, "decide", fail)
    answer = sign_in(Role.ADMINISTRATOR).client.post(f"/cycles/failures/{failed.pk}/retry/", follow=True)
    assert "It failed again: ValueError: still bad" in text_of(answer.content)
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("open", 2)


def test_nothing_is_tried_again_while_the_night_is_being_worked(
    failed: Failure,
    sign_in: Callable[..., SignedIn],
    elsewhere: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relance.cycle.locks.SECONDS_TO_WAIT", 0)
    elsewhere(failed.cycle.creditor_id)
    client = sign_in(Role.ADMINISTRATOR, "fr").client
    answer = client.post(f"/cycles/failures/{failed.pk}/retry/", follow=True)
    assert "un autre cycle du créancier default est en cours" in text_of(answer.content)


def test_more_failures_ask_no_more(failed: Failure, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    client.get(ADDRESS)
    one = queries_of(client, ADDRESS)
    Failure.objects.create(cycle=failed.cycle, step="perform", account_id=the({"number": "CHLOE"}).id, error="x")
    assert queries_of(client, ADDRESS) == one


def test_administrators_choose_when_nights_run(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.SUPERVISOR).client
    assert "When nights run" not in text_of(agent.get("/cycles/").content)
    assert agent.get("/cycles/schedule/").status_code == 403
    admin = sign_in(Role.ADMINISTRATOR).client
    assert "When nights run" in text_of(admin.get("/cycles/").content)
    page = admin.get("/cycles/schedule/").content.decode()
    assert 'value="02:00"' in page and "Europe/Paris" in page and "checked" in page
    creditor_id = creditors()[0].id
    answer = admin.post(
        "/cycles/schedule/", {"creditor": creditor_id, f"{creditor_id}-at": "04:30", f"{creditor_id}-active": "on"},
        follow=True,
    )  # fmt: skip
    assert "the night runs from 04:30" in text_of(answer.content)
    assert [(entry.at, entry.active) for entry in queries.schedules()] == [(dt.time(4, 30), True)]
    admin.post("/cycles/schedule/", {"creditor": creditor_id, f"{creditor_id}-at": "04:30"})
    assert [(entry.at, entry.active) for entry in queries.schedules()] == [(dt.time(4, 30), False)]
    wrong = admin.post("/cycles/schedule/", {"creditor": creditor_id, f"{creditor_id}-at": "25:00"})
    assert wrong.status_code == 422
    assert admin.post("/cycles/schedule/", {"creditor": "77"}).status_code == 404
