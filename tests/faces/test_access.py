"""Every address of the desk: closed to strangers, and to roles without the permission it names."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from relance.faces.desk.access import PUBLIC, SIGNED_IN
from relance.staff import facts
from relance.staff.facts import PERMISSIONS, Permission, Role
from tests.faces.conftest import SignedIn

pytestmark = pytest.mark.django_db


def patterns() -> Iterator[tuple[str, str, str]]:
    """Name, an example address and the access of every view."""
    examples = {
        "account_id": "1",
        "credit_id": "1",
        "item_id": "1",
        "exclusion_id": "1",
        "message_id": "1",
        "user_id": "1",
        "work_item_id": "1",
        "hold_id": "1",
        "call_id": "1",
        "request_id": "1",
        "deposit_id": "1",
        "rate_id": "1",
        "series": "x",
        "template": "x",
        "episode_id": "1",
        "action_id": "1",
        "code": "x",
        "business_date": "2025-03-20",
        "failure_id": "1",
        "batch_id": "1",
        "written_in": "fr",
        "creditor_id": "1",
    }
    desk = (each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "desk")
    for resolver in desk:
        assert isinstance(resolver, URLResolver)
        for pattern in resolver.url_patterns:
            assert isinstance(pattern, URLPattern)
            path = str(pattern.pattern)
            for name, converter in pattern.pattern.converters.items():
                kind = next(code for code in ("id", "code", "isodate") if f"<{code}:{name}>" in path)
                path = path.replace(f"<{kind}:{name}>", examples[name])
                assert converter is not None
            assert hasattr(pattern.callback, "access"), f"{pattern.name} names no access"
            yield str(pattern.name), "/" + path, str(pattern.callback.access)


ALL = list(patterns())
CLOSED = [entry for entry in ALL if entry[2] != PUBLIC]
NEEDING = [entry for entry in CLOSED if entry[2] != SIGNED_IN]


def test_only_sign_in_and_language_are_public() -> None:
    assert {name for name, _path, access in ALL if access == PUBLIC} == {"sign_in", "language"}
    assert {name for name, _path, access in ALL if access == SIGNED_IN} == {
        "sign_out",
        "preferences",
        "preferences_email",
    }


def test_every_named_access_is_a_permission() -> None:
    # Kinds of holds that a supervisor places lie on the page of all holds; tests/faces/test_hold_pages.py tells them apart.
    asked = {access for *_rest, access in ALL} | {Permission.PLACE_LEGAL_HOLD.value}
    assert asked - {PUBLIC, SIGNED_IN} == {permission.value for permission in Permission}


@pytest.mark.parametrize(("name", "path", "access"), CLOSED, ids=[entry[0] for entry in CLOSED])
def test_strangers_are_sent_to_the_sign_in_page(client: Client, name: str, path: str, access: str) -> None:
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/?next=")
    answer = client.get(path, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/accounts/?text=a"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=/accounts/%3Ftext%3Da"


@pytest.mark.parametrize(("name", "path", "access"), NEEDING, ids=[entry[0] for entry in NEEDING])
def test_a_role_without_the_permission_gets_403(
    sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch, name: str, path: str, access: str
) -> None:
    without = {role: held - {Permission(access)} for role, held in PERMISSIONS.items()}
    monkeypatch.setattr(facts, "PERMISSIONS", without)
    monkeypatch.setattr("relance.staff.models.PERMISSIONS", without)
    client = sign_in(Role.ADMINISTRATOR).client
    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 403


def test_a_password_of_somebody_else_is_replaced_first(sign_in: Callable[..., SignedIn]) -> None:
    person = sign_in(Role.AGENT)
    person.user.must_change_password = True
    person.user.save()
    assert person.client.get("/accounts/")["Location"] == "/preferences/"
    assert person.client.get("/preferences/").status_code == 200


def test_every_answer_carries_the_strict_policy(client: Client, sign_in: Callable[..., SignedIn]) -> None:
    for answer in (client.get("/sign-in/"), sign_in().client.get("/preferences/"), client.get("/no-such-page/")):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer["X-Frame-Options"] == "DENY"


def test_pages_are_never_stored(sign_in: Callable[..., SignedIn]) -> None:
    assert "no-store" in sign_in().client.get("/preferences/")["Cache-Control"]


def test_forms_need_the_token(sign_in: Callable[..., SignedIn]) -> None:
    person = sign_in()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person.user)
    answer = strict.post("/language/", {"language": "fr"})
    assert answer.status_code == 403
    assert "This form had grown too old" in answer.content.decode() or "avait expiré" in answer.content.decode()


def test_error_pages(sign_in: Callable[..., SignedIn]) -> None:
    from django.test import RequestFactory

    from relance.faces.desk.errors import broken

    person = sign_in(Role.AGENT, "fr")
    assert "Il n’y a rien ici" in person.client.get("/accounts/999999/").content.decode()
    assert "Votre rôle n’ouvre pas cette page" in person.client.get("/audit/").content.decode()
    answer = broken(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
