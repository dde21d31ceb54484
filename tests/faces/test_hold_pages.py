"""Holds in the desk: placed, prolonged and ended from the account's page, listed, exported, told; who may do which."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from relance.arrangements import queries
from relance.arrangements.facts import HoldFacts, HoldKind, Scope
from relance.arrangements.services import end_hold, place_hold
from relance.ledger.queries import open_items
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import CHLOE, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of

LEGAL = {"exempt", "deceased", "legal", "over_indebtedness", "insolvency"}


@pytest.fixture
def agent(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.AGENT, "en", "marie").client


@pytest.fixture
def supervisor(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.SUPERVISOR, "en", "gilles").client


def typed(**more: str) -> dict[str, str]:
    """What somebody types for a promise until the end of the month."""
    return {
        "kind": "promise", "scope": "account", "from_on": "2025-03-20", "until_on": "2025-03-31",
        "reason": "pays on the 31st", "key": "k1",
    } | more  # fmt: skip


def placed(account_id: int, kind: str = "promise", since: int = 0, until: int | None = 10, **more: Any) -> int:
    """Place a hold; days counted from today."""
    last = None if until is None else TODAY + dt.timedelta(days=until)
    said = {"reason": "said so", "by": "ines", "key": ""} | more
    return place_hold(account_id, kind, TODAY + dt.timedelta(days=since), last, **said)


def held(account_id: int) -> tuple[HoldFacts, ...]:
    return queries.holds([account_id]).get(account_id, ())


def verbs() -> list[str]:
    return [row.verb for row in audit_rows().rows if row.verb.startswith("hold")]


def test_a_hold_is_placed_once_audited_and_told(account_id: int, agent: Client) -> None:
    address = f"/accounts/{account_id}/holds/place/"
    page = text_of(agent.get(address).content)
    assert "Place a hold" in page and "What each kind does" in page
    assert "Only courtesy messages go out" in page
    assert agent.post(address, typed(reason=" ")).status_code == 422
    assert agent.post(address, typed(key="")).status_code == 422
    assert agent.post(address, typed()).status_code == 302
    assert "This form was sent before" in text_of(agent.post(address, typed(), follow=True).content)
    assert "was used for another hold" in text_of(agent.post(address, typed(reason="another")).content)
    (hold,) = held(account_id)
    assert (hold.kind, hold.scope, hold.placed_by) == (HoldKind.PROMISE, Scope.ACCOUNT, "marie")
    assert hold.periods == ((TODAY, dt.date(2025, 4, 1)),)
    assert verbs() == ["hold_placed"]
    row = next(row for row in audit_rows().rows if row.verb == "hold_placed")
    assert (row.subject, row.actor, row.details["reason"]) == ("BRUNO", "marie", "pays on the 31st")
    account = text_of(agent.get(f"/accounts/{account_id}/").content)
    assert "Promise to pay the whole account from 20 Mar 2025 until 31 Mar 2025" in account
    assert "Only courtesy messages go out, and the age of the debt stands still." in account
    timeline = text_of(agent.get(f"/accounts/{account_id}/timeline/?family=decision").content)
    assert "Hold: Promise to pay, from 20 Mar 2025 until 31 Mar 2025" in timeline
    assert "pays on the 31st" in timeline and "marie" in timeline


def test_a_backdated_hold_is_confirmed_and_says_so(account_id: int, agent: Client) -> None:
    address = f"/accounts/{account_id}/holds/place/"
    sent = typed(kind="manual", from_on="2025-03-13", until_on="")
    shown = agent.post(address, sent)
    assert shown.status_code == 422 and not held(account_id)
    assert "13 Mar 2025 lies in the past: ages are counted anew from then" in text_of(shown.content)
    assert agent.post(address, sent | {"confirmed": mark(shown.content)}).status_code == 302
    assert held(account_id)[0].periods == ((dt.date(2025, 3, 13), None),)
    assert "recorded on" in text_of(agent.get(f"/accounts/{account_id}/timeline/").content)
    page = text_of(agent.get(f"/accounts/{account_id}/").content)
    assert "Held by hand the whole account from 13 Mar 2025, with no known end" in page


def mark(content: bytes) -> str:
    """What confirms the warnings that a page shows."""
    text = content.decode()
    start = text.index('name="confirmed" value="') + len('name="confirmed" value="')
    return text[start : text.index('"', start)]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"until_on": "2025-03-19"}, "lies before the first day held"),
        ({"kind": "vulnerable", "scope": "item"}, ""),
        ({"kind": "bank_feed_stale", "scope": "part"}, ""),
        ({"kind": "dispute", "scope": "born_before"}, "A hold of this kind covers"),
        ({"kind": "dispute", "scope": "item"}, "Choose the item."),
        ({"kind": "dispute", "scope": "part", "item": "B-1"}, "Say how much of it is held."),
        ({"kind": "dispute", "scope": "part", "item": "B-1", "amount": "x"}, "amount"),
        ({"kind": "dispute", "scope": "part", "item": "B-1", "amount": "45.50"}, "less than the whole of B-1"),
        ({"kind": "plan", "scope": "born_before"}, "needs this day"),
        ({"kind": "nonsense"}, "nonsense is not one of the available choices"),
        ({"from_on": "2999-01-01", "until_on": ""}, "end of 2199"),
        ({"from_on": "1925-01-01", "until_on": ""}, "check the year"),
        ({"reference": "a\tb"}, "cannot be seen"),
    ],
)
def test_what_cannot_be_is_said_beside_the_form(
    account_id: int, agent: Client, sent: dict[str, str], told: str
) -> None:
    address = f"/accounts/{account_id}/holds/place/"
    answer = agent.post(address, typed(**sent))
    if not told:
        # A kind that covers whole accounts only does so whatever was chosen.
        assert answer.status_code == 302 and held(account_id)[0].scope is Scope.ACCOUNT
        return
    if answer.status_code == 422 and b'name="confirmed"' in answer.content:
        answer = agent.post(address, typed(**sent) | {"confirmed": mark(answer.content)})
    assert answer.status_code == 422
    assert told in text_of(answer.content)
    assert held(account_id) == () and verbs() == []


def test_part_of_an_item_is_held_from_the_items_own_menu(account_id: int, agent: Client) -> None:
    (b1,) = (item.id for item in open_items(account_id, TODAY) if item.number == "B-1")
    assert f"/accounts/{account_id}/holds/place/?item={b1}" in agent.get(f"/accounts/{account_id}/").content.decode()
    page = agent.get(f"/accounts/{account_id}/holds/place/?item={b1}").content.decode()
    assert '<option value="B-1" selected>' in page and '<option value="item" selected>' in page
    sent = typed(kind="dispute", scope="part", item="B-1", amount="5.50", reference="T-7", until_on="")
    assert agent.post(f"/accounts/{account_id}/holds/place/", sent).status_code == 302
    (hold,) = held(account_id)
    assert (hold.item_id, hold.part_minor, hold.currency, hold.reference) == (b1, 550, "EUR", "T-7")
    shown = text_of(agent.get(f"/accounts/{account_id}/").content)
    assert "€5.50 of B-1" in shown and "Reminders leave this part out; the rest is chased and grows older." in shown
    details = next(row.details for row in audit_rows().rows if row.verb == "hold_placed")
    assert (details["item"], details["amount"], details["scope"]) == ("B-1", "5.50", "part")


def test_the_effect_is_told_while_one_chooses(account_id: int, supervisor: Client) -> None:
    address = f"/accounts/{account_id}/holds/place/"

    def effect(**more: str) -> str:
        return text_of(supervisor.post(address, typed(preview="yes", **more)).content)

    assert "Only courtesy messages go out" in effect()
    assert "Messages that wait to be sent are withdrawn." in effect(kind="manual")
    assert "withdrawn" not in effect(kind="manual", from_on="2025-03-25")
    aid = effect(kind="aid_request")
    assert "Reminders go on." in aid and "In part only" in aid and "withdrawn" not in aid
    assert "Only when a person approves it: service restriction" in effect(kind="vulnerable")
    assert "items out, and their age stands still" in effect(kind="insolvency")
    assert held(account_id) == ()


def test_an_agent_does_not_place_or_end_what_rests_on_a_decision(
    account_id: int, agent: Client, supervisor: Client
) -> None:
    address = f"/accounts/{account_id}/holds/place/"
    offered = agent.get(address).content.decode()
    assert all(f'value="{kind}"' not in offered for kind in LEGAL)
    assert all(f'value="{kind.value}"' in offered for kind in HoldKind if kind.value not in LEGAL)
    for kind in LEGAL:
        assert agent.post(address, typed(kind=kind, born_before="2025-03-01")).status_code == 422
    assert held(account_id) == ()
    assert all(f'value="{kind.value}"' in supervisor.get(address).content.decode() for kind in HoldKind)
    sent = typed(kind="insolvency", born_before="2025-03-01", until_on="")
    assert supervisor.post(address, sent).status_code == 302
    (hold,) = held(account_id)
    assert (hold.scope, hold.born_before) == (Scope.BORN_BEFORE, dt.date(2025, 3, 1))
    page = agent.get(f"/accounts/{account_id}/").content.decode()
    assert "items born before 1 Mar 2025" in text_of(page.encode()) and f"/holds/{hold.id}/end/" not in page
    assert f"/holds/{hold.id}/end/" in supervisor.get(f"/accounts/{account_id}/").content.decode()
    for place in ("end", "again"):
        assert agent.get(f"/accounts/{account_id}/holds/{hold.id}/{place}/").status_code == 403
        assert agent.post(f"/accounts/{account_id}/holds/{hold.id}/{place}/", {}).status_code == 403


def test_finance_and_auditors_look_only(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    hold_id = placed(account_id)
    for role in (Role.FINANCE, Role.AUDITOR):
        client = sign_in(role).client
        page = client.get(f"/accounts/{account_id}/").content.decode()
        assert "Promise to pay" in page and "/holds/place/" not in page and f"/holds/{hold_id}/" not in page
        assert client.get("/holds/").status_code == 200
        assert client.get(f"/accounts/{account_id}/holds/place/").status_code == 403


def test_ending_is_confirmed_and_done_once(account_id: int, agent: Client) -> None:
    hold_id = placed(account_id, since=-5)
    address = f"/accounts/{account_id}/holds/{hold_id}/end/"
    page = agent.get(address)
    assert "From 20 Mar 2025 on it holds nothing any more: the whole account." in text_of(page.content)
    sent = {"on": "2025-03-20", "reason": "he paid", "key": "k9"}
    assert agent.post(address, sent).status_code == 422, "not without the confirmation"
    sent["confirmed"] = mark(page.content)
    assert agent.post(address, sent | {"on": "2025-03-14"}).status_code == 422
    assert agent.post(address, sent).status_code == 302
    assert "This form was sent before" in text_of(agent.post(address, sent, follow=True).content)
    assert held(account_id)[0].periods == ((dt.date(2025, 3, 15), TODAY),)
    assert verbs() == ["hold_ended"]
    assert "This hold is over already." in text_of(agent.get(address).content)
    page = agent.get(f"/accounts/{account_id}/")
    assert "1 ended" in text_of(page.content)
    timeline = text_of(agent.get(f"/accounts/{account_id}/timeline/?family=decision").content)
    assert "Hold ended: Promise to pay, free from 20 Mar 2025" in timeline and "he paid" in timeline


def test_ending_on_the_first_day_takes_it_back_whole(account_id: int, agent: Client) -> None:
    hold_id = placed(account_id, since=3)
    address = f"/accounts/{account_id}/holds/{hold_id}/end/"
    page = agent.get(address)
    assert "as if it had never been in force" in text_of(page.content)
    sent = {"on": "2025-03-23", "reason": "mistyped", "key": "k9", "confirmed": mark(page.content)}
    assert agent.post(address, sent).status_code == 302
    assert held(account_id)[0].periods == ()
    assert "taken back; it was never in force" in text_of(agent.get(f"/accounts/{account_id}/").content)


def test_a_promise_gets_more_time(account_id: int, agent: Client) -> None:
    hold_id = placed(account_id)
    address = f"/accounts/{account_id}/holds/{hold_id}/again/"
    assert 'value="2025-03-31"' in agent.get(address).content.decode(), "the day after the last one held"
    sent = {"from_on": "2025-03-31", "until_on": "2025-04-15", "reason": "paid in part", "key": "k9"}
    assert agent.post(address, sent).status_code == 302
    assert "This form was sent before" in text_of(agent.post(address, sent, follow=True).content)
    assert held(account_id)[0].periods == ((TODAY, dt.date(2025, 4, 16)),)
    assert verbs() == ["hold_again"]
    endless = placed(account_id, "manual", until=None)
    assert "has no end" in text_of(agent.get(f"/accounts/{account_id}/holds/{endless}/again/").content)


def test_a_hold_of_another_account_is_not_found(account_id: int, agent: Client) -> None:
    hold_id = placed(the(CHLOE).id)
    for place in ("end", "again"):
        assert agent.get(f"/accounts/{account_id}/holds/{hold_id}/{place}/").status_code == 404
        assert agent.get(f"/accounts/{account_id}/holds/999/{place}/").status_code == 404


@pytest.fixture
def several(account_id: int) -> dict[str, int]:
    """A promise in force, a dispute to come, a held account that is over, one of Chloé's."""
    made = {
        "now": placed(account_id, reference="T-77"),
        "coming": placed(account_id, "dispute", since=5),
        "over": placed(account_id, "manual", since=-20, until=-10, reason="the bank’s files were late"),
        "chloe": placed(the(CHLOE).id, "vulnerable", since=-3, until=None),
    }
    end_hold(placed(account_id, "manual", since=-2, reason="mistyped"), TODAY - dt.timedelta(days=2), "no", "ines")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Promise", "Vulnerable"}),
        ("?state=coming", {"Dispute"}),
        ("?state=ended", {"bank’s files", "mistyped"}),
        ("?state=any", {"Promise", "Vulnerable", "Dispute", "bank’s files", "mistyped"}),
        ("?kind=vulnerable", {"Vulnerable"}),
        ("?state=any&kind=manual", {"bank’s files", "mistyped"}),
        ("?text=t-77", {"Promise"}),
        ("?text=chloe", {"Vulnerable"}),
        ("?text=zzz", set()),
        ("?state=asleep&kind=x&sort=x&after=x", {"Promise", "Vulnerable"}),
        ("?text=%00%25", set()),
    ],
)
def test_the_list_is_filtered(several: dict[str, int], agent: Client, query: str, names: set[str]) -> None:
    page = text_of(agent.get(f"/holds/{query}", headers={"HX-Request": "true"}).content)
    for name in ("Promise", "Vulnerable", "Dispute", "bank’s files", "mistyped"):
        assert (name in page) is (name in names), name
    assert ("No hold matches" in page) is (not names)


def test_the_list_has_an_order_and_pages(several: dict[str, int], agent: Client) -> None:
    page = text_of(agent.get("/holds/?sort=-from").content)
    assert page.index("Promise to pay") < page.index("Chloé")
    page = text_of(agent.get("/holds/?sort=account&state=any", headers={"HX-Request": "true"}).content)
    assert page.rindex("BRUNO") < page.index("CHLOE") and "5 in all" in page
    for number in range(60):
        placed(the(CHLOE).id, "manual", since=-number, until=None, reason=f"the {number}th")
    page = agent.get("/holds/?kind=manual").content.decode()
    assert "60 in all" in text_of(page.encode()) and 'rel="next"' in page
    after = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    last = text_of(agent.get(after).content)
    assert "the 59th" in last and "the 0th" not in last and "First page" in last


def test_an_empty_list_says_where_holds_come_from(db: None, agent: Client) -> None:
    page = text_of(agent.get("/holds/").content)
    assert "No hold is in force" in page and "placed on the page of an account" in page
    assert "Nothing yet" in text_of(agent.get("/holds/?state=ended").content)


def test_a_longer_list_and_more_holds_ask_no_more(several: dict[str, int], account_id: int, agent: Client) -> None:
    agent.get("/holds/")
    with at_most(12):
        agent.get("/holds/?state=any")
    (b1,) = (item.id for item in open_items(account_id, TODAY) if item.number == "B-1")
    placed(account_id, "dispute", item_id=b1, part_minor=10)
    before, alone = queries_of(agent, "/holds/?state=any"), queries_of(agent, f"/accounts/{account_id}/")
    for number in range(20):
        placed(account_id, "dispute", item_id=b1, part_minor=number + 1)
    assert queries_of(agent, "/holds/?state=any") == before
    assert queries_of(agent, f"/accounts/{account_id}/") == alone


def test_the_list_as_csv(several: dict[str, int], supervisor: Client, agent: Client) -> None:
    assert agent.get("/holds/export.csv").status_code == 403
    answer = supervisor.get("/holds/export.csv?state=any&sort=account")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["Account"] for row in rows] == ["BRUNO"] * 4 + ["CHLOE"]
    assert rows[0] | {"Placed at": ""} == {
        "Account": "BRUNO", "Name": "Bruno Promet", "Kind of hold": "Promise to pay", "State": "In force",
        "Covers": "the whole account", "First day held": "2025-03-20", "First free day": "2025-03-31",
        "Reason": "said so", "File or ticket": "T-77", "Placed by": "ines", "Placed at": "",
    }  # fmt: skip
    assert [row.verb for row in audit_rows().rows if row.verb == "holds_exported"] == ["holds_exported"]


def test_the_pages_in_french(several: dict[str, int], account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    page = text_of(client.get("/holds/").content)
    assert "Blocages" in page and "Promesse de paiement" in page and "Client vulnérable" in page
    account = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "tout le compte" in account and "du 20 mars 2025 au 30 mars 2025" in account
    assert "Seuls des messages de courtoisie partent" in account
    refused = client.post(
        f"/accounts/{account_id}/holds/place/", typed(kind="dispute", scope="part", item="B-1", amount="45,50")
    )
    assert "inférieure au total de B-1" in text_of(refused.content)


def test_what_was_withdrawn_because_of_a_hold_says_so(account_id: int, agent: Client) -> None:
    from relance.outbound.facts import MessageOrder
    from relance.outbound.models import Dispatch
    from relance.outbound.services import prepare

    prepare([MessageOrder(77, account_id, 0, "EUR", "email", "reminder", "fr", "bruno@example.test", TODAY, {})])
    assert agent.post(f"/accounts/{account_id}/holds/place/", typed(kind="manual")).status_code == 302
    message = Dispatch.objects.get(idempotency_key=77)
    assert message.state == "withdrawn"
    assert "a hold was placed" in text_of(agent.get(f"/messages/{message.id}/").content)
    assert "a hold was placed" in text_of(agent.get(f"/accounts/{account_id}/timeline/?family=message").content)
