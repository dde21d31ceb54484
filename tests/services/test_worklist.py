"""The worklist: opened once per order, ranked by what is owed, closed with an outcome, called off when it is paid."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from relance.dunning.models import Nudge, Position
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.queries import credits_of
from relance.ledger.services import post_receipt, reverse_receipt
from relance.worklist import queries
from relance.worklist.facts import WorkFilter, WorkItemFacts, WorkOrder, WorkSort, WorkState
from relance.worklist.laws import LAWS
from relance.worklist.services import assign_work, close_work, open_work, reopen_work, rerank_all
from tests.cast import ALICE, BRUNO, CHLOE, Office, the

DAY = dt.date(2025, 3, 20)
LATER = dt.date(2025, 3, 24)


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:
    """Bruno owes 45.50 overdue, Chloé 120, Alice nothing."""
    office = Office(tmp_path)
    office.open_accounts(ALICE, BRUNO, CHLOE)
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", "2025-03-12")
    office.bill("CHLOE", "C-1", "120.00", "2025-01-05", "2025-02-05")
    return office


def order(key: int, person: dict[str, str] = BRUNO, kind: str = "call", **more: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "item_id": 0, "currency": "EUR", "due_on": DAY + dt.timedelta(days=2), "title": "", "detail": {"stage": "call"},
        "opened_on": DAY,
    }  # fmt: skip
    return WorkOrder(key, the(person).id, kind, **(values | more))


def listed(**wanted: Any) -> list[WorkItemFacts]:
    return list(queries.work_page(WorkFilter(**wanted)).rows)


def one() -> WorkItemFacts:
    (work,) = listed(state="")
    return work


def pay(person: dict[str, str], amount: str, on: dt.date = DAY, key: str = "p1") -> None:
    minor = int(amount.replace(".", ""))
    post_receipt(ReceiptOrder(the(person).id, f"P-{key}", "EUR", minor, on, "transfer"))


def lawful() -> bool:
    return not [report for report in check(LAWS) if report.offenders]


def test_an_order_makes_one_item_however_often_it_is_given(office: Office) -> None:
    assert open_work([]) == 0
    assert open_work([order(1), order(2, CHLOE)]) == 2
    assert open_work([order(1, title="another"), order(2, CHLOE), order(3, CHLOE, "review")]) == 1
    assert queries.work_states([1, 2, 3, 4]) == {1: "open", 2: "open", 3: "open"}
    (bruno,) = listed(account_ids=[the(BRUNO).id])
    assert (bruno.title, bruno.detail, bruno.stake_minor, bruno.opened_on) == ("", {"stage": "call"}, 4550, DAY)
    assert lawful()


def test_the_list_is_ranked_by_what_is_owed_then_by_urgency(office: Office) -> None:
    open_work([order(1), order(2, CHLOE, "review"), order(3, CHLOE, "meeting"), order(4, ALICE, "task")])
    assert [(work.stake_minor, work.kind) for work in listed()] == [
        (12000, "meeting"), (12000, "review"), (4550, "call"), (0, "task"),
    ]  # fmt: skip


@pytest.mark.parametrize("sort", list(WorkSort))
def test_pages_follow_each_other_without_gap_or_double(office: Office, sort: WorkSort) -> None:
    open_work([order(key, (BRUNO, CHLOE)[key % 2], due_on=DAY + dt.timedelta(days=key % 3)) for key in range(1, 12)])
    whole = [work.id for work in queries.work_page(WorkFilter(), sort).rows]
    assert len(whole) == 11
    found: list[int] = []
    after = None
    while True:
        page = queries.work_page(WorkFilter(), sort, after, limit=3)
        assert page.total == 11
        found += [work.id for work in page.rows]
        after = page.next_after
        if after is None:
            break
    assert found == whole


@pytest.mark.parametrize("after", ["x", "1", "1|2", "1|2|3|4", f"1|1|{2**63}", "2025-01-01|1"])
def test_a_place_that_no_page_gave_is_told(office: Office, after: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        queries.work_page(WorkFilter(), WorkSort.VALUE, after)


def test_filters_and_counts(office: Office) -> None:
    open_work([order(1), order(2, CHLOE, "review", due_on=DAY - dt.timedelta(days=1)), order(3, CHLOE)])
    first = next(work for work in listed() if work.key == 1)
    assign_work(first.id, "marie", "marie", DAY)
    assert [work.key for work in listed(kind="review")] == [2]
    assert [work.key for work in listed(assigned_to="marie")] == [1]
    assert {work.key for work in listed(assigned_to=WorkFilter.NOBODY)} == {2, 3}
    assert [work.key for work in listed(overdue_on=DAY)] == [2]
    counts = queries.counts(DAY, "marie")
    assert (counts.open, counts.overdue, counts.mine, counts.nobodys) == (3, 1, 1, 2)
    assert queries.people_with_work() == ["marie"]
    assert len(queries.open_work_of(the(CHLOE).id)) == 2


def test_work_is_closed_once_and_the_night_looks_again(office: Office) -> None:
    open_work([order(1)])
    account_id, work = the(BRUNO).id, one()
    Position.objects.create(
        account_id=account_id, id=77, currency="EUR", version_id=1, opened_on=DAY, overdue_minor=4550, oldest_due_on=DAY
    )
    Nudge.objects.all().delete()
    assert close_work(work.id, "will_pay", " on Friday ", "marie", LATER)
    assert not close_work(work.id, "will_pay", "on Friday", "marie", LATER)
    closed = one()
    assert (closed.state, closed.outcome, closed.note) == ("closed", "will_pay", "on Friday")
    assert (closed.closed_by, closed.closed_on) == ("marie", LATER)
    assert [nudge.account_id for nudge in Nudge.objects.all()] == [account_id]
    with pytest.raises(Refusal, match="ended already"):
        close_work(work.id, "refuses", "", "marie", LATER)
    with pytest.raises(Refusal, match="ended already"):
        assign_work(work.id, "paul", "paul", LATER)
    assert queries.work_states([1]) == {1: "closed"}
    assert lawful()


def test_closing_an_account_nobody_pursues_nudges_nobody(office: Office) -> None:
    open_work([order(1)])
    Nudge.objects.all().delete()
    close_work(one().id, "no_answer", "", "marie", LATER)
    assert Nudge.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "outcome"), [("call", "done"), ("task", "will_pay"), ("call", ""), ("call", "settled")]
)
def test_an_outcome_of_another_kind_is_refused(office: Office, kind: str, outcome: str) -> None:
    open_work([order(1, kind=kind)])
    with pytest.raises(Refusal, match="from the list"):
        close_work(one().id, outcome, "", "marie", DAY)
    assert one().state == WorkState.OPEN


def test_a_kind_that_is_not_installed_can_be_closed_as_a_task(office: Office) -> None:
    open_work([order(1, kind="dance")])
    assert close_work(one().id, "done", "", "marie", DAY)


def test_a_note_that_is_too_long_is_refused(office: Office) -> None:
    open_work([order(1)])
    with pytest.raises(Refusal, match="1000 characters"):
        close_work(one().id, "refuses", "x" * 1001, "marie", DAY)


def test_there_is_no_such_work(db: None) -> None:
    for refused in (
        lambda: close_work(1, "done", "", "marie", DAY),
        lambda: reopen_work(1, "", "marie", DAY),
        lambda: assign_work(1, "", "marie", DAY),
    ):
        with pytest.raises(Refusal, match="no such work"):
            refused()
    assert queries.work_item(1) is None


def test_work_goes_from_hand_to_hand_and_never_from_under_one(office: Office) -> None:
    open_work([order(1)])
    work = one()
    assert assign_work(work.id, "marie", "marie", DAY, seen="")
    assert not assign_work(work.id, "marie", "marie", DAY, seen="")
    with pytest.raises(Refusal, match="marie took this work"):
        assign_work(work.id, "paul", "paul", DAY, seen="")
    assert assign_work(work.id, "paul", "boss", DAY, seen="marie")
    assert assign_work(work.id, "", "paul", DAY)
    with pytest.raises(Refusal, match="given back"):
        assign_work(work.id, "marie", "boss", DAY, seen="paul")
    assert one().assigned_to == ""
    assert lawful()


def test_what_is_paid_is_called_off_and_what_needs_no_customer_stays(office: Office) -> None:
    open_work([order(1), order(2, kind="review"), order(3, CHLOE)])
    pay(BRUNO, "20.00")
    assert {work.key: work.stake_minor for work in listed()} == {1: 2550, 2: 2550, 3: 12000}
    pay(BRUNO, "25.50", key="p2")
    assert queries.work_states([1, 2, 3]) == {1: "cancelled", 2: "open", 3: "open"}
    called_off = next(work for work in listed(state="") if work.key == 1)
    assert (called_off.outcome, called_off.closed_by, called_off.closed_on) == ("settled", "", DAY)
    assert lawful()


def test_money_is_judged_for_the_last_day_that_the_list_was_ranked(office: Office) -> None:
    """A payment of an earlier day does not hide what became overdue since."""
    office.bill("BRUNO", "B-2", "10.00", "2025-03-01", "2025-03-21")
    open_work([order(1)])
    assert rerank_all(LATER) == 1
    assert one().stake_minor == 5550
    assert rerank_all(LATER) == 0, "ranked for that day already"
    pay(BRUNO, "45.50", on=DAY)
    assert (one().state, one().stake_minor) == ("open", 1000)


def test_the_night_ranks_the_work_of_one_creditor_only(office: Office) -> None:
    office.bring("creditors", {"code": "other", "name": "Other"})
    office.bring("accounts", {"number": "X", "creditor": "other", "name": "X"})
    open_work([order(1), order(2, {"number": "X"}, "task")])
    assert rerank_all(LATER, the(BRUNO).creditor_id) == 1
    assert {work.key: work.stake_on for work in listed()} == {1: LATER, 2: DAY}


def test_a_returned_payment_lets_people_open_the_call_again(office: Office) -> None:
    open_work([order(1)])
    account_id = the(BRUNO).id
    pay(BRUNO, "45.50")
    work = one()
    assert work.state == WorkState.CANCELLED
    with pytest.raises(Refusal, match="nothing is overdue"):
        reopen_work(work.id, "try again", "marie", LATER)
    (credit,) = credits_of(account_id, LATER)
    reverse_receipt(account_id, credit.id, LATER, "returned")
    reopen_work(work.id, "the debit came back", "marie", LATER)
    again = one()
    assert (again.state, again.outcome, again.closed_on, again.stake_minor) == ("open", "", None, 4550)
    with pytest.raises(Refusal, match="open already"):
        reopen_work(work.id, "", "marie", LATER)
    assert lawful()


def test_the_timeline_tells_everything_newest_first(office: Office) -> None:
    open_work([order(1)])
    work = one()
    assign_work(work.id, "marie", "marie", DAY)
    close_work(work.id, "no_answer", "twice", "marie", LATER)
    reopen_work(work.id, "another number", "marie", LATER)
    events = queries.timeline(work.account_id)
    assert [event.kind for event in events] == ["work_reopened", "work_closed", "work_assigned", "work_opened"]
    assert (events[1].data["outcome"], events[1].data["note"], events[1].actor) == ("no_answer", "twice", "marie")
    assert queries.event_count(work.account_id) == 4
    assert [event.kind for event in queries.timeline(work.account_id, 1)] == ["work_reopened"]
    assert queries.history(work.account_id, work.id) == events
    assert queries.timeline(the(CHLOE).id) == []


@pytest.mark.parametrize("statement", ["UPDATE worklist_workevent SET note = 'x'", "DELETE FROM worklist_workevent"])
def test_what_happened_cannot_be_changed(office: Office, statement: str) -> None:
    open_work([order(1)])
    assign_work(one().id, "marie", "marie", DAY)
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_two_people_closing_at_once_leave_one_outcome(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.open_accounts(BRUNO)
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", "2025-03-12")
    open_work([order(1)])
    work_id = one().id
    start, said = threading.Barrier(2), []

    def person(name: str, outcome: str) -> None:
        start.wait()
        try:
            said.append(close_work(work_id, outcome, "", name, DAY))
        except Refusal:
            said.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=person, args=pair) for pair in (("marie", "refuses"), ("paul", "will_pay"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [False, True]
    assert [event.kind for event in queries.timeline(the(BRUNO).id)] == ["work_closed", "work_opened"]
    assert lawful()


@pytest.mark.django_db(transaction=True)
def test_work_is_not_opened_again_while_the_payment_is_being_posted(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.open_accounts(BRUNO)
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", "2025-03-12")
    open_work([order(1)])
    work_id = one().id
    close_work(work_id, "no_answer", "", "marie", DAY)
    posted, over, tried = threading.Event(), threading.Event(), threading.Event()
    said: list[str] = []

    def cashier() -> None:
        try:
            with transaction.atomic():
                pay(BRUNO, "45.50")
                posted.set()
                over.wait(10)
        finally:
            connection.close()

    def agent() -> None:
        try:
            reopen_work(work_id, "once more", "marie", DAY)
        except Refusal as refusal:
            said.append(str(refusal))
        finally:
            tried.set()
            connection.close()

    threads = [threading.Thread(target=cashier), threading.Thread(target=agent)]
    threads[0].start()
    assert posted.wait(10)
    threads[1].start()
    tried.wait(1)
    over.set()
    for thread in threads:
        thread.join()
    assert said == ["nothing is overdue on this account; there is nothing to speak to the customer about"]
    assert one().state == WorkState.CLOSED
    assert lawful()
