"""Scenarios in the desk: the list, each one with its versions, the draft from its first word to its publication by a
second person, and what is refused on the way.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from relance.dunning import queries
from relance.dunning.services import import_scenario, save_draft, submit_draft
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import SCENARIO, SignedIn
from tests.faces.test_pages import at_most, text_of

CODE = "desk_test"
AT = f"/scenarios/{CODE}/draft/"
SLOWER = SCENARIO.replace("age: 14", "age: 21")

People = tuple[SignedIn, SignedIn]


@pytest.fixture
def people(portfolio: None, sign_in: Callable[..., SignedIn]) -> People:
    """The author of a draft, and somebody who had no part in it."""
    return sign_in(Role.SUPERVISOR, name="ada"), sign_in(Role.ADMINISTRATOR, name="bob")


def content_of(client: Client) -> tuple[dict[str, Any], int]:
    """The content and the revision that the editor's page holds."""
    page = client.get(AT).content.decode()
    start = page.index('<script id="scenario-draft"')
    data = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    return data["content"], data["revision"]


def sent(client: Client, place: str, body: object) -> HttpResponse:
    """What the editor's script sends."""
    answer: HttpResponse = client.post(AT + place, json.dumps(body), content_type="application/json")  # type: ignore[assignment]
    return answer


def drafted(client: Client, age: int = 21) -> int:
    """A draft whose second stage comes later; returns its revision."""
    client.post(f"/scenarios/{CODE}/edit/")
    content, revision = content_of(client)
    content["stages"][1]["age"] = age
    answer = sent(client, "save/", {"content": content, "revision": revision})
    assert answer.status_code == 200
    return int(json.loads(answer.content)["revision"])


def verbs() -> list[str]:
    """What the audit trail holds about scenarios, oldest first."""
    return [row.verb for row in reversed(audit_rows().rows) if row.verb.startswith("scenario_")]


def test_the_list_tells_whom_and_how_many(people: People) -> None:
    client = people[0].client
    client.get("/scenarios/")
    with at_most(14):
        page = text_of(client.get("/scenarios/").content)
    assert "Residential Per account · 2 stages Anybody Reminder: 2 · €145.50 2 · €145.50 1 " in page
    assert " · tests 900 " in page
    import_scenario(
        SCENARIO.replace("kind: []", "kind: [business]").replace("code: desk_test", "code: firms")
        .replace("payment_method: []", "payment_method: [card, cash], score: {max: 40}, strategic: false"),
        "tests",
    )  # fmt: skip
    page = text_of(client.get("/scenarios/").content)
    assert "Business · paying by card or Cash · score below 40 · no strategic customer" in page


def test_the_list_asks_no_more_with_more_scenarios(people: People) -> None:
    client = people[0].client
    for number in range(12):
        import_scenario(SCENARIO.replace("code: desk_test", f"code: other-{number}"), "tests")
    client.get("/scenarios/")
    with at_most(14):
        client.get("/scenarios/")


def test_a_scenario_with_its_versions_compared(people: People) -> None:
    client = people[0].client
    import_scenario(SLOWER, "tests")
    client.get(f"/scenarios/{CODE}/")
    with at_most(14):
        page = text_of(client.get(f"/scenarios/{CODE}/").content)
    assert "version 2" in page and "day 21" in page and "2 here" in page
    earlier = text_of(client.get(f"/scenarios/{CODE}/?version=1").content)
    assert "This is version 1" in earlier and "day 14" in earlier and "Go back to version 1" in earlier
    compared = text_of(client.get(f"/scenarios/{CODE}/compare/?before=1&after=2").content)
    assert "1 difference" in compared and "14 to 21 days" in compared and "age: 21" in compared
    back = text_of(client.get(f"/scenarios/{CODE}/compare/?before=2&after=1").content)
    assert "21 to 14 days" in back
    file = client.get(f"/scenarios/{CODE}/file/?version=1")
    assert b"age: 14" in b"".join(file.streaming_content)  # type: ignore[attr-defined]
    for address in ("?version=9", "?version=x", "compare/?before=1&after=7", "compare/", "file/?version=²"):
        assert client.get(f"/scenarios/{CODE}/{address}").status_code == 404


def test_a_draft_is_kept_and_checked_as_it_is_typed(people: People) -> None:
    client = people[0].client
    assert client.post(f"/scenarios/{CODE}/edit/")["Location"] == AT
    client.get(AT)
    with at_most(22):
        assert client.get(AT).status_code == 200
    content, revision = content_of(client)
    content["stages"][1] |= {"age": 0, "min_amount": "much"}
    content["stages"][1]["actions"][0]["send"]["template"] = "poem"
    answer = sent(client, "save/", {"content": content, "revision": revision})
    told = json.loads(answer.content)
    assert answer.status_code == 200 and told["revision"] == revision + 1 and told["saved"].startswith("Saved ")
    assert {problem["place"] for problem in told["problems"]} == {
        "stages[2].age", "stages[2].min_amount", "stages[2].actions[1].send.template",
    }  # fmt: skip
    assert "min_amount: much" in told["yaml"]
    assert queries.scenario(CODE).stages[1].age_days == 14  # type: ignore[union-attr]
    page = client.get(AT).content.decode()
    assert "data-submit disabled" in page
    client.post(AT + "submit/", {"revision": told["revision"]})
    assert queries.draft(CODE).state == "editing"  # type: ignore[union-attr]


def test_yaml_goes_both_ways(people: People) -> None:
    client = people[0].client
    client.post(f"/scenarios/{CODE}/edit/")
    told = json.loads(sent(client, "read/", {"yaml": SLOWER}).content)
    assert told["content"]["stages"][1]["age"] == 21 and told["problems"] == []
    assert "readable YAML" in json.loads(sent(client, "read/", {"yaml": "a: ["}).content)["message"]
    assert "stays what it is" in json.loads(sent(client, "read/", {"yaml": "code: other"}).content)["message"]
    _content, revision = content_of(client)
    assert client.post(AT, {"yaml": SLOWER, "revision": revision})["Location"] == AT
    assert content_of(client)[0]["stages"][1]["age"] == 21
    stale = client.post(AT, {"yaml": SCENARIO, "revision": revision})
    assert stale.status_code == 422 and "changed this draft meanwhile" in text_of(stale.content)
    assert "age: 14" in stale.content.decode(), "what was typed is still there"
    assert b"age: 21" in b"".join(client.get(AT + "file/").streaming_content)  # type: ignore[attr-defined]


def test_nobody_overwrites_what_they_have_not_seen(people: People) -> None:
    ada, bob = people
    ada.client.post(f"/scenarios/{CODE}/edit/")
    content, revision = content_of(ada.client)
    assert sent(bob.client, "save/", {"content": content | {"priority": 5}, "revision": revision}).status_code == 200
    clash = sent(ada.client, "save/", {"content": content | {"priority": 6}, "revision": revision})
    told = json.loads(clash.content)
    assert clash.status_code == 409 and "bob" in told["message"] and told["revision"] == revision + 1
    assert sent(ada.client, "save/", {"content": content, "revision": told["revision"]}).status_code == 200
    ada.client.post(AT + "discard/", {"revision": told["revision"] + 1})
    gone = sent(bob.client, "save/", {"content": content, "revision": 1})
    assert gone.status_code == 409 and json.loads(gone.content)["revision"] is None


@pytest.mark.parametrize(
    "body", ["", "[]", "nothing", {}, {"content": [], "revision": 1}, {"content": {}, "revision": True}, "[" * 100_000]
)
def test_a_damaged_save_is_no_error(people: People, body: object) -> None:
    client = people[0].client
    client.post(f"/scenarios/{CODE}/edit/")
    raw = body if isinstance(body, str) else json.dumps(body)
    assert client.post(AT + "save/", raw, content_type="application/json").status_code == 400
    assert client.post(AT + "read/", raw, content_type="application/json").status_code == 200
    content, revision = content_of(client)
    assert sent(client, "save/", {"content": content | {"name": "\0"}, "revision": revision}).status_code == 422
    assert sent(client, "save/", {"content": content | {"code": "x"}, "revision": revision}).status_code == 422
    deep = json.loads("[" * 400 + "]" * 400)
    refused = sent(client, "save/", {"content": content | {"colour": deep}, "revision": revision})
    assert refused.status_code == 422 and "at most 20 levels" in json.loads(refused.content)["message"]
    assert client.get(AT).status_code == 200


def test_a_second_person_publishes(people: People) -> None:
    ada, bob = people
    revision = drafted(ada.client)
    changes = text_of(ada.client.get(AT + "changes/", headers={"HX-Request": "true"}).content)
    assert "1 difference" in changes and "14 to 21 days" in changes and "against version 1" in changes
    ada.client.post(AT + "submit/", {"revision": revision})
    own = text_of(ada.client.get(AT).content)
    assert "another person publishes it" in own and "Publish now" not in own
    listed = text_of(ada.client.get("/scenarios/").content)
    assert "Waiting for a second person" in listed
    revision += 1
    refused = ada.client.post(AT + "publish/", {"revision": revision, "over": 1}, follow=True)
    assert "you wrote this draft" in text_of(refused.content)
    page = text_of(bob.client.get(AT).content)
    assert "14 to 21 days" in page and "2 open episodes (€145.50) keep the version" in page and "Publish now" in page
    stale = bob.client.post(AT + "publish/", {"revision": revision - 1, "over": 1}, follow=True)
    assert "changed this draft meanwhile" in text_of(stale.content)
    done = bob.client.post(AT + "publish/", {"revision": revision, "over": 1}, follow=True)
    assert "Version 2 is published" in text_of(done.content)
    assert "by ada, published by bob" in text_of(done.content)
    current = queries.scenario(CODE)
    assert current is not None and current.version == 2 and current.stages[1].age_days == 21
    assert queries.draft(CODE) is None
    assert verbs() == ["scenario_drafted", "scenario_submitted", "scenario_published"]


def test_a_draft_is_sent_back_with_a_reason_and_taken_back(people: People) -> None:
    ada, bob = people
    revision = drafted(ada.client)
    ada.client.post(AT + "submit/", {"revision": revision})
    empty = bob.client.post(AT + "refuse/", {"revision": revision + 1, "reason": ""})
    assert empty.status_code == 422
    bob.client.post(AT + "refuse/", {"revision": revision + 1, "reason": "too soft"})
    draft = queries.draft(CODE)
    assert draft is not None and draft.state == "editing" and draft.note == "bob sent it back: too soft"
    assert draft.writers == ("ada",), "who sends a draft back has not written it"
    assert "bob sent it back: too soft" in text_of(ada.client.get(AT).content)
    content, revision = content_of(ada.client)
    sent(ada.client, "save/", {"content": content, "revision": revision})
    assert queries.draft(CODE).note == "bob sent it back: too soft"  # type: ignore[union-attr]
    ada.client.post(AT + "submit/", {"revision": revision + 1})
    ada.client.post(AT + "reopen/", {"revision": revision + 2})
    assert queries.draft(CODE).state == "editing"  # type: ignore[union-attr]
    assert verbs()[-3:] == ["scenario_refused", "scenario_submitted", "scenario_reopened"]


def test_two_who_depend_on_each_other_are_not_two_people(people: People) -> None:
    from relance.staff.models import User
    from relance.staff.services import create_user
    from tests.faces.conftest import PASSWORD

    ada, bob = people
    create_user("made.up", PASSWORD, Role.SUPERVISOR, "en", actor=bob.user)
    bob.client.post(f"/scenarios/{CODE}/edit/")
    content, revision = content_of(bob.client)
    content["stages"][1]["age"] = 30
    sent(bob.client, "save/", {"content": content, "revision": revision})
    bob.client.post(AT + "submit/", {"revision": revision + 1})
    ada.client.force_login(User.objects.get(username="made.up"))
    User.objects.filter(username="made.up").update(must_change_password=False)
    answer = ada.client.post(AT + "publish/", {"revision": revision + 2, "over": 1}, follow=True)
    assert "not two independent people" in text_of(answer.content)
    assert queries.scenario(CODE).version == 1  # type: ignore[union-attr]


def test_an_old_version_comes_back_through_a_second_person(people: People) -> None:
    ada, bob = people
    import_scenario(SLOWER, "tests")
    assert ada.client.post(f"/scenarios/{CODE}/roll-back/", {"version": "9"}).status_code == 404
    page = text_of(ada.client.post(f"/scenarios/{CODE}/roll-back/", {"version": "1"}, follow=True).content)
    assert "Version 1 is submitted" in page and "Back to version 1" in page
    draft = queries.draft(CODE)
    assert draft is not None and draft.state == "submitted"
    bob.client.post(AT + "publish/", {"revision": draft.revision, "over": 2})
    assert [version.stages[1].age_days for version in queries.scenario_versions(CODE)] == [14, 21, 14]
    refused = ada.client.post(f"/scenarios/{CODE}/roll-back/", {"version": "3"}, follow=True)
    assert queries.draft(CODE) is None and "error" in refused.content.decode()


def test_a_new_scenario(people: People) -> None:
    client = people[0].client
    form = {"code": "students", "name_en": "Students", "name_fr": "Étudiants", "begin": CODE}
    assert client.post("/scenarios/-/new/", form)["Location"] == "/scenarios/students/draft/"
    draft = queries.draft("students")
    assert draft is not None and draft.content["name"] == {"fr": "Étudiants", "en": "Students"}
    assert len(draft.content["stages"]) == 2 and draft.base_version is None
    again = client.post("/scenarios/-/new/", form)
    assert again.status_code == 422 and "has a draft of this scenario already" in text_of(again.content)
    for wrong in ("Students!", CODE, "", "-x"):
        assert client.post("/scenarios/-/new/", form | {"code": wrong}).status_code == 422
    assert "Students" in text_of(client.get("/scenarios/students/draft/").content)
    client.post("/scenarios/students/draft/discard/", {"revision": draft.revision})
    plain = form | {"code": "plain", "begin": ""}
    client.post("/scenarios/-/new/", plain)
    assert queries.scenario_problems(queries.draft("plain").content) == []  # type: ignore[union-attr]


def test_the_preview_compares_and_changes_nothing(people: People) -> None:
    client = people[0].client
    drafted(client, age=5)
    before = queries.stage_counts()
    asked = {"on": "2025-03-27"}
    assert client.get(AT + "preview/export.csv?on=2025-03-27").status_code == 404, "nothing is kept yet"
    page = text_of(client.post(AT + "preview/", asked, headers={"HX-Request": "true"}).content)
    assert "accounts of" in page or "account of" in page
    assert "Residential: Second reminder" in page and "Bruno Promet" in page
    assert queries.stage_counts() == before
    whole = client.get(AT + "preview/?on=2025-03-27").content.decode()
    assert "<html" in whole and f'href="{AT}preview/export.csv?on=2025-03-27"' in whole
    rows = b"".join(client.get(AT + "preview/export.csv?on=2025-03-27").streaming_content).decode()  # type: ignore[attr-defined]
    assert "BRUNO" in rows and "desk_test/second" in rows
    for wrong in ("", "x", "2031-01-01", "%00"):
        assert "within a year" in text_of(client.get(f"{AT}preview/?on={wrong}").content)
        assert "within a year" in text_of(client.post(f"{AT}preview/", {"on": wrong}).content)
    assert client.get(AT + "preview/export.csv").status_code == 404
    content, revision = content_of(client)
    content["stages"] = []
    sent(client, "save/", {"content": content, "revision": revision})
    assert "at least one stage" in text_of(client.post(AT + "preview/", asked).content)
    stale = text_of(client.get(AT + "preview/?on=2025-03-27").content)
    assert "The draft has changed since" in stale and "Run again" in stale and "Bruno Promet" in stale
    assert client.get(AT + "preview/export.csv?on=2025-03-27").status_code == 200, "the export is what the page shows"


def test_unfinished_content_breaks_no_page(people: People) -> None:
    ada, bob = people
    for content in (
        {"code": CODE},
        {"code": CODE, "stages": 7, "name": [], "applies_to": "x", "costs": []},
        {"code": CODE, "stages": [None, {"actions": [{"send": None}, {}]}, {"code": "<b>", "age": "x"}], "name": "</script>"},
    ):  # fmt: skip
        draft = queries.draft(CODE)
        save_draft(CODE, content, "ada", draft.revision if draft else None)
        for person in (ada, bob):
            answer = person.client.get(AT)
            assert answer.status_code == 200 and b"<b></b><i" not in answer.content
            assert b'"</script>' not in answer.content
        assert ada.client.get(AT + "changes/").status_code == 200
        assert ada.client.get("/scenarios/").status_code == 200


def test_who_only_looks_sees_what_a_draft_changes(people: People, sign_in: Callable[..., SignedIn]) -> None:
    revision = drafted(people[0].client)
    auditor = sign_in(Role.AUDITOR).client
    page = text_of(auditor.get(AT).content)
    assert "14 to 21 days" in page and "Being written" in page and "Submit for publication" not in page
    agent = sign_in(Role.AGENT, name="al").client
    assert "New scenario" not in text_of(agent.get("/scenarios/").content)
    assert "Edit" not in text_of(agent.get(f"/scenarios/{CODE}/").content).split("What happens")[0]
    for place in ("save/", "submit/", "publish/", "refuse/", "reopen/", "discard/", "read/"):
        assert agent.post(AT + place, {"revision": revision}).status_code == 403
    assert agent.post(AT, {"yaml": SLOWER, "revision": revision}).status_code == 302
    assert queries.draft(CODE).revision == revision  # type: ignore[union-attr]
    submit_draft(CODE, "ada", revision)
    assert "A supervisor or an administrator publishes it" in text_of(auditor.get(AT).content)


def test_french_throughout(people: People, sign_in: Callable[..., SignedIn]) -> None:
    drafted(people[0].client)
    french = sign_in(Role.SUPERVISOR, "fr", "zoe").client
    page = text_of(french.get(AT).content)
    for words in ("Soumettre à publication", "Jours de retard", "Ajouter une étape", "Mode de paiement", "Simulation"):
        assert words in page
    assert "Tout le monde" in text_of(french.get("/scenarios/").content)
    import_scenario(SCENARIO.replace("age: 14", 'age: 14, min_amount: "7.50"'), "tests")
    assert "à partir de 7,50" in text_of(french.get(f"/scenarios/{CODE}/").content)
    assert "2 différences" in text_of(french.get(AT + "changes/").content)


def test_the_words_of_a_message_are_shown_under_a_policy_of_their_own(people: People) -> None:
    client = people[0].client
    answer = client.get("/scenarios/-/texts/second_reminder/?language=fr")
    assert "sandbox" in answer["Content-Security-Policy"] and "Camille Martin" in answer.content.decode()
    assert "99,80" in answer.content.decode()
    assert client.get("/scenarios/-/texts/poem/").status_code == 404
    assert client.get("/scenarios/-/texts/..%2Freminder/").status_code == 404


def test_a_draft_that_is_not_there(people: People) -> None:
    client = people[0].client
    for place in ("", "changes/", "file/", "discard/", "preview/"):
        assert client.get(AT + place).status_code == 404
    assert client.post("/scenarios/nobody/edit/").status_code == 404
    assert client.post(f"/scenarios/{CODE}/edit/").status_code == 302
    assert client.post(f"/scenarios/{CODE}/edit/")["Location"] == AT, "the draft that exists is opened"
