"""The "Why?" drawer: each debt's age with its pauses, what is held, the reasons, and the dated plan."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.customers.queries import account_by_number
from relance.dunning.queries import explain, plan_ahead
from relance.ledger.queries import open_items
from relance.staff.facts import Role
from tests.cast import DENIS, Office, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.pursuit import pursued
from tests.faces.test_pages import at_most, queries_of, text_of

__all__ = ["pursued"]

DRAWN = {"HX-Request": "true"}


def hold(account_id: int, kind: HoldKind, since: int, until: int, key: str, item_id: int = 0) -> None:
    """A hold over days of March."""
    place_hold(
        account_id, kind, dt.date(2025, 3, since), dt.date(2025, 3, until), item_id=item_id,
        reason=f"reason of {key}", by="the-supervisor", key=key,
    )  # fmt: skip


def test_the_drawer_and_the_page_say_the_same(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    page = client.get(f"/accounts/{pursued}/why/")
    drawn = client.get(f"/accounts/{pursued}/why/", headers=DRAWN)
    assert b"<html" in page.content and b"<html" not in drawn.content
    assert "HX-Request" in drawn["Vary"]
    for answer in (page, drawn):
        told = text_of(answer.content)
        assert "B-1 was due on 1 Mar 2025: 19 days ago." in told
        assert "Effective age 19 days" in told
        assert "Suspension since 11 Mar 2025" in told and "Firm version 1" in told
        assert "Vulnerable customer the whole account" in told
        assert "Letter of the social service · the-supervisor" in told


def test_pauses_are_spelled_out_and_shared_days_count_once(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    (item,) = open_items(pursued, TODAY)
    hold(pursued, HoldKind.DISPUTE, 4, 9, "dispute", item.id)
    hold(pursued, HoldKind.PROMISE, 8, 11, "promise")
    told = text_of(sign_in(Role.AGENT).client.get(f"/accounts/{pursued}/why/").content)
    assert "Dispute from 4 Mar 2025 until 9 Mar 2025 · reason of dispute − 6 days" in told
    assert "Promise to pay from 8 Mar 2025 until 11 Mar 2025 · reason of promise − 4 days" in told
    assert "These holds share days, which count once: 8 days in all." in told
    assert "Effective age 11 days" in told
    (found,) = explain(pursued, TODAY)
    assert found.effective_days == 11


def test_the_plan_names_days_actions_and_obstacles(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    steps = plan_ahead(pursued, TODAY)
    assert [(step.stage, step.on) for step in steps] == [("agency", dt.date(2025, 4, 9))]
    told = text_of(sign_in(Role.AGENT, "fr").client.get(f"/accounts/{pursued}/why/").content)
    plan = told[told.index("Si rien n’est payé") :]
    assert "9 avr. 2025 dans 20 jours" in plan and "Agence" in plan and "45,50 €" in plan
    assert "E-mail : « Mise en demeure »" in plan


def test_an_action_that_would_wait_says_so(pursued: int, office_more: None, sign_in: Callable[..., SignedIn]) -> None:
    denis = the(DENIS).id
    place_hold(denis, HoldKind.VULNERABLE, TODAY, None, reason="asked", by="x", key="v")
    told = text_of(sign_in(Role.AGENT).client.get(f"/accounts/{denis}/why/").content)
    plan = told[told.index("If nothing is paid") :]
    assert plan.index("20 Mar 2025 at the next cycle Reminder") < plan.index("29 Mar 2025 in 9 days Suspension")
    assert "Credit hold a person must approve it first" in plan


def test_what_stands_in_an_actions_way_is_named(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    found = account_by_number("BRUNO")
    assert found is not None
    place_hold(found.id, HoldKind.MANUAL, TODAY, dt.date(2025, 4, 3), reason="asked", by="x", key="m")
    told = text_of(sign_in(Role.AGENT).client.get(f"/accounts/{found.id}/why/").content)
    assert "A hold (by hand) stops every reminder: the account stays where it is." in told
    assert "If nothing is paid" in told and "Second reminder" in told[told.index("If nothing is paid") :]


def test_a_day_gone_by_is_explained_as_it_was(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    told = text_of(client.get(f"/accounts/{pursued}/why/?on=2025-03-02").content)
    assert "1 day ago" in told and "Stage none" in told
    assert "an episode opens" in told and "Reminder that night" in told
    assert "What was done that day Reminder: Message Done" in told
    assert "If nothing is paid" not in told
    told = text_of(client.get(f"/accounts/{pursued}/why/?on=2025-03-11").content)
    assert "Reminder since 2 Mar 2025" in told and "Suspension: Credit hold Waits for approval" in told
    told = text_of(client.get(f"/accounts/{pursued}/why/?on=2025-03-06").content)
    assert "No action was planned on that day." in told


def test_another_day_is_asked_for_and_damaged_ones_are_today(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    told = text_of(client.get(f"/accounts/{pursued}/why/?on=2025-04-02").content)
    assert "32 days ago" in told and "A day to come" in told
    for text in ("", "x", "2025-02-30", "0001-01-01", "9999-12-31", "%00", "²"):
        answer = client.get(f"/accounts/{pursued}/why/?on={text}")
        assert answer.status_code == 200 and 'value="2025-03-20"' in answer.content.decode(), text
    assert client.get("/accounts/999999/why/").status_code == 404
    assert client.post(f"/accounts/{pursued}/why/").status_code == 405


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_account_that_owes_nothing_says_so(portfolio: None, sign_in: Callable[..., SignedIn], language: str) -> None:
    alice = account_by_number("ALICE")
    assert alice is not None
    told = text_of(sign_in(Role.AUDITOR, language).client.get(f"/accounts/{alice.id}/why/").content)
    wanted = {
        "en": ("Nothing is overdue.", "No hold is in force.", "Nothing more would happen by itself."),
        "fr": ("Rien n’est échu.", "Aucun blocage n’est en vigueur.", "Rien d’autre n’arriverait automatiquement."),
    }
    for sentence in wanted[language]:
        assert sentence in told.replace("&#x27;", "'"), sentence


def test_queries_do_not_grow_with_the_debts(pursued: int, office_more: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    client.get(f"/accounts/{pursued}/why/")
    with at_most(60):
        client.get(f"/accounts/{pursued}/why/?on=2025-03-11")
    with at_most(110):
        client.get(f"/accounts/{pursued}/why/")
    chloe = account_by_number("CHLOE")
    assert chloe is not None
    assert queries_of(client, f"/accounts/{chloe.id}/why/?on=2025-03-19") <= 60


@pytest.fixture
def office_more(pursued: int, tmp_path: Path) -> None:
    """Thirty more invoices of Bruno, one of Chloé, and one of Denis that is just late."""
    (tmp_path / "more").mkdir()
    office = Office(tmp_path / "more")
    rows = [
        {
            "account": "BRUNO",
            "number": f"M-{number}",
            "amount": "10.00",
            "issued_on": "2025-02-10",
            "due_on": "2025-03-02",
        }
        for number in range(30)
    ]
    office.bring("invoices", *rows)
    office.bill("CHLOE", "C-1", "120.00", "2025-01-05", "2025-02-05")
    office.bill("DENIS", "D-1", "60.00", "2025-03-01", "2025-03-19")


def test_every_account_page_opens_it(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    (item,) = open_items(pursued, TODAY)
    for place in ("", "ledger/", f"items/{item.id}/"):
        page = client.get(f"/accounts/{pursued}/{place}").content.decode()
        assert f'href="/accounts/{pursued}/why/"' in page and 'id="drawer"' in page, place
