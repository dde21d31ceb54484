"""Posting, reversing and allocating: each service called twice does it once, and every law holds after each."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import PostedReceipt, ReceiptOrder
from relance.ledger.laws import LAWS
from relance.ledger.services import post_receipt, reverse_receipt
from tests.cast import ALICE, BRUNO, Office, the


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def receive(person: dict[str, str], number: str, minor: int, on: str, named: str = "") -> PostedReceipt:
    return post_receipt(ReceiptOrder(the(person).id, number, "EUR", minor, day(on), "transfer", named), "test")


def open_amounts(person: dict[str, str], on: str) -> dict[str, int]:
    return {item.number: item.open_minor for item in queries.open_items(the(person).id, day(on))}


def assert_laws_hold() -> None:
    broken = {report.law: report.examples for report in check(LAWS) if report.offenders}
    assert broken == {}


def test_a_receipt_settles_the_oldest_due_first(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "20.00", "2026-01-05", "2026-01-20")
    posted = receive(ALICE, "P1", 2500, "2026-02-01")
    assert (posted.created, posted.unallocated_minor) == (True, 0)
    assert open_amounts(ALICE, "2026-02-01") == {"F1": 2500}
    assert open_amounts(ALICE, "2026-01-31") == {"F1": 3000, "F2": 2000}, "the day before, nothing was paid yet"
    assert_laws_hold()


def test_the_named_invoice_comes_first(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "20.00", "2026-01-05", "2026-02-20")
    receive(ALICE, "P1", 2500, "2026-02-01", named="F2")
    assert open_amounts(ALICE, "2026-02-01") == {"F1": 2500}


def test_posting_twice_posts_once(office: Office) -> None:
    first = receive(ALICE, "P1", 2500, "2026-02-01")
    again = receive(ALICE, "P1", 2500, "2026-02-01")
    assert (again.created, again.credit_id) == (False, first.credit_id)
    assert queries.received(day("2026-02-01"), day("2026-02-01")) == {"EUR": (1, 2500)}
    assert_laws_hold()


def test_the_same_reference_with_another_amount_is_refused(office: Office) -> None:
    receive(ALICE, "P1", 2500, "2026-02-01")
    with pytest.raises(Refusal, match=r"already posted with 25\.00 EUR"):
        receive(ALICE, "P1", 2600, "2026-02-01")


def test_an_overpayment_stays_unallocated_and_meets_the_next_invoice(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    assert receive(ALICE, "P1", 5000, "2026-02-01").unallocated_minor == 2000
    office.bill("ALICE", "F2", "15.00", "2026-02-10", "2026-03-10")
    balance = queries.balances([the(ALICE).id], day("2026-02-10"))[the(ALICE).id][0]
    assert (balance.open_minor, balance.unallocated_minor, balance.total_minor) == (0, 500, -500)
    before = queries.balances([the(ALICE).id], day("2026-02-05"))[the(ALICE).id][0]
    assert (before.open_minor, before.unallocated_minor) == (0, 2000)
    assert_laws_hold()


def test_a_reversal_reopens_the_item_with_its_own_due_date(office: Office) -> None:
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    posted = receive(BRUNO, "P1", 3000, "2026-02-01")
    returned = (the(BRUNO).id, posted.credit_id, day("2026-02-08"), "returned by the bank", "test")
    first, again = (reverse_receipt(*returned, key="bank:7") for _ in range(2))
    assert (first.created, again.created, again.ids) == (True, False, first.ids)
    with pytest.raises(Refusal, match="already reversed, on 2026-02-08"):
        reverse_receipt(*returned)
    with pytest.raises(Refusal, match="used on this account for something else"):
        reverse_receipt(the(BRUNO).id, posted.credit_id, day("2026-02-09"), "returned by the bank", "test", "bank:7")
    (item,) = queries.open_items(the(BRUNO).id, day("2026-02-08"))
    assert (item.open_minor, item.due_on) == (3000, day("2026-01-31"))
    assert open_amounts(BRUNO, "2026-02-07") == {}, "until the day of the return it was paid"
    (credit,) = queries.credits_of(the(BRUNO).id, day("2026-02-08"))
    assert (credit.reversed_on, credit.open_minor) == (day("2026-02-08"), 0)
    assert_laws_hold()


def test_a_reversal_hands_the_item_to_waiting_credit(office: Office) -> None:
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    first = receive(BRUNO, "P1", 3000, "2026-02-01")
    assert receive(BRUNO, "P2", 1000, "2026-02-02").unallocated_minor == 1000
    reverse_receipt(the(BRUNO).id, first.credit_id, day("2026-02-08"), "returned by the bank", "test")
    assert open_amounts(BRUNO, "2026-02-08") == {"F1": 2000}
    assert_laws_hold()


@pytest.mark.parametrize(("on", "reason", "words"), [
    ("2026-01-15", "returned", "cannot be reversed before"),
    ("2026-02-08", "  ", "needs a reason"),
])  # fmt: skip
def test_a_reversal_that_makes_no_sense_is_refused(office: Office, on: str, reason: str, words: str) -> None:
    posted = receive(BRUNO, "P1", 3000, "2026-02-01")
    with pytest.raises(Refusal, match=words):
        reverse_receipt(the(BRUNO).id, posted.credit_id, day(on), reason, "test")


def test_a_receipt_of_nothing_is_refused(office: Office) -> None:
    with pytest.raises(Refusal, match="above zero"):
        receive(ALICE, "P0", 0, "2026-02-01")


def test_money_dated_later_counts_from_its_day(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.pay("ALICE", "P1", "30.00", "2026-02-10", "F1")
    assert open_amounts(ALICE, "2026-02-09") == {"F1": 3000}
    assert open_amounts(ALICE, "2026-02-10") == {}


def test_credit_notes_count_like_money(office: Office) -> None:
    office.bill("CHLOE", "F1", "30.00", "2026-01-01", "2026-01-31", tax_amount="5.00")
    office.bring("credits", {"account": "CHLOE", "number": "A1", "issued_on": "2026-02-03", "amount": "12.00",
                             "invoice": "F1", "reason": "line fault"})  # fmt: skip
    from tests.cast import CHLOE

    assert open_amounts(CHLOE, "2026-02-03") == {"F1": 1800}
    assert_laws_hold()


def test_the_earlier_money_settles_first_whatever_came_in_first(office: Office) -> None:
    """A credit note of March is posted before the payment of January: the payment paid the invoice in January."""
    from tests.cast import CHLOE

    office.bill("CHLOE", "F1", "100.00", "2026-01-01", "2026-01-31")
    office.bring(
        "credits", {"account": "CHLOE", "number": "C1", "issued_on": "2026-03-15", "amount": "100.00", "invoice": "F1"}
    )
    office.pay("CHLOE", "P1", "100.00", "2026-01-20")
    assert open_amounts(CHLOE, "2026-02-01") == {}
    balance = queries.balances([the(CHLOE).id], day("2026-03-15"))[the(CHLOE).id][0]
    assert (balance.open_minor, balance.unallocated_minor) == (0, 10000)
    assert open_amounts(CHLOE, "2026-01-19") == {"F1": 10000}
    assert_laws_hold()


def test_money_of_today_is_not_kept_waiting_by_money_of_next_week(office: Office) -> None:
    office.bill("BRUNO", "F1", "100.00", "2026-01-01", "2026-01-08")
    office.bill("BRUNO", "F2", "40.00", "2026-01-02", "2026-02-08")
    office.pay("BRUNO", "LATER", "100.00", "2026-01-15")
    receive(BRUNO, "NOW", 10000, "2026-01-08")
    assert open_amounts(BRUNO, "2026-01-09") == {"F2": 4000}
    assert open_amounts(BRUNO, "2026-01-15") == {}
    assert_laws_hold()


def test_the_database_refuses_more_than_the_amount(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    for statement in (
        "UPDATE ledger_openitem SET open_minor = -1 WHERE number = 'F1'",
        "UPDATE ledger_openitem SET open_minor = amount_minor + 1 WHERE number = 'F1'",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
