"""Work that a person puts on the list by hand, and the panel of child accounts on the page of the account above them."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection

from relance.customers.queries import account
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from relance.worklist.facts import WorkFilter, WorkItemFacts
from relance.worklist.queries import work_page
from tests.cast import ALICE, BRUNO, CHLOE, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import text_of

TOKEN = "0123456789abcdef" * 2


def asked(**other: str) -> dict[str, str]:
    due_on = (TODAY + dt.timedelta(days=2)).isoformat()
    return {
        "account": "BRUNO", "kind": "call", "title": "Ask for the cheque", "due_on": due_on, "to": "marie",
        "note": "After six", "token": TOKEN, "from": "",
    } | other  # fmt: skip


def everything() -> list[WorkItemFacts]:
    return list(work_page(WorkFilter(state="")).rows)


def test_work_is_opened_once_for_a_person_with_its_note(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en", "marie").client
    assert "/work/new/" in client.get("/work/").content.decode()
    answer = client.post("/work/new/", asked())
    assert client.post("/work/new/", asked()).status_code == 302
    (work,) = everything()
    assert answer["Location"] == f"/work/{work.id}/"
    assert (work.account_id, work.kind, work.assigned_to) == (the(BRUNO).id, "call", "marie")
    assert (work.due_on, work.stake_minor) == (TODAY + dt.timedelta(days=2), 4550)
    page = text_of(client.get(f"/work/{work.id}/").content)
    assert "Ask for the cheque" in page and "After six" in page
    assert [row.verb for row in audit_rows().rows if row.verb.startswith("work")] == ["work_opened"]


def test_from_the_page_of_an_account_and_back(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "fr", "marie").client
    bruno = f"/accounts/{the(BRUNO).id}/"
    assert "/work/new/?account=BRUNO&amp;from=account" in client.get(bruno).content.decode()
    form = client.get("/work/new/?account=BRUNO&from=account").content.decode()
    assert "Nouvelle tâche" in form and bruno in form and "Bruno Promet" in form
    answer = client.post("/work/new/", asked(**{"from": "account", "to": ""}))
    assert answer["Location"] == bruno
    assert "Ask for the cheque" in text_of(client.get(bruno).content)
    assert everything()[0].assigned_to == ""


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"account": "NOBODY"}, "No account has this number."),
        ({"due_on": "2025-01-01"}, "Choose today or a later day."),
        ({"kind": "dance"}, "Select a valid choice"),
        ({"to": "mallory"}, "Select a valid choice"),
        ({"account": "ALICE"}, "nothing is overdue on this account"),
        ({"token": "x"}, ""),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    portfolio: None, sign_in: Callable[..., SignedIn], wrong: dict[str, str], told: str
) -> None:
    answer = sign_in(Role.AGENT, "en", "marie").client.post("/work/new/", asked(**wrong))
    assert answer.status_code == 422
    assert told in text_of(answer.content)
    assert everything() == []


def test_who_does_no_work_opens_none(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR, "en").client
    assert client.get("/work/new/").status_code == client.post("/work/new/", asked()).status_code == 403
    assert "/work/new/" not in client.get(f"/accounts/{the(BRUNO).id}/").content.decode()
    assert everything() == []


def test_a_parent_lists_what_its_children_owe_and_each_child_leads_back(
    portfolio: None, sign_in: Callable[..., SignedIn]
) -> None:
    parent, children = the(ALICE).id, [the(BRUNO).id, the(CHLOE).id]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_billingaccount SET parent_id = %s WHERE id = ANY(%s)", [parent, children])
    client = sign_in(Role.AGENT, "en").client
    page = text_of(client.get(f"/accounts/{parent}/").content)
    panel = page[page.index("Child accounts 2") :]
    assert panel.index("Chloé") < panel.index("Bruno Promet")
    assert "€100.00" in panel and "€45.50" in panel and "€145.50 overdue on all child accounts" in panel
    assert 'aria-current="true">All<' in client.get(f"/accounts/{parent}/").content.decode()
    child = client.get(f"/accounts/{children[0]}/").content.decode()
    assert "Child accounts" not in child and f'href="/accounts/{parent}/"' in child
    found = account(parent)
    assert found is not None and found.name in child
