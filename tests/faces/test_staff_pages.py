"""Staff management, preferences and the audit page."""

import re
from collections.abc import Callable

from django.test import Client

from relance.staff.facts import Role
from relance.staff.queries import audit_rows, staff
from tests.faces.conftest import PASSWORD, SignedIn
from tests.faces.test_pages import text_of


def test_add_a_person_who_replaces_the_first_password(client: Client, sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR, "en").client
    page = boss.post("/staff/new/", {"username": "ines.roy", "role": "finance", "language": "fr"}).content.decode()
    found = re.search(r'<code class="secret">([^<]+)</code>', page)
    assert found is not None
    assert client.post("/sign-in/", {"username": "ines.roy", "password": found.group(1)}).status_code == 302
    assert client.get("/")["Location"] == "/preferences/"
    fresh = "une phrase bien à moi"
    wrong = client.post("/preferences/", {"current": found.group(1), "new": fresh, "again": fresh + "!"})
    assert wrong.status_code == 422
    answer = client.post("/preferences/", {"current": found.group(1), "new": fresh, "again": fresh})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert found.group(1) not in str([row.details for row in audit_rows().rows])


def test_list_role_access_and_password(sign_in: Callable[..., SignedIn]) -> None:
    boss, agent = sign_in(Role.ADMINISTRATOR, "en"), sign_in(Role.AGENT)
    assert "the-agent" in text_of(boss.client.get("/staff/").content)
    one = f"/staff/{agent.user.pk}/"
    boss.client.post(one + "role/", {"role": "finance"})
    boss.client.post(one + "role/", {"role": "king"})
    assert {person.username: person.role for person in staff()}["the-agent"] == Role.FINANCE
    assert "shown this once" in text_of(boss.client.post(one + "password/").content)
    assert agent.client.get("/preferences/").status_code == 302
    boss.client.post(one + "active/", {"active": "no"})
    assert "Deactivated" in text_of(boss.client.get(one).content)
    boss.client.post(one + "active/", {"active": "yes"})
    assert "Active" in text_of(boss.client.get(one).content)
    assert boss.client.get("/staff/999/").status_code == 404
    taken = boss.client.post("/staff/new/", {"username": "THE-AGENT", "role": "agent", "language": "fr"})
    assert taken.status_code == 422 and "is taken" in text_of(taken.content)


def test_nobody_changes_their_own_role_or_access(sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR, "en")
    one = f"/staff/{boss.user.pk}/"
    for answer in (
        boss.client.post(one + "role/", {"role": "agent"}),
        boss.client.post(one + "active/", {"active": "no"}),
    ):
        assert answer.status_code == 302
    boss.user.refresh_from_db()
    assert (boss.user.role, boss.user.is_active) == ("administrator", True)


def test_the_audit_page_filters_and_pages(sign_in: Callable[..., SignedIn]) -> None:
    auditor = sign_in(Role.AUDITOR, "en")
    page = text_of(auditor.client.get("/audit/").content)
    assert "Added a person" in page and "the-auditor" in page
    assert "No row matches" in text_of(auditor.client.get("/audit/?actor=nobody").content)
    assert auditor.client.get("/audit/?after=x").status_code == 200


def test_a_changed_password_ends_other_sessions(sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.AGENT)
    other = Client()
    other.force_login(agent.user)
    fresh = "une phrase bien à moi"
    agent.client.post("/preferences/", {"current": PASSWORD, "new": fresh, "again": fresh})
    assert agent.client.get("/preferences/").status_code == 200
    assert other.get("/preferences/").status_code == 302
