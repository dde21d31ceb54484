"""The worklist in the desk: found, taken, closed with an outcome, opened again; and a customer's standing."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from relance.customers.queries import account_by_number
from relance.customers.services import place_credit_hold
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from relance.worklist.facts import WorkFilter, WorkItemFacts, WorkOrder
from relance.worklist.queries import work_page
from relance.worklist.services import open_work
from tests.cast import BRUNO, CHLOE, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of


def order(key: int, person: dict[str, str], kind: str = "call", due: int = 0, title: str = "") -> WorkOrder:
    due_on = TODAY + dt.timedelta(days=due)
    return WorkOrder(key, the(person).id, kind, 0, "EUR", due_on, title, {"stage": "reminder"}, TODAY)


@pytest.fixture
def work(portfolio: None) -> dict[int, WorkItemFacts]:
    """A call to Bruno (45.50 at stake) past its day, a call to Chloé (100.00) and a review of hers."""
    open_work([order(1, BRUNO, due=-1), order(2, CHLOE), order(3, CHLOE, "review", title="Look at the dispute")])
    return all_work()


def all_work() -> dict[int, WorkItemFacts]:
    return {work.key: work for work in work_page(WorkFilter(state="")).rows}


@pytest.fixture
def agent(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.AGENT, "en", "marie").client


def verbs() -> list[str]:
    return [row.verb for row in audit_rows().rows if row.verb.startswith(("work", "standing", "credit"))]


def test_an_empty_list_says_where_work_comes_from(agent: Client) -> None:
    page = text_of(agent.get("/work/").content)
    assert "Nothing to do" in page and "The daily cycle opens work" in page
    assert "No work matches" in text_of(agent.get("/work/?kind=call").content)
    assert "Nothing yet" in text_of(agent.get("/work/?state=closed").content)


def test_the_list_shows_what_is_most_worth_doing_first(work: dict[int, WorkItemFacts], agent: Client) -> None:
    agent.get("/work/")
    with at_most(16):
        page = text_of(agent.get("/work/").content)
    assert page.index("Call") < page.index("Look at the dispute")
    assert page.index("Chloé") < page.index("Bruno") and "€100.00" in page and "€45.50" in page
    assert "3 open" in page and "1 past its day" in page and "3 taken by nobody" in page
    first_due = text_of(agent.get("/work/?sort=due").content)
    assert first_due.index("Bruno") < first_due.index("Chloé")


def test_the_list_in_french(work: dict[int, WorkItemFacts], sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    page = text_of(client.get("/work/").content)
    assert "Tâches" in page and "Appel" in page and "Examen" in page and "en retard" in page and "45,50 €" in page
    one = text_of(client.get(f"/work/{work[1].id}/").content)
    assert "Joint, va payer" in one and "Clore la tâche" in one


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("kind=review", {"Look at the dispute"}),
        ("overdue=yes", {"Bruno"}),
        ("text=brun", {"Bruno"}),
        ("assignee=me", set()),
        ("assignee=-", {"Bruno", "Look at the dispute"}),
        ("assignee=somebody", set()),
        ("state=nonsense", {"Bruno", "Look at the dispute"}),
        ("after=nonsense", {"Bruno", "Look at the dispute"}),
        (f"after=1|1|{2**70}", {"Bruno", "Look at the dispute"}),
        ("text=%00", {"Bruno", "Look at the dispute"}),
    ],
)
def test_filters(work: dict[int, WorkItemFacts], agent: Client, query: str, names: set[str]) -> None:
    answer = agent.get(f"/work/?{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "<html" not in answer.content.decode()
    page = text_of(answer.content)
    assert {name for name in ("Bruno", "Look at the dispute") if name in page} == names


def test_a_longer_list_asks_no_more(work: dict[int, WorkItemFacts], agent: Client) -> None:
    agent.get("/work/")
    assert queries_of(agent, "/work/?kind=review") == queries_of(agent, "/work/")


def test_work_is_taken_from_the_list_and_leads_back_to_it(work: dict[int, WorkItemFacts], agent: Client) -> None:
    sent = {"to": "me", "seen": "", "stay": "list", "from": "kind=call"}
    answer = agent.post(f"/work/{work[1].id}/assign/", sent)
    assert answer["Location"] == "/work/?kind=call"
    assert all_work()[1].assigned_to == "marie"
    assert "Bruno" in text_of(agent.get("/work/?assignee=me", headers={"HX-Request": "true"}).content)
    (row,) = [row for row in audit_rows().rows if row.verb == "work_assigned"]
    assert (row.subject, dict(row.details)) == ("BRUNO", {"work": "Call", "to": "marie"})
    agent.post(f"/work/{work[1].id}/assign/", sent)
    assert verbs() == ["work_assigned"], "taking it twice is one act"


def test_work_that_another_took_meanwhile_stays_theirs(
    work: dict[int, WorkItemFacts], agent: Client, sign_in: Callable[..., SignedIn]
) -> None:
    other = sign_in(Role.SUPERVISOR, "en", "paul").client
    address = f"/work/{work[1].id}/assign/"
    other.post(address, {"to": "me", "seen": ""})
    answer = agent.post(address, {"to": "me", "seen": ""}, follow=True)
    assert "paul took this work meanwhile" in text_of(answer.content)
    assert all_work()[1].assigned_to == "paul"
    other.post(address, {"to": "marie", "seen": "paul"})
    assert all_work()[1].assigned_to == "marie"
    agent.post(address, {"to": "", "seen": "marie"})
    assert all_work()[1].assigned_to == ""


@pytest.mark.parametrize("to", ["nobody-here", "the-auditor"])
def test_work_is_handed_only_to_who_may_do_it(
    work: dict[int, WorkItemFacts], agent: Client, sign_in: Callable[..., SignedIn], to: str
) -> None:
    sign_in(Role.AUDITOR)
    answer = agent.post(f"/work/{work[1].id}/assign/", {"to": to, "seen": ""}, follow=True)
    assert "does no work here" in text_of(answer.content) and all_work()[1].assigned_to == ""


def test_work_is_closed_with_its_outcome_once(work: dict[int, WorkItemFacts], agent: Client) -> None:
    address = f"/work/{work[1].id}/"
    page = agent.get(f"{address}?from=kind%3Dcall").content.decode()
    assert "autofocus" in page and 'value="kind=call"' in page
    assert "Overdue today €45.50" in text_of(page.encode())
    sent = {"outcome": "will_pay", "note": "on Friday", "from": "kind=call"}
    answer = agent.post(f"{address}close/", sent)
    assert answer.status_code == 302 and answer["Location"] == "/work/?kind=call"
    assert agent.post(f"{address}close/", sent).status_code == 302, "a double click is no error"
    assert agent.post(f"{address}close/", sent | {"outcome": "refuses"}).status_code == 422
    closed = all_work()[1]
    assert (closed.state, closed.outcome, closed.note, closed.closed_by) == ("closed", "will_pay", "on Friday", "marie")
    assert verbs() == ["work_closed"]
    ended = text_of(agent.get("/work/?state=closed").content)
    assert "Reached, will pay" in ended and "on Friday" in ended and "marie" in ended
    timeline = text_of(agent.get(f"/accounts/{closed.account_id}/timeline/?family=work").content)
    assert "Call: reached, will pay" in timeline and "Work: Call" in timeline and "on Friday" in timeline
    assert "Call: reached" not in text_of(agent.get(f"/accounts/{closed.account_id}/timeline/?family=money").content)


@pytest.mark.parametrize(
    "sent", [{}, {"outcome": ""}, {"outcome": "done"}, {"outcome": "will_pay", "note": "x" * 1001}]
)
def test_work_is_not_closed_without_an_outcome_of_its_kind(
    work: dict[int, WorkItemFacts], agent: Client, sent: dict[str, str]
) -> None:
    assert agent.post(f"/work/{work[1].id}/close/", sent).status_code == 422
    assert all_work()[1].state == "open" and verbs() == []


def test_work_is_opened_again_with_a_reason(work: dict[int, WorkItemFacts], agent: Client) -> None:
    address = f"/work/{work[1].id}/"
    agent.post(f"{address}close/", {"outcome": "no_answer"})
    assert agent.post(f"{address}reopen/", {"reason": " "}).status_code == 422
    answer = agent.post(f"{address}reopen/", {"reason": "another number", "from": "account"}, follow=True)
    page = text_of(answer.content)
    assert "The work is on the list again" in page and "Call: open again another number" in page
    assert all_work()[1].state == "open" and verbs() == ["work_reopened", "work_closed"]
    assert agent.post(f"{address}reopen/", {"reason": "again"}).status_code == 422


def test_the_account_shows_its_open_work_and_closing_leads_back(work: dict[int, WorkItemFacts], agent: Client) -> None:
    account_id = work[1].account_id
    page = agent.get(f"/accounts/{account_id}/").content.decode()
    assert "Open work" in page and f"/work/{work[1].id}/?from=account" in page
    answer = agent.post(f"/work/{work[1].id}/close/", {"outcome": "refuses", "from": "account"})
    assert answer["Location"] == f"/accounts/{account_id}/"
    assert "Nothing to do here" in agent.get(f"/accounts/{account_id}/").content.decode()


@pytest.mark.parametrize("came", ["//evil.example", "https://evil.example/?a=b", "a=b&c=//evil.example", "\x00"])
def test_the_way_back_stays_in_the_house(work: dict[int, WorkItemFacts], agent: Client, came: str) -> None:
    answer = agent.post(f"/work/{work[1].id}/close/", {"outcome": "refuses", "from": came})
    assert answer.status_code == 302 and answer["Location"].startswith("/work/?")


def test_who_only_looks_on_changes_nothing(work: dict[int, WorkItemFacts], sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR, "en").client
    page = text_of(client.get(f"/work/{work[1].id}/").content)
    assert "Your role does not do this work" in page and "Close the work" not in page
    assert "Take" not in text_of(client.get("/work/").content).split("Take a filter")[0]
    assert client.post(f"/work/{work[1].id}/close/", {"outcome": "refuses"}).status_code == 403


def test_there_is_no_such_work(agent: Client) -> None:
    for place in ("", "close/", "reopen/", "assign/"):
        address = f"/work/999999/{place}"
        assert (agent.post(address) if place else agent.get(address)).status_code == 404


def test_the_export_has_the_whole_filtered_list(
    work: dict[int, WorkItemFacts], sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR, "en").client
    answer = client.get("/work/export.csv?kind=call")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("Account,Name,Kind,What to do,State,Currency,At stake,Due")
    assert [line.split(",")[0] for line in lines[1:]] == ["CHLOE", "BRUNO"]
    assert "BRUNO,Bruno Promet,Call,Call,Open,EUR,45.50,2025-03-19" in lines[2]
    assert verbs() == ["work_exported"]
    assert sign_in(Role.AGENT).client.get("/work/export.csv").status_code == 403


def test_a_supervisor_sets_the_standing(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "en").client
    address = f"/accounts/{account_id}/standing/"
    assert client.get(address).status_code == 200
    sent = {"strategic": "on", "score": "35", "reason": "key account"}
    for wrong in ({"score": "101"}, {"score": "-1"}, {"score": "abc"}, {"reason": ""}):
        assert client.post(address, sent | wrong).status_code == 422
    for told in ("The standing is noted", "The standing was like that already"):
        assert told in text_of(client.post(address, sent, follow=True).content)
    found = account_by_number("BRUNO")
    assert found is not None and found.strategic and found.score == 35
    assert verbs() == ["standing_changed"]
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "Strategic" in page and "35 of 100" in page
    assert "Standing: strategic customer, score 35 of 100 key account" in page
    assert sign_in(Role.AGENT).client.get(address).status_code == 403


def test_a_credit_hold_is_shown_and_lifted(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    place_credit_hold([account_id], TODAY, "", "residential/suspension")
    client = sign_in(Role.SUPERVISOR, "en").client
    assert "Credit hold since 20 Mar 2025" in text_of(client.get(f"/accounts/{account_id}/").content)
    address = f"/accounts/{account_id}/credit-hold/lift/"
    assert client.post(address, {"reason": ""}).status_code == 422
    page = text_of(client.post(address, {"reason": "paid"}, follow=True).content)
    assert "The credit hold is lifted" in page and "Credit hold lifted; it was placed on 20 Mar 2025 paid" in page
    again = client.post(address, {"reason": "paid"})
    assert again.status_code == 422 and "under no credit hold" in text_of(again.content)
    assert verbs() == ["credit_hold_lifted"]
