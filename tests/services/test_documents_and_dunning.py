"""What a document does to the pursuit of its debt: disputed or postponed debt is silent at once, and comes back."""

from collections.abc import Callable

import pytest

from relance.dunning.services import import_scenario
from relance.ledger.facts import AllocationOrder, Cheque, CreditNoteOrder, DepositOrder, ExclusionKind, PolicyFacts
from relance.ledger.services import (
    approve_request,
    correct_item,
    exclude,
    lift_exclusion,
    post_credit_note,
    post_deposit,
    postpone,
    request_refund,
    request_write_off,
    split,
)
from tests.bookkeeping import act, day, follow, item_id, one, receive
from tests.cast import BRUNO, Office, the
from tests.services.test_dunning import live, messages, scenario

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def pursued(office: Office) -> Office:
    """Bruno has been reminded of F1 (30.00, due 31 January), and stands before the second reminder of 7 February."""
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert live("2026-01-30", "2026-02-02") == {"2026-02-01": {"house/reminder": 1}}
    return office


def positions() -> int:
    return one("SELECT count(*) FROM dunning_position")


def f1() -> int:
    return item_id(BRUNO, "F1")


def stages_of(night: str) -> int:
    """How many stages one night enters."""
    return sum(sum(stages.values()) for stages in live(night, night).values())


def write_off() -> None:
    asked = request_write_off(act(BRUNO, "2026-02-03", "rene"), [f1()], recovers_vat=False).ids[0]
    approve_request(act(BRUNO, "2026-02-03"), asked)


SILENCING: dict[str, Callable[[], object]] = {
    "dispute": lambda: exclude(act(BRUNO, "2026-02-03"), f1(), ExclusionKind.DISPUTED, None, "D1"),
    "payment on its way": lambda: exclude(act(BRUNO, "2026-02-03"), f1(), ExclusionKind.IN_FLIGHT, None, "DD1"),
    "postponement": lambda: postpone(act(BRUNO, "2026-02-03"), f1(), day("2026-03-31")),
    "instalments": lambda: split(
        act(BRUNO, "2026-02-03"), f1(), [(day("2026-03-31"), 1000), (day("2026-04-30"), 2000)]
    ),
    "credit note": lambda: post_credit_note(act(BRUNO, "2026-02-03"), CreditNoteOrder("AV1", "EUR", 3000, "F1")),
    "correction": lambda: correct_item(act(BRUNO, "2026-02-03"), f1()),
    "write-off": write_off,
    "cheque": lambda: post_deposit(
        DepositOrder(the(BRUNO).creditor_id, "B7", day("2026-02-03"), "EUR", (Cheque(the(BRUNO).id, "1", 3000),)),
        "ines",
    ),
}


@pytest.mark.parametrize("name", SILENCING)
def test_debt_that_is_not_chased_closes_its_episode_at_once(pursued: Office, name: str) -> None:
    assert positions() == 1
    SILENCING[name]()
    assert positions() == 0
    assert live("2026-02-03", "2026-02-25") == {}
    assert len(messages()) == 1


def test_a_disputed_part_is_left_out_and_the_rest_is_pursued(pursued: Office) -> None:
    exclude(act(BRUNO, "2026-02-03"), f1(), ExclusionKind.DISPUTED, 1000, "D1")
    assert live("2026-02-03", "2026-02-08") == {"2026-02-07": {"house/second": 1}}
    assert one("SELECT overdue_minor FROM dunning_position") == 2000


@pytest.mark.parametrize("on", ["2026-02-04", "2026-02-10"])
def test_an_answered_dispute_is_pursued_again_even_when_dated_back(pursued: Office, on: str) -> None:
    made = exclude(act(BRUNO, "2026-02-03"), f1(), ExclusionKind.DISPUTED, None, "D1").ids[0]
    assert live("2026-02-03", "2026-02-09") == {}
    lift_exclusion(act(BRUNO, on), made)
    assert stages_of("2026-02-10") == 1


@pytest.mark.parametrize("on", ["2026-02-04", "2026-02-10"])
def test_a_postponement_that_ends_is_pursued_again_even_when_dated_back(pursued: Office, on: str) -> None:
    postpone(act(BRUNO, "2026-02-03"), f1(), day("2026-03-31"))
    assert live("2026-02-03", "2026-02-09") == {}
    postpone(act(BRUNO, on), f1(), day("2026-01-31"))
    assert stages_of("2026-02-10") == 1


def test_instalments_agreed_in_the_past_are_late_at_once(pursued: Office) -> None:
    postpone(act(BRUNO, "2026-02-03"), f1(), day("2026-03-31"))
    assert live("2026-02-03", "2026-02-20") == {}
    split(act(BRUNO, "2026-02-04"), f1(), [(day("2026-02-10"), 2000), (day("2026-04-30"), 1000)])
    assert stages_of("2026-02-21") == 1


def test_a_missed_instalment_is_pursued(pursued: Office) -> None:
    SILENCING["instalments"]()
    assert live("2026-02-03", "2026-04-01") == {}
    receive(BRUNO, "P1", 1000, "2026-03-30")
    assert live("2026-04-02", "2026-05-02") == {"2026-05-01": {"house/reminder": 1}}


def test_money_that_is_refunded_no_longer_counts_against_a_debt(office: Office) -> None:
    import_scenario(scenario(), "test")
    follow(BRUNO, PolicyFacts(allocation_order=AllocationOrder.NAMED_ONLY))
    paid = receive(BRUNO, "P1", 5000, "2026-01-02", iban=IBAN)
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    asked = request_refund(act(BRUNO, "2026-01-03", "rene"), paid, 5000, IBAN).ids[0]
    assert live("2026-02-01", "2026-02-03") == {}, "the money that waits covers the debt"
    approve_request(act(BRUNO, "2026-02-03"), asked)
    assert stages_of("2026-02-04") == 1
