"""The order of dates, and what it leaves alone: sequences that the state machine of the ledger once found."""

import datetime as dt

import pytest

from relance.kit.refusal import Refusal
from relance.ledger.facts import AllocationOrder, PolicyFacts, ReceiptOrder
from relance.ledger.queries import allocations_of
from relance.ledger.services import correct_item, post_receipt, split, undo_allocations
from tests.bookkeeping import act, assert_laws_hold, day, follow, item_id, left, on_account, open_amounts, receive
from tests.cast import ALICE, Office, the


@pytest.mark.parametrize("order", [AllocationOrder.BY_HAND, AllocationOrder.NAMED_ONLY])
def test_an_earlier_receipt_leaves_alone_what_another_policy_decided(office: Office, order: AllocationOrder) -> None:
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    receive(ALICE, "P1", 10000, "2026-02-10")
    follow(ALICE, PolicyFacts(order))
    receive(ALICE, "P2", 3000, "2026-02-05")
    assert open_amounts(ALICE) == {}
    assert left(ALICE) == {"P2": 3000}


def test_money_that_names_an_item_comes_in_the_order_of_its_dates(office: Office) -> None:
    follow(ALICE, PolicyFacts(AllocationOrder.NAMED_ONLY))
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    receive(ALICE, "P1", 10000, "2026-02-10", "F1")
    receive(ALICE, "P2", 3000, "2026-02-05", "F1")
    assert left(ALICE) == {"P1": 3000}


def test_a_small_difference_is_owed_again_when_its_payment_goes_elsewhere(office: Office) -> None:
    follow(ALICE, PolicyFacts(small_difference_minor=5))
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    receive(ALICE, "P1", 9997, "2026-02-10")
    assert open_amounts(ALICE) == {}
    office.bill("ALICE", "F0", "50.00", "2026-01-01", "2026-01-15")
    receive(ALICE, "P2", 2000, "2026-02-05")
    assert open_amounts(ALICE) == {"F1": 3003}
    assert on_account(ALICE, "6588") == 0
    assert open_amounts(ALICE, "2026-02-09") == {"F0": 3000, "F1": 10000}
    assert_laws_hold()


def test_a_small_difference_has_the_day_of_the_money_that_stands(office: Office) -> None:
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    receive(ALICE, "P1", 9000, "2026-02-10")
    office.bill("ALICE", "F0", "500.00", "2026-01-01", "2026-01-15")
    follow(ALICE, PolicyFacts(small_difference_minor=5))
    receive(ALICE, "P2", 9997, "2026-02-05", "F1")
    assert open_amounts(ALICE, "2026-02-05") == {"F0": 50000}


def test_a_correction_does_not_reach_back_behind_money_that_was_there(office: Office) -> None:
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    receive(ALICE, "P1", 10000, "2026-02-10")
    (paid,) = allocations_of(the(ALICE).id)
    undo_allocations(act(ALICE, "2026-03-01"), [paid.id])
    with pytest.raises(Refusal, match="set free on 2026-03-01"):
        correct_item(act(ALICE, "2026-02-20"), item_id(ALICE, "F1"))
    correct_item(act(ALICE, "2026-03-01"), item_id(ALICE, "F1"))
    assert_laws_hold()


def test_an_instalment_that_is_not_due_yet_comes_after_debts_that_are(office: Office) -> None:
    """C. civ. 1342-10: each instalment is a debt with a due date of its own."""
    follow(ALICE, PolicyFacts(AllocationOrder.CIVIL_CODE))
    office.bill("ALICE", "F1", "100.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "40.00", "2026-01-01", "2026-02-15")
    parts = [(dt.date(2026, 2, 10), 5000), (dt.date(2026, 6, 1), 5000)]
    split(act(ALICE, "2026-02-05"), item_id(ALICE, "F1"), parts)
    post_receipt(ReceiptOrder(the(ALICE).id, "P1", "EUR", 9000, day("2026-03-01"), "transfer"))
    assert open_amounts(ALICE) == {"F1/2": 5000}
