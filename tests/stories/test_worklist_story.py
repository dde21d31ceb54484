"""A stage that asks for a call: the call is on the list, what follows waits for it, and a payment calls it off."""

import datetime as dt
from pathlib import Path

import pytest

from relance.cycle.services import run
from relance.dunning.models import PlannedAction
from relance.dunning.services import import_scenario
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt
from relance.worklist.facts import WorkFilter, WorkItemFacts
from relance.worklist.queries import work_page
from relance.worklist.services import close_work
from tests.cast import BRUNO, CHLOE, Office, the

SCENARIO = """
code: by_telephone
name: {fr: Par téléphone, en: By telephone}
level: account
applies_to: {kind: [], segment: [], credit_class: [], payment_method: []}
priority: 900
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: call, age: 1, mandatory: true, actions: [{task: {kind: call, title: Ask for the cheque, due_in_days: 2}}]}
  - {code: watch, age: 4, actions: [{credit_class: {to: watch}}, {credit_hold: {}}]}
"""
DUE = dt.date(2025, 3, 10)


def after(days: int) -> dt.date:
    return DUE + dt.timedelta(days=days)


def listed(state: str = "open") -> list[WorkItemFacts]:
    return list(work_page(WorkFilter(state=state)).rows)


@pytest.fixture
def office(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("RELANCE_TODAY", after(10).isoformat())
    import_scenario(SCENARIO, "tests")
    office = Office(tmp_path)
    office.open_accounts(BRUNO, CHLOE)
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", DUE.isoformat())
    office.bill("CHLOE", "C-1", "120.00", "2025-02-10", DUE.isoformat())
    return office


def test_what_follows_waits_for_the_call(office: Office) -> None:
    run(after(1))
    chloe, bruno = listed()
    assert (chloe.stake_minor, bruno.stake_minor) == (12000, 4550)
    assert (bruno.kind, bruno.title, bruno.due_on) == ("call", "Ask for the cheque", after(3))
    office.bill("BRUNO", "B-2", "100.00", "2025-02-12", after(1).isoformat())
    run(after(4))
    assert [work.stake_minor for work in listed()] == [14550, 12000], "the night ranks the list"
    assert the(BRUNO).credit_class == "standard", "a mandatory stage holds the later ones"
    close_work(bruno.id, "will_pay", "", "marie", after(4))
    run(after(5))
    run(after(6))
    assert (the(BRUNO).credit_class, the(BRUNO).credit_hold_on is not None) == ("watch", True)
    assert (the(CHLOE).credit_class, the(CHLOE).credit_hold_on) == ("standard", None)
    assert PlannedAction.objects.filter(kind="task").count() == 2, "one call each, however many nights"


def test_who_has_paid_is_not_called(office: Office) -> None:
    run(after(1))
    post_receipt(ReceiptOrder(the(CHLOE).id, "P-1", "EUR", 12000, after(2), "transfer"))
    assert [work.account_id for work in listed()] == [the(BRUNO).id]
    (called_off,) = listed("cancelled")
    assert (called_off.account_id, called_off.outcome) == (the(CHLOE).id, "settled")
    run(after(4))
    assert len(listed()) == 1
