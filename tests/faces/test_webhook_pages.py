"""The webhooks page: endpoints kept by administrators, calls listed and tried again, each change in the audit trail."""

from collections.abc import Callable

import pytest
from django.db import connection

from relance.outbound import queries
from relance.outbound.facts import WebhookOrder
from relance.outbound.services import call_webhooks, save_endpoint
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import SignedIn
from tests.faces.test_pages import text_of
from tests.services.test_outbound import account

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return [row.verb for row in audit_rows().rows if row.verb.startswith(("endpoint", "call"))]


def test_an_administrator_adds_switches_and_moves_an_endpoint(
    sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = sign_in(Role.ADMINISTRATOR, "en").client
    assert "No endpoint yet" in text_of(boss.get("/webhooks/").content)
    added = boss.post("/webhooks/", {"name": "crm", "url": "https://example.com/hook"}, follow=True)
    assert "crm is saved" in text_of(added.content)
    assert "set RELANCE_WEBHOOK_SECRET_CRM in the environment" in text_of(added.content)
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_CRM", "s")
    assert "No secret" not in text_of(boss.get("/webhooks/").content)
    boss.post("/webhooks/", {"name": "crm", "url": "https://example.com/new"})
    (found,) = queries.endpoints()
    boss.post("/webhooks/", {"name": "till", "url": "https://example.com/in?token=t0p"})
    assert queries.endpoints()[-1].url == "https://example.com/in?token=t0p"
    assert "t0p" not in str([row.details for row in audit_rows().rows])
    assert (found.url, found.created_by) == ("https://example.com/new", "the-administrator")
    boss.post("/webhooks/crm/switch/", {"active": "no"})
    assert not queries.endpoints()[0].is_active
    assert "Switched off" in text_of(boss.get("/webhooks/").content)
    boss.post("/webhooks/crm/switch/", {"active": "yes"})
    assert queries.endpoints()[0].is_active
    assert "there is no endpoint" in text_of(boss.post("/webhooks/erp/switch/", {}, follow=True).content)
    assert verbs() == [
        "endpoint_switched_on",
        "endpoint_switched_off",
        "endpoint_saved",
        "endpoint_saved",
        "endpoint_saved",
    ]


def test_a_refused_address_is_said_beside_the_form_and_leaves_no_trace(sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR, "fr").client
    answer = boss.post("/webhooks/", {"name": "crm", "url": "http://example.com/"})
    assert answer.status_code == 422
    assert "utilisez https" in text_of(answer.content)
    assert "http://example.com/" in answer.content.decode()
    assert boss.post("/webhooks/", {"name": "", "url": ""}).status_code == 422
    answer = boss.post("/webhooks/", {"name": "crm", "url": "https://ada:hunter2@example.com/"})
    assert answer.status_code == 422 and "hunter2" not in answer.content.decode()
    assert 'value="crm"' in answer.content.decode()
    assert queries.endpoints() == []
    assert verbs() == []


def test_calls_are_listed_filtered_and_tried_again(sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR, "en").client
    alice = account("A1")
    save_endpoint("crm", "https://example.com/hook", "ada")
    call_webhooks([WebhookOrder(1, alice, "crm", {}), WebhookOrder(2, alice, "crm", {})])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_webhookcall SET state = 'failed', reason = 'answered HTTP 500', attempt_count = 9 "
            "WHERE idempotency_key = 1"
        )
    page = text_of(boss.get("/webhooks/").content)
    assert "Alice A1" in page
    assert "answered HTTP 500" in page
    failed = queries.calls_page(state="failed").rows[0]
    assert "answered HTTP 500" not in text_of(boss.get("/webhooks/?state=waiting&endpoint=crm").content)
    assert "No call matches" in text_of(boss.get("/webhooks/?state=delivered").content)
    assert boss.get("/webhooks/?state=x&after=x").status_code == 200
    answer = boss.post(f"/webhooks/calls/{alice}/{failed.id}/retry/", follow=True)
    assert "tried again now" in text_of(answer.content)
    assert queries.calls_page(state="failed").rows == []
    assert verbs() == ["call_retried"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbound_webhookcall SET state = 'delivered', delivered_at = now()")
    again = boss.post(f"/webhooks/calls/{alice}/{failed.id}/retry/", follow=True)
    assert "delivered already" in text_of(again.content)
    assert verbs() == ["call_retried"]


def test_only_administrators_see_webhooks(sign_in: Callable[..., SignedIn]) -> None:
    for role in Role:
        person = sign_in(role)
        assert person.client.get("/webhooks/").status_code == (200 if role is Role.ADMINISTRATOR else 403)


def test_staff_say_where_notices_reach_them(sign_in: Callable[..., SignedIn]) -> None:
    boss, agent = sign_in(Role.ADMINISTRATOR, "en"), sign_in(Role.AGENT, "en")
    assert agent.client.post("/preferences/email/", {"email": "agent@house.example"}).status_code == 302
    assert "agent@house.example" in agent.client.get("/preferences/").content.decode()
    wrong = agent.client.post("/preferences/email/", {"email": "nonsense"})
    assert wrong.status_code == 422
    assert "not an e-mail address" in text_of(wrong.content)
    one = f"/staff/{agent.user.pk}/"
    assert "agent@house.example" in boss.client.get(one).content.decode()
    assert boss.client.post(one + "email/", {"email": "x"}).status_code == 422
    boss.client.post(one + "email/", {"email": ""})
    agent.user.refresh_from_db()
    assert agent.user.email == ""
    changes = [(row.actor, row.details) for row in audit_rows(verb="email_changed").rows]
    assert changes == [
        ("the-administrator", {"from": "agent@house.example", "to": ""}),
        ("the-agent", {"from": "", "to": "agent@house.example"}),
    ]
