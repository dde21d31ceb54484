"""Signing in: throttled, audited, in either language, and never leading elsewhere."""

from collections.abc import Callable

import pytest
from django.test import Client

from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from relance.staff.services import create_user
from tests.faces.conftest import PASSWORD, SignedIn

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    """The audit trail's verbs, oldest first."""
    return [row.verb for row in reversed(audit_rows().rows)]


def test_sign_in_and_out_leave_a_trail(client: Client) -> None:
    create_user("nadia", PASSWORD, Role.AGENT, "fr")
    answer = client.post("/sign-in/", {"username": "nadia", "password": PASSWORD, "next": "/accounts/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/")
    assert client.get("/sign-in/").status_code == 302
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/accounts/").status_code == 302
    assert verbs() == ["staff_created", "signed_in", "signed_out"]


def test_a_refusal_does_not_say_what_was_wrong(client: Client) -> None:
    create_user("nadia", PASSWORD, Role.AGENT, "fr")
    wrong = client.post("/sign-in/", {"username": "nadia", "password": "no"}, headers={"accept-language": "en"})
    unknown = client.post("/sign-in/", {"username": "nobody", "password": "no"}, headers={"accept-language": "en"})
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "do not go together" in answer.content.decode()
    assert verbs()[1:] == ["sign_in_refused", "sign_in_refused"]


def test_five_failures_make_a_name_wait_even_with_the_right_password(client: Client) -> None:
    create_user("nadia", PASSWORD, Role.AGENT, "fr")
    create_user("paul", PASSWORD, Role.AGENT, "fr")
    for _attempt in range(5):
        assert client.post("/sign-in/", {"username": "nadia", "password": "no"}).status_code == 422
    answer = client.post("/sign-in/", {"username": "nadia", "password": PASSWORD}, headers={"accept-language": "fr"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert "Attendez quinze minutes" in answer.content.decode()
    assert client.post("/sign-in/", {"username": "paul", "password": PASSWORD}).status_code == 302


def test_twenty_failures_make_an_address_wait(client: Client) -> None:
    create_user("paul", PASSWORD, Role.AGENT, "fr")
    for number in range(20):
        assert client.post("/sign-in/", {"username": f"guess{number}", "password": "no"}).status_code == 422
    assert client.post("/sign-in/", {"username": "paul", "password": PASSWORD}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/sign-in/", {"username": "paul", "password": PASSWORD}).status_code == 302


def test_a_success_forgets_the_failures_before_it(client: Client) -> None:
    create_user("nadia", PASSWORD, Role.AGENT, "fr")
    for _round in range(2):
        for _attempt in range(4):
            client.post("/sign-in/", {"username": "nadia", "password": "no"})
        assert client.post("/sign-in/", {"username": "nadia", "password": PASSWORD}).status_code == 302
        client.logout()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(client: Client, elsewhere: str) -> None:
    create_user("nadia", PASSWORD, Role.AGENT, "fr")
    answer = client.post("/sign-in/", {"username": "nadia", "password": PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("wanted", ["abc", "desk:home", "sign_in", "//evil.example/", "/\\\\evil.example"])
def test_what_is_no_path_leads_home(client: Client, sign_in: Callable[..., SignedIn], wanted: str) -> None:
    person = sign_in()
    assert person.client.get("/sign-in/", {"next": wanted})["Location"] == "/"
    assert client.post("/language/", {"language": "fr", "next": wanted})["Location"] == "/"
    assert person.client.post("/language/", {"language": "fr", "next": wanted})["Location"] == "/"


def test_a_client_address_that_is_none_is_no_error() -> None:
    answer = Client(REMOTE_ADDR="unknown").post("/sign-in/", {"username": "nadia", "password": "no"})
    assert answer.status_code == 422


def test_a_fragment_from_a_damaged_address_leads_to_the_sign_in_page(client: Client) -> None:
    answer = client.get("/accounts/", headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert answer["HX-Redirect"] == "/sign-in/?next=/"


def test_a_deactivated_person_is_out_at_once(client: Client, sign_in: Callable[..., SignedIn]) -> None:
    boss, agent = sign_in(), sign_in(Role.AGENT)
    assert agent.client.get("/preferences/").status_code == 200
    boss.client.post(f"/staff/{agent.user.pk}/active/", {"active": "no"})
    assert agent.client.get("/preferences/").status_code == 302
    assert client.post("/sign-in/", {"username": agent.user.username, "password": PASSWORD}).status_code == 422


def test_the_language_is_each_persons_own(client: Client, sign_in: Callable[..., SignedIn]) -> None:
    assert "Sign in to the desk" in client.get("/sign-in/", headers={"accept-language": "en"}).content.decode()
    assert "Connexion au bureau" in client.get("/sign-in/", headers={"accept-language": "fr"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert "Sign in to the desk" in client.get("/sign-in/", headers={"accept-language": "fr"}).content.decode()
    agent = sign_in(Role.AGENT, "fr")
    assert "Mes préférences" in agent.client.get("/preferences/").content.decode()
    assert agent.client.post("/language/", {"language": "en", "next": "/preferences/"})["Location"] == "/preferences/"
    assert "My preferences" in agent.client.get("/preferences/").content.decode()
    agent.client.post("/language/", {"language": "xx"})
    agent.user.refresh_from_db()
    assert agent.user.language == "en"
    assert agent.client.get("/language/").status_code == 405
