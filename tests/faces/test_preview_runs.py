"""Previews that a job makes: one at a time, shown while they are made, kept, and begun again when nobody works them."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection

from relance.dunning import queries
from relance.dunning.models import PreviewRun
from relance.dunning.services import preview_run as runs
from relance.dunning.services import request_preview, work_preview
from relance.kit.refusal import Refusal
from relance.staff.facts import Role
from tests.faces.conftest import SignedIn
from tests.faces.test_pages import text_of
from tests.faces.test_scenario_editor import AT, CODE, People, drafted
from tests.faces.test_scenario_editor import people as people

ON = {"on": "2025-03-27"}
PAGE = AT + "preview/?on=2025-03-27"


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every house counts as large, so that a job makes each preview."""
    monkeypatch.setattr(runs, "ACCOUNTS_AT_ONCE", 0)


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'dunning.preview'")
        return int(cursor.fetchone()[0])


def test_asked_twice_it_is_one_run_with_one_result(people: People) -> None:
    client = people[0].client
    drafted(client, age=5)
    for _ in range(2):
        assert client.post(AT + "preview/", ON)["Location"] == PAGE
    run = PreviewRun.objects.get()
    assert jobs() == 1 and run.state == "queued"
    waiting = client.get(PAGE)
    assert 'hx-trigger="every 2s"' in waiting.content.decode() and "Waiting for a worker" in text_of(waiting.content)
    assert "No worker has taken it up" not in text_of(waiting.content)
    assert client.get(AT + "preview/export.csv?on=2025-03-27").status_code == 404
    work_preview(run.id)
    work_preview(run.id)
    kept = client.get(PAGE)
    assert "every 2s" not in kept.content.decode() and "Bruno Promet" in text_of(kept.content)
    draft = queries.draft(CODE)
    found = queries.preview_run(CODE, dt.date(2025, 3, 27))
    assert draft is not None and found is not None
    assert found.report == queries.preview(draft.content, dt.date(2025, 3, 27)), "nothing is lost in keeping it"
    rows = b"".join(client.get(AT + "preview/export.csv?on=2025-03-27").streaming_content).decode()  # type: ignore[attr-defined]
    assert "BRUNO" in rows
    client.post(AT + "preview/", ON)
    assert PreviewRun.objects.count() == 2, "asked again after its end it is made anew"


def test_content_that_changed_meanwhile_is_told(people: People) -> None:
    client = people[0].client
    drafted(client, age=5)
    client.post(AT + "preview/", ON)
    drafted(client, age=6)
    page = text_of(client.get(PAGE).content)
    assert "The draft has changed since" in page and "Run again" in page
    client.post(AT + "preview/", ON)
    assert PreviewRun.objects.count() == 2 and "has changed since" not in text_of(client.get(PAGE).content)


def test_a_run_whose_worker_ended_can_be_run_again(people: People) -> None:
    client = people[0].client
    drafted(client)
    client.post(AT + "preview/", ON)
    PreviewRun.objects.update(state="running")
    page = client.get(PAGE).content
    assert "ended before it was done" in text_of(page) and "Run again" in text_of(page) and b"every 2s" not in page
    client.post(AT + "preview/", ON)
    assert list(PreviewRun.objects.order_by("id").values_list("state", flat=True)) == ["failed", "queued"]
    with runs.stored_previews.working(PreviewRun.objects.latest("id").id):
        PreviewRun.objects.filter(state="queued").update(state="running", done_count=3, total_count=9)
        page = client.get(PAGE).content
        assert b"every 2s" in page and "of 9" in text_of(page), "one that is worked goes on"
    work_preview(PreviewRun.objects.latest("id").id)
    assert PreviewRun.objects.latest("id").state == "done", "a job that starts again takes up what it left"


def test_without_a_worker_the_page_says_so_in_both_languages(people: People, sign_in: Callable[..., SignedIn]) -> None:
    client = people[0].client
    drafted(client)
    client.post(AT + "preview/", ON)
    PreviewRun.objects.update(requested_at=dt.datetime(2025, 3, 1, tzinfo=dt.UTC))
    assert "No worker has taken it up" in text_of(client.get(PAGE).content)
    french = sign_in(Role.SUPERVISOR, "fr", name="camille").client
    assert "Aucun processus de traitement" in text_of(french.get(PAGE).content)


@pytest.mark.parametrize(("error", "told"), [(Refusal("no such day"), "no such day"), (ValueError("x"), "the log of")])
def test_a_failed_run_says_why(people: People, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str) -> None:
    client = people[0].client
    drafted(client)
    client.post(AT + "preview/", ON)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(runs, "preview", broken)
    work_preview(PreviewRun.objects.get().id)
    page = text_of(client.get(PAGE).content)
    assert told in page and "Run again" in page


def test_old_runs_are_forgotten(people: People) -> None:
    drafted(people[0].client)
    draft = queries.draft(CODE)
    assert draft is not None
    for day in range(1, 9):
        work_preview(request_preview(draft.content, dt.date(2025, 3, day), "ada").id)
    assert sorted(run.as_of.day for run in PreviewRun.objects.all()) == [4, 5, 6, 7, 8]


def test_who_may_not_change_scenarios_starts_none(people: People, sign_in: Callable[..., SignedIn]) -> None:
    drafted(people[0].client)
    auditor = sign_in(Role.AUDITOR).client
    assert auditor.get(PAGE).status_code in {403, 404}
    assert auditor.post(AT + "preview/", ON).status_code in {403, 404}
    assert not PreviewRun.objects.exists()
