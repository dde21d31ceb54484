"""Actions that wait for a person: the queue, the panel on the account, and the answer, by supervisors only."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from relance.customers.queries import account
from relance.dunning.queries import planned_actions, waiting_action_count, waiting_actions
from relance.dunning.services import decide_accounts, perform_accounts
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import Office
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.pursuit import pursued
from tests.faces.test_pages import at_most, queries_of, text_of

__all__ = ["pursued"]


@pytest.fixture
def action_id(pursued: int) -> int:
    """The credit hold that waits."""
    (found,) = waiting_actions().rows
    assert found.kind == "credit_hold"
    return found.id


def state_of(account_id: int, action_id: int) -> str:
    """What became of an action."""
    return next(action.state for action in planned_actions(account_id) if action.id == action_id)


def test_the_queue_is_counted_in_the_menu(pursued: int, action_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    client.get("/actions/")
    with at_most(12):
        told = text_of(client.get("/actions/").content)
    assert "To approve 1" in told
    assert "Credit hold" in told and "Bruno Promet" in told and "€45.50" in told and "11 Mar 2025" in told
    assert client.get("/actions/?after=x").status_code == client.get("/actions/?after=1|2").status_code == 200
    assert "To approve" not in text_of(sign_in(Role.AGENT).client.get("/accounts/").content)


@pytest.mark.parametrize(("language", "nothing"), [("en", "Nothing waits for approval"), ("fr", "Rien n’attend")])
def test_an_empty_queue_says_so(portfolio: None, sign_in: Callable[..., SignedIn], language: str, nothing: str) -> None:
    assert nothing in text_of(sign_in(Role.SUPERVISOR, language).client.get("/actions/").content)


def test_pages_of_the_queue(pursued: int, action_id: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE dunning_plannedaction SET state = 'waiting'")
    seen: list[int] = []
    after = None
    while True:
        page = waiting_actions(after, limit=1)
        seen += [row.id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert seen == sorted(set(seen)) and len(seen) == waiting_action_count() == page.total > 2


def test_the_account_shows_what_waits(pursued: int, action_id: int, sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.AGENT, "fr").client.get(f"/accounts/{pursued}/")
    assert "attend l’accord d’une personne" in text_of(agent.content)
    assert f"/actions/{action_id}/" not in agent.content.decode()
    supervisor = sign_in(Role.SUPERVISOR).client.get(f"/accounts/{pursued}/").content.decode()
    assert f'href="/accounts/{pursued}/actions/{action_id}/"' in supervisor


def test_approving_does_it_and_leaves_an_audit_row(
    pursued: int, action_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    address = f"/accounts/{pursued}/actions/{action_id}/"
    client.get(address)
    with at_most(25):
        told = text_of(client.get(address).content)
    assert "Vulnerable customer" in told and "Letter of the social service" in told and "€45.50" in told
    answer = client.post(f"{address}approve/", {"reason": "Spoke with her"})
    assert answer["Location"] == "/actions/"
    assert "Approved and done: Credit hold." in text_of(client.get("/actions/").content)
    assert state_of(pursued, action_id) == "performed"
    found = account(pursued)
    assert found is not None and found.credit_hold_on == TODAY
    row = audit_rows().rows[0]
    assert (row.verb, row.subject, row.details["reason"]) == ("action_approved", "BRUNO", "Spoke with her")
    rows = audit_rows().total
    again = client.post(f"{address}approve/", {"reason": ""})
    assert again["Location"] == f"/accounts/{pursued}/"
    assert "does not wait for approval any more" in text_of(client.get(f"/accounts/{pursued}/").content)
    assert audit_rows().total == rows


def test_declining_needs_a_reason(pursued: int, action_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    address = f"/accounts/{pursued}/actions/{action_id}/decline/"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert state_of(pursued, action_id) == "waiting"
    assert client.post(address, {"reason": "Seule avec trois enfants"}).status_code == 302
    assert state_of(pursued, action_id) == "refused"
    row = audit_rows().rows[0]
    assert (row.verb, row.details["reason"]) == ("action_declined", "Seule avec trois enfants")
    assert waiting_action_count() == 0


def test_what_was_declined_is_not_done_by_a_later_night(
    pursued: int, action_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    client.post(f"/accounts/{pursued}/actions/{action_id}/decline/", {"reason": "Alone with three children"})
    for days in (0, 7, 14, 21):
        decide_accounts([pursued], TODAY + dt.timedelta(days=days))
        perform_accounts([pursued], TODAY + dt.timedelta(days=days))
    found = account(pursued)
    assert found is not None and found.credit_hold_on is None
    assert state_of(pursued, action_id) == "refused"


def test_whoever_paid_meanwhile_is_left_alone(
    pursued: int, action_id: int, sign_in: Callable[..., SignedIn], tmp_path: Path
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    (tmp_path / "paid").mkdir()
    Office(tmp_path / "paid").pay("BRUNO", "P-1", "45.50", "2025-03-19")
    client.post(f"/accounts/{pursued}/actions/{action_id}/approve/", {"reason": ""})
    found = account(pursued)
    assert found is not None and found.credit_hold_on is None
    assert state_of(pursued, action_id) == "refused"


def test_only_supervisors_and_administrators_answer(
    pursued: int, action_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    for role in (Role.AGENT, Role.FINANCE, Role.AUDITOR):
        client = sign_in(role).client
        assert client.get("/actions/").status_code == 403
        assert client.post(f"/accounts/{pursued}/actions/{action_id}/approve/", {"reason": "x"}).status_code == 403
        assert client.post(f"/accounts/{pursued}/actions/{action_id}/decline/", {"reason": "x"}).status_code == 403
    assert state_of(pursued, action_id) == "waiting"
    assert sign_in(Role.ADMINISTRATOR).client.get("/actions/").status_code == 200


def test_an_action_of_another_account_is_not_answered(
    pursued: int, action_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    assert client.get(f"/accounts/{pursued + 1}/actions/{action_id}/")["Location"] == f"/accounts/{pursued + 1}/"
    client.post(f"/accounts/{pursued + 1}/actions/{action_id}/approve/", {"reason": "x"})
    assert state_of(pursued, action_id) == "waiting"


def test_a_menu_of_many_costs_no_more(pursued: int, action_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    assert queries_of(client, "/actions/") == queries_of(client, "/actions/?after=999999999999")
