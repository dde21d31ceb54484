"""The page of an episode, the list on the account's page, and the move of a running one to another scenario."""

from collections.abc import Callable
from pathlib import Path

import pytest

from relance.dunning.queries import episode, episode_actions, episodes, planned_actions
from relance.dunning.services import approve_action, decide_accounts, decline_action, import_scenario
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import Office
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.pursuit import FIRM, pursued
from tests.faces.test_pages import at_most, text_of

__all__ = ["pursued"]


@pytest.fixture
def episode_id(pursued: int) -> int:
    """The one episode of Bruno."""
    (found,) = episodes(pursued)
    return found.id


def test_stages_are_a_line_with_days_and_reasons(
    pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.AGENT).client
    address = f"/accounts/{pursued}/episodes/{episode_id}/"
    client.get(address)
    with at_most(25):
        told = text_of(client.get(address).content)
    assert "Firm" in told and "version 1" in told and "since 2 Mar 2025" in told
    assert "Reminder entered on 2 Mar 2025" in told
    assert "Second reminder passed over on 11 Mar 2025" in told
    assert "is not for this customer or this amount: it is passed over." in told
    assert "Suspension mandatory entered on 11 Mar 2025 stands here" in told
    assert "Credit hold Waits for approval a person must approve it first" in told
    assert "Agency ahead" in told
    assert 'href="/messages/' in client.get(address).content.decode()
    assert 'href="/work/' in client.get(address).content.decode()


def test_the_version_stays_pinned(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]) -> None:
    import_scenario(FIRM.replace("code: suspension", "code: cut"), "tests")
    told = text_of(sign_in(Role.AGENT).client.get(f"/accounts/{pursued}/episodes/{episode_id}/").content)
    assert "version 1" in told and "Suspension" in told and "Cut" not in told


def test_approval_and_refusal_are_named(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]) -> None:
    (waiting,) = [action for action in planned_actions(pursued) if action.state == "waiting"]
    assert approve_action(pursued, waiting.id, "marie", TODAY, "vu au téléphone") == "performed"
    told = text_of(sign_in(Role.AGENT, "fr").client.get(f"/accounts/{pursued}/episodes/{episode_id}/").content)
    assert "approuvée par marie: vu au téléphone" in told and "Fait" in told


def test_declined(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]) -> None:
    (waiting,) = [action for action in planned_actions(pursued) if action.state == "waiting"]
    decline_action(pursued, waiting.id, "marie", "too hard on him")
    told = text_of(sign_in(Role.AGENT).client.get(f"/accounts/{pursued}/episodes/{episode_id}/").content)
    assert "Credit hold Not possible a person declined it declined by marie: too hard on him" in told


def test_an_episode_that_ended(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn], tmp_path: Path) -> None:
    (tmp_path / "paid").mkdir()
    Office(tmp_path / "paid").pay("BRUNO", "P-1", "45.50", "2025-03-19")
    decide_accounts([pursued], TODAY)
    client = sign_in(Role.SUPERVISOR).client
    told = text_of(client.get(f"/accounts/{pursued}/episodes/{episode_id}/").content)
    assert "Closed" in told and "what was owed is settled" in told and "Agency not reached" in told
    assert "Move to another scenario" not in told
    assert "what was owed is settled" in text_of(client.get(f"/accounts/{pursued}/").content)


def test_unknown_episodes_are_not_found(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    assert client.get(f"/accounts/{pursued}/episodes/999999/").status_code == 404
    assert client.get(f"/accounts/{pursued + 1}/episodes/{episode_id}/").status_code == 404


@pytest.mark.parametrize(("language", "nothing"), [("en", "never pursued"), ("fr", "jamais été relancé")])
def test_the_account_lists_its_episodes(
    pursued: int, episode_id: int, sign_in: Callable[..., SignedIn], language: str, nothing: str
) -> None:
    client = sign_in(Role.AGENT, language).client
    page = client.get(f"/accounts/{pursued}/").content.decode()
    assert f'href="/accounts/{pursued}/episodes/{episode_id}/"' in page
    assert nothing in client.get(f"/accounts/{pursued + 1}/").content.decode()


def test_the_timeline_leads_to_the_episode(pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]) -> None:
    answer = sign_in(Role.AGENT).client.get(f"/accounts/{pursued}/timeline/?family=decision")
    told = text_of(answer.content)
    assert "credit hold waits for a person’s approval" in told and "a person must approve it first" in told
    assert f"/accounts/{pursued}/episodes/{episode_id}/" in answer.content.decode()


def switch_form(client: object, account_id: int) -> dict[str, str]:
    """What the form was drawn with."""
    import re

    page = client.get(f"/accounts/{account_id}/switch/").content.decode()  # type: ignore[attr-defined]
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen is not None
    return {"seen": seen.group(1), "scenario": "gentle", "place": "keep", "reason": "Agreed with the customer"}


def test_moving_keeps_the_place_and_is_done_once(
    pursued: int, episode_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    form = switch_form(client, pursued)
    effect = text_of(client.post(f"/accounts/{pursued}/switch/", form | {"preview": "yes"}).content)
    assert "At 19 days it stands behind the stage “Suspension” of Gentle" in effect
    assert "If nothing is paid, “Agency” is next, on 31 Mar 2025." in effect
    assert len(episodes(pursued)) == 1
    assert client.post(f"/accounts/{pursued}/switch/", form)["Location"] == f"/accounts/{pursued}/"
    running, old = episodes(pursued)
    assert (running.scenario, running.stage, running.began_index) == ("gentle", "suspension", 2)
    assert (old.id, old.ending, old.closed_on) == (episode_id, "switched", TODAY)
    assert audit_rows().rows[0].verb == "scenario_switched"
    assert audit_rows().rows[0].details["reason"] == "Agreed with the customer"
    again = client.post(f"/accounts/{pursued}/switch/", form | {"place": "again"})
    assert again.status_code == 422 and "has changed meanwhile" in text_of(again.content)
    assert len(episodes(pursued)) == 2
    told = text_of(client.get(f"/accounts/{pursued}/episodes/{running.id}/").content)
    assert "counts as entered" in told and "Came from" in told and "place kept by age" in told
    assert "Went on as" in text_of(client.get(f"/accounts/{pursued}/episodes/{old.id}/").content)
    assert all(action.state != "waiting" for action in episode_actions(pursued, old.id))


def test_starting_again(pursued: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    form = switch_form(client, pursued) | {"place": "again"}
    effect = text_of(client.post(f"/accounts/{pursued}/switch/", form | {"preview": "yes"}).content)
    assert "Douce commence par sa première étape" in effect
    assert "Sans paiement, la prochaine étape est" in effect and len(episodes(pursued)) == 1
    assert client.post(f"/accounts/{pursued}/switch/", form).status_code == 302
    running = episodes(pursued)[0]
    assert (running.scenario, running.stage_index) == ("gentle", -1)
    found = episode(pursued, running.id)
    assert found is not None and found.stage == ""


def test_moving_needs_the_permission_a_reason_and_something_under_way(
    pursued: int, sign_in: Callable[..., SignedIn]
) -> None:
    assert sign_in(Role.AGENT).client.get(f"/accounts/{pursued}/switch/").status_code == 403
    client = sign_in(Role.SUPERVISOR).client
    form = switch_form(client, pursued)
    for wrong in ({"reason": ""}, {"scenario": "x"}, {"place": ""}):
        assert client.post(f"/accounts/{pursued}/switch/", form | wrong).status_code == 422
    assert len(episodes(pursued)) == 1
    told = text_of(client.get(f"/accounts/{pursued + 1}/switch/").content)
    assert "Nothing is under way on this account" in told
