"""A dialler fetches today's calls and tells what came of them; who paid or is on hold is not called."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.customers.models import BillingAccount
from relance.faces import campaign
from relance.outbound.calls import signature
from relance.staff.facts import Role
from relance.worklist.facts import WorkFilter, WorkOrder
from relance.worklist.queries import work_page
from relance.worklist.services import open_work
from tests.cast import BRUNO, CHLOE, the
from tests.faces.conftest import TODAY, SignedIn
from tests.services.test_outbound import pay

CALLS, OUTCOMES = "/api/dialler/calls", "/api/dialler/outcomes"
NOON = dt.datetime(2025, 3, 20, 11, tzinfo=dt.UTC)


@pytest.fixture
def calls(portfolio: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Calls to Bruno (45.50 at stake) and Chloé (100.00), one of next week, and a review; the ids of work by key."""
    settings.DIALLER_SECRET = "dial"
    monkeypatch.setattr("relance.kit.clock.today", lambda: TODAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    BillingAccount.objects.filter(number__in=[BRUNO["number"], CHLOE["number"]]).update(
        phone="01 99 00 12 34", mobile="", country="FR"
    )
    order = lambda key, person, kind="call", due=0: WorkOrder(  # noqa: E731
        key, the(person).id, kind, 0, "EUR", TODAY + dt.timedelta(days=due), "", {"stage": "reminder"}, TODAY
    )
    open_work([order(1, BRUNO), order(2, CHLOE), order(3, CHLOE, due=7), order(4, CHLOE, "review")])
    return {work.key: work.id for work in work_page(WorkFilter(state="")).rows}


def ask(secret: str = "dial", path: str = CALLS, age: int = 0) -> Any:
    header = signature(secret, int(NOON.timestamp()) - age, path.encode())
    return Client().get(path, headers={"Relance-Signature": header})


def tell(*outcomes: object, secret: str = "dial") -> Any:
    body = json.dumps({"outcomes": outcomes}).encode()
    header = signature(secret, int(NOON.timestamp()), body)
    return Client().post(OUTCOMES, body, content_type="application/json", headers={"Relance-Signature": header})


def test_the_most_valuable_call_comes_first_with_its_number_hours_and_debt(calls: dict[int, int]) -> None:
    answer = ask().json()
    chloe, bruno = answer["calls"]
    assert (chloe["call"], bruno["call"]) == (calls[2], calls[1])
    assert (chloe["priority"], chloe["number"], chloe["currency"]) == (1, "+33199001234", "EUR")
    assert bruno["amount"] == "45.50"
    assert bruno["account"] == BRUNO["number"]
    assert bruno["days_past_due"] > 0
    opens, closes = (dt.datetime.fromisoformat(bruno[name]) for name in ("opens_at", "closes_at"))
    assert NOON <= opens < closes


def test_who_has_paid_is_on_hold_or_has_no_number_is_not_called(calls: dict[int, int]) -> None:
    pay(the(BRUNO).id, 4_550, received_on=TODAY)
    assert [call["call"] for call in ask().json()["calls"]] == [calls[2]]
    BillingAccount.objects.filter(number=CHLOE["number"]).update(phone="none")
    assert ask().json()["calls"] == []
    BillingAccount.objects.filter(number=CHLOE["number"]).update(phone="01 99 00 12 34")
    assert len(ask().json()["calls"]) == 1
    place_hold(the(CHLOE).id, HoldKind.DECEASED, TODAY, None, reason="told by family", by="ada", key="key-1")
    assert ask().json()["calls"] == []


def test_only_who_signs_is_served(calls: dict[int, int], settings: Settings) -> None:
    assert [ask("wrong").status_code, ask(age=301).status_code, Client().get(CALLS).status_code] == [401] * 3
    assert tell({"call": calls[1], "outcome": "no_answer"}, secret="wrong").status_code == 401
    assert ask().status_code == 200
    settings.DIALLER_SECRET = ""
    assert [ask("").status_code, tell(secret="").status_code] == [404, 404]


def test_outcomes_close_calls_once_and_all_or_none(calls: dict[int, int]) -> None:
    wrong = tell(
        {"call": calls[1], "outcome": "will_pay"}, {"call": calls[2], "outcome": "sold"}, {"call": calls[4]}, 7
    )
    assert wrong.status_code == 422
    assert [error["row"] for error in wrong.json()["errors"]] == [2, 3, 4]
    assert "no_answer" in wrong.json()["errors"][0]["message"]
    assert len(ask().json()["calls"]) == 2, "nothing of it was taken"
    said = {"call": calls[1], "outcome": "will_pay", "note": "on\u202e Friday"}
    assert tell(said, {"call": calls[2], "outcome": "no_answer"}).json() == {"taken": 2, "errors": []}
    assert tell(said).json() == {"taken": 0, "errors": []}
    assert ask().json()["calls"] == []
    closed = {work.key: work for work in work_page(WorkFilter(state="closed")).rows}
    assert (closed[1].outcome, closed[1].closed_by, closed[1].note) == ("will_pay", "dialler", "on  Friday")
    assert tell({"call": calls[1], "outcome": "refuses"}).status_code == 422
    for odd in (True, "1", 0, -1, 2**63, None, 99_999):
        assert tell({"call": odd, "outcome": "no_answer"}).status_code == 422


def test_the_file_of_the_desk_holds_the_same_calls_and_no_formula(
    calls: dict[int, int], sign_in: Callable[..., SignedIn]
) -> None:
    BillingAccount.objects.filter(number=CHLOE["number"]).update(name="=HYPERLINK(1)")
    supervisor = sign_in(Role.SUPERVISOR, "en").client
    rows = list(csv.DictReader(io.StringIO(b"".join(supervisor.get("/work/calls.csv")).decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == ["33199001234", "33199001234"]
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert tuple(rows[0]) == campaign.HEAD
    assert sign_in(Role.AGENT, "en").client.get("/work/calls.csv").status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_calls(
    calls: dict[int, int], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        assert len(list(campaign.todays_calls(TODAY, NOON))) == 2
