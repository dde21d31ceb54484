"""Drafts over the real database: written by some, published by another, never overwritten unread, brought back."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import translation

from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.facts import DraftState
from relance.dunning.services import (
    close_night,
    discard_draft,
    import_scenario,
    publish_draft,
    roll_back,
    save_draft,
    submit_draft,
)
from relance.kit.refusal import Refusal
from tests.cast import BRUNO, Office, the

TODAY = dt.date(2026, 3, 2)


def content(age: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "code": "house", "name": {"fr": "Maison", "en": "House"}, "priority": 10,
        "enter": {"min_amount": "15.00"}, "leave": {"max_amount": "5.00"},
        "stages": [{"code": "reminder", "age": age, "actions": [{"send": {"channel": "email", "template": "reminder"}}]}],
    } | more  # fmt: skip


def published(age: int = 1, **more: Any) -> int:
    draft = save_draft("house", content(age, **more), "claire")
    draft = submit_draft("house", "claire", draft.revision)
    before = queries.scenario("house")
    facts = publish_draft("house", "denis", draft.revision, before.version if before else None, TODAY)
    return facts.version


@pytest.mark.django_db
def test_a_draft_is_written_submitted_and_published_by_another() -> None:
    draft = save_draft("house", content(), "claire", note="  for   all ")
    assert (draft.author, draft.writers, draft.state, draft.base_version) == (
        "claire", ("claire",), DraftState.EDITING, None,
    )  # fmt: skip
    draft = submit_draft("house", "claire", draft.revision)
    assert draft.state is DraftState.SUBMITTED
    facts = publish_draft("house", "denis", draft.revision, None, TODAY)
    assert (facts.version, facts.author, facts.publisher, facts.note) == (1, "claire", "denis", "for all")
    assert facts.effective_on == TODAY
    assert facts.content == content()
    assert queries.draft("house") is None
    assert queries.scenario("house") == facts


@pytest.mark.django_db
def test_who_wrote_any_of_it_does_not_publish_it() -> None:
    draft = save_draft("house", content(), "claire")
    draft = save_draft("house", content(2), "Denis", draft.revision)
    draft = save_draft("house", content(2), "erik", draft.revision, note="only the note")
    draft = submit_draft("house", "erik", draft.revision)
    assert draft.writers == ("claire", "denis")
    for writer in ("claire", "CLAIRE", "denis", " Denis "):
        with pytest.raises(Refusal, match="another person"):
            publish_draft("house", writer, draft.revision, None, TODAY)
    assert publish_draft("house", "erik", draft.revision, None, TODAY).publisher == "erik"


@pytest.mark.django_db
def test_the_database_itself_wants_a_second_person() -> None:
    published()
    for writers in (["denis"], []):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO dunning_scenarioversion (scenario_id, number, content, author, publisher, writers) "
                "SELECT scenario_id, 9, content, author, 'Denis', %s FROM dunning_scenarioversion WHERE publisher <> ''",
                [writers],
            )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE dunning_scenarioversion SET note = 'x'", "DELETE FROM dunning_scenarioversion"]
)
def test_a_version_is_written_once(statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_nobody_overwrites_what_they_have_not_read() -> None:
    draft = save_draft("house", content(), "claire")
    save_draft("house", content(2), "denis", draft.revision)
    for stale in (
        lambda: save_draft("house", content(3), "claire", draft.revision),
        lambda: submit_draft("house", "claire", draft.revision),
        lambda: discard_draft("house", "claire", draft.revision),
        lambda: publish_draft("house", "erik", draft.revision, None, TODAY),
    ):
        with pytest.raises(Refusal, match="denis changed this draft meanwhile"):
            stale()
    with pytest.raises(Refusal, match="claire has a draft"):
        save_draft("house", content(3), "erik")
    kept = queries.draft("house")
    assert kept is not None and kept.content == content(2)


@pytest.mark.django_db
def test_a_change_takes_the_submission_back() -> None:
    draft = save_draft("house", content(), "claire")
    submitted = submit_draft("house", "claire", draft.revision)
    assert submit_draft("house", "claire", submitted.revision) == submitted
    changed = save_draft("house", content(4), "claire", submitted.revision)
    assert changed.state is DraftState.EDITING
    with pytest.raises(Refusal, match="still being written"):
        publish_draft("house", "denis", changed.revision, None, TODAY)


@pytest.mark.django_db
def test_an_unfinished_draft_is_kept_but_not_submitted() -> None:
    draft = save_draft("house", {"code": "house", "stages": [{"age": None}]}, "claire")
    places = [problem.place for problem in queries.scenario_problems(draft.content)]
    assert "stages[1].age" in places
    with pytest.raises(Refusal, match=r"stages\[1\]\.age"):
        submit_draft("house", "claire", draft.revision)


@pytest.mark.django_db
def test_what_is_not_installed_is_named_and_refused() -> None:
    stages = [
        {"code": "one", "age": 1, "actions": [{"send": {"channel": ["email", "voice"], "template": "reminder"}}]},
        {"code": "two", "age": 9, "actions": [{"review": {}}, {"restrict": {"level": "suspended"}}]},
    ]
    draft = save_draft("house", content(stages=stages), "claire")
    with pytest.raises(Refusal) as refusal:
        submit_draft("house", "claire", draft.revision)
    assert "stages[1].actions[1].send.channel: the channel voice is not installed" in str(refusal.value)
    assert "stages[2].actions[2].restrict: the action restrict is not installed" in str(refusal.value)
    assert [problem.place for problem in queries.scenario_problems(draft.content)] == [
        "stages[1].actions[1].send.channel", "stages[2].actions[2].restrict",
    ]  # fmt: skip
    with translation.override("fr"):
        assert "n’est pas installé" in queries.scenario_problems(draft.content)[0].message


@pytest.mark.django_db
def test_a_version_that_came_out_meanwhile_is_looked_at_first() -> None:
    assert published() == 1
    draft = save_draft("house", content(2), "claire")
    draft = submit_draft("house", "claire", draft.revision)
    import_scenario(queries.scenario_yaml(content(5)), "command line")
    with pytest.raises(Refusal, match="version 2 came out meanwhile"):
        publish_draft("house", "denis", draft.revision, 1, TODAY)
    assert publish_draft("house", "denis", draft.revision, 2, TODAY).version == 3


@pytest.mark.django_db
def test_a_draft_that_changes_nothing_is_not_submitted() -> None:
    published()
    draft = save_draft("house", content(enter={"min_amount": "15"}), "claire")
    with pytest.raises(Refusal, match="says the same as version 1"):
        submit_draft("house", "claire", draft.revision)


@pytest.mark.django_db
def test_an_old_version_comes_back_as_a_new_one_by_two_people() -> None:
    published(1)
    published(2)
    draft = roll_back("house", 1, "claire")
    assert (draft.state, draft.note, draft.content) == (DraftState.SUBMITTED, "Back to version 1", content(1))
    with pytest.raises(Refusal, match="another person"):
        publish_draft("house", "claire", draft.revision, 2, TODAY)
    assert publish_draft("house", "denis", draft.revision, 2, TODAY).version == 3
    with pytest.raises(Refusal, match="has no version 9"):
        roll_back("house", 9, "claire")
    with pytest.raises(Refusal, match="says the same"):
        roll_back("house", 1, "claire")
    assert queries.draft("house") is None


@pytest.mark.django_db
def test_a_discarded_draft_is_gone() -> None:
    draft = save_draft("house", content(), "claire")
    discard_draft("house", "denis", draft.revision)
    with pytest.raises(Refusal, match="published or discarded meanwhile"):
        save_draft("house", content(), "claire", draft.revision)
    assert queries.drafts() == []


@pytest.mark.django_db
def test_a_page_of_a_discarded_draft_does_not_publish_the_next_one() -> None:
    """Denis read a draft of two changes; while his page stands open it is discarded and another one gets two changes."""
    read = submit_draft("house", "claire", save_draft("house", content(), "claire").revision)
    discard_draft("house", "claire", read.revision)
    submit_draft("house", "claire", save_draft("house", content(9), "claire").revision)
    with pytest.raises(Refusal, match="changed"):
        publish_draft("house", "denis", read.revision, None, TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"code": "other"}, {}, {"code": "house", "name": "\x00"}, {"code": "house", "x": float("nan")}]
)
def test_what_cannot_be_the_draft_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        save_draft("house", wrong, "claire")


def test_a_publication_has_everything_overdue_looked_at_again(office: Office) -> None:
    office.bill("BRUNO", "F1", "9.00", "2026-01-01", "2026-01-31")
    close_night(TODAY, the(BRUNO).creditor_id)
    published(enter={"min_amount": "6.00"})
    assert the(BRUNO).id in queries.due_for_decision(TODAY + dt.timedelta(days=1), the(BRUNO).creditor_id)
    facts = queries.scenario("house")
    assert facts is not None and facts.effective_on == TODAY + dt.timedelta(days=1)


def test_what_was_stored_before_there_was_a_check_stops_no_night(office: Office) -> None:
    """Earlier releases took any parameters for actions that had no file yet; now they are refused, not tripped over."""
    odd = content(stages=[{"code": "one", "age": 1, "mandatory": True, "actions": [{"late_fee": {"percent": 3}}]}])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO dunning_scenario (code) VALUES ('house') RETURNING id")
        cursor.execute(
            "INSERT INTO dunning_scenarioversion (scenario_id, number, content, author, writers) "
            "VALUES (%s, 1, %s, 'command line', '{}')",
            [cursor.fetchone()[0], json.dumps(odd)],
        )
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    run(TODAY)
    (action,) = queries.planned_actions(the(BRUNO).id)
    assert (action.state, action.refusal) == ("refused", "not_installed")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_does() -> None:
    draft = save_draft("house", content(), "claire")
    draft = submit_draft("house", "claire", draft.revision)

    def publish(by: str) -> int | None:
        try:
            return publish_draft("house", by, draft.revision, None, TODAY).version
        except Refusal:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as two:
        assert sorted(map(str, two.map(publish, ("denis", "erik")))) == ["1", "None"]
    assert len(queries.scenario_versions("house")) == 1
