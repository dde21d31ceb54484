"""VAT and debt are given back once; mistaken credit notes, write-offs and splits are taken back by new rows."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import Act, CreditNoteOrder, ExclusionKind, Posted
from relance.ledger.services import (
    approve_request,
    correct_item,
    exclude,
    expire_items,
    mark_doubtful,
    post_credit_note,
    postpone,
    record_payer,
    request_refund,
    request_write_off,
    reverse_receipt,
    split,
    take_back_credit_note,
    take_back_split,
    take_back_write_off,
)
from tests.bookkeeping import (
    act,
    assert_laws_hold,
    booked,
    day,
    item_id,
    left,
    on_account,
    one,
    open_amounts,
    receive,
    views,
)
from tests.cast import ALICE, LONG_AGO, Office, the, write_csv

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def alice(office: Office) -> Office:
    """Alice owes I1: 120.00, 20.00 of it VAT."""
    office.bill("ALICE", "I1", "120.00", "2026-01-01", "2026-01-31", tax_amount="20.00")
    return office


def f(number: str = "I1") -> int:
    return item_id(ALICE, number)


def credit_note(minor: int, number: str = "AV1", item: str = "I1", on: str = "2026-03-10") -> int:
    return post_credit_note(act(ALICE, on), CreditNoteOrder(number, "EUR", minor, item)).ids[0]


def write_off(*numbers: str, vat: bool = False, on: str = "2026-03-10") -> int:
    asked = request_write_off(act(ALICE, on, "rene", "liquidation judgment"), [f(n) for n in numbers], vat)
    return approve_request(act(ALICE, on), asked.ids[0]).ids[0]


def in_two(on: str = "2026-03-10") -> None:
    split(act(ALICE, on), f(), [(day("2026-04-01"), 6000), (day("2026-05-01"), 6000)])


def taken_tax() -> int:
    """The VAT that was given back, in minor units."""
    return 2000 + on_account(ALICE, "44571")


def test_credit_notes_of_an_invoice_never_take_more_than_its_vat(alice: Office) -> None:
    credit_note(50000)
    assert taken_tax() == 2000, "what lies above the invoice carries no VAT"
    credit_note(6000, "AV2")
    assert taken_tax() == 2000
    assert_laws_hold()


def test_the_last_of_several_credit_notes_takes_the_rest_of_the_vat(alice: Office) -> None:
    alice.bill("ALICE", "I2", "0.10", "2026-01-01", "2026-01-31", tax_amount="0.01")
    taxes = [booked(ALICE, credit_note(5, number, "I2")) for number in ("AV1", "AV2")]
    assert taxes == [[("44571", "411", 1), ("709", "411", 4)], [("709", "411", 5)]]
    assert_laws_hold()


def test_a_written_off_invoice_is_not_credited(alice: Office) -> None:
    write_off("I1", vat=True)
    with pytest.raises(Refusal, match=r"120\.00 EUR of I1 is written off, and 0\.00 is left to credit"):
        credit_note(12000)
    assert (taken_tax(), left(ALICE)) == (2000, {})


def test_a_partly_written_off_invoice_is_credited_for_the_rest_at_most(alice: Office) -> None:
    receive(ALICE, "P1", 6000, "2026-02-05")
    write_off("I1", vat=True)
    with pytest.raises(Refusal, match=r"and 60\.00 is left to credit"):
        credit_note(12000)
    credit_note(4000)
    with pytest.raises(Refusal, match=r"and 20\.00 is left to credit"):
        credit_note(2001, "AV2")
    credit_note(2000, "AV2")
    assert (taken_tax(), left(ALICE)) == (2000, {"AV1": 4000, "AV2": 2000})
    assert_laws_hold()


def test_a_corrected_invoice_is_not_credited_and_a_credited_one_not_corrected(alice: Office) -> None:
    made = credit_note(6000)
    with pytest.raises(Refusal, match="I1 has a credit note; take that back first"):
        correct_item(act(ALICE), f())
    take_back_credit_note(act(ALICE), made)
    correct_item(act(ALICE), f())
    with pytest.raises(Refusal, match="I1 was taken back by a correction"):
        credit_note(12000, "AV2")
    assert (taken_tax(), left(ALICE), open_amounts(ALICE)) == (2000, {}, {})
    assert_laws_hold()


def test_a_write_off_takes_only_the_vat_that_a_credit_note_left(alice: Office) -> None:
    paid = receive(ALICE, "P1", 12000, "2026-02-05")
    credit_note(9000)
    reverse_receipt(the(ALICE).id, paid, day("2026-03-05"), "returned", "test")
    write_off("I1", vat=True, on="2026-03-11")
    assert taken_tax() == 2000
    assert_laws_hold()


def test_the_vat_of_an_invoice_in_instalments_is_taken_once(alice: Office) -> None:
    in_two()
    credit_note(6000, "AV1", "I1/1")
    assert taken_tax() == 1000
    credit_note(12000, "AV2")
    assert taken_tax() == 2000
    assert_laws_hold()


def test_what_is_asked_for_shows_the_vat_that_approving_takes(alice: Office) -> None:
    credit_note(3000)
    asked = request_write_off(act(ALICE, actor="rene"), [f()], True).ids[0]
    waiting = queries.request(asked)
    assert waiting is not None
    effect = queries.request_effect(waiting)
    lost = approve_request(act(ALICE), asked).ids[0]
    assert sorted(effect.entries) == sorted([("654", "411", 7500), ("44571", "411", 1500)])
    assert booked(ALICE, lost) == [("44571", "411", 1500), ("654", "411", 7500)]


def test_vat_of_a_write_off_comes_back_with_its_money(alice: Office) -> None:
    credit_note(3000)
    write_off("I1", vat=True)
    receive(ALICE, "P1", 9000, "2026-04-05")
    assert taken_tax() == 500, "the credit note's"
    assert_laws_hold()


def imported(tmp_path: Path, *rows: dict[str, str]) -> tuple[int, int]:
    said = [{"account": ALICE["number"], "issued_on": "2026-03-10", "invoice": "I1", **row} for row in rows]
    (report,) = import_paths([write_csv(tmp_path / "credits.csv", said)], LONG_AGO)
    return report.created, report.rejected


def taxes_of(*numbers: str) -> list[int]:
    return [one("SELECT tax_minor FROM ledger_credit WHERE number = %s", [number]) for number in numbers]


def test_imported_credits_take_the_vat_once_within_a_file_and_between_files(alice: Office, tmp_path: Path) -> None:
    alice.bill("ALICE", "I2", "0.10", "2026-01-01", "2026-01-31", tax_amount="0.01")
    rows = [
        {"number": "C1", "amount": "60.00"},
        {"number": "C2", "amount": "90.00"},
        {"number": "C3", "amount": "0.05", "invoice": "I2"},
        {"number": "C4", "amount": "0.05", "invoice": "I2"},
        {"number": "C5", "amount": "5.00", "invoice": ""},
    ]
    assert imported(tmp_path, *rows) == (5, 0)
    assert taxes_of("C1", "C2", "C3", "C4", "C5") == [1000, 1000, 1, 0, 0]
    assert imported(tmp_path, *rows, {"number": "C6", "amount": "60.00"}) == (1, 0)
    assert taxes_of("C6") == [0]
    assert_laws_hold()


def test_an_imported_credit_counts_what_was_credited_by_hand(alice: Office, tmp_path: Path) -> None:
    credit_note(3000)
    assert imported(tmp_path, {"number": "C1", "amount": "30.00"}, {"number": "C2", "amount": "90.00"}) == (2, 0)
    assert taxes_of("AV1", "C1", "C2") == [500, 500, 1000]


def test_imported_credits_of_what_is_written_off_or_corrected_are_rejected(alice: Office, tmp_path: Path) -> None:
    alice.bill("ALICE", "I2", "60.00", "2026-01-01", "2026-01-31", tax_amount="10.00")
    assert imported(tmp_path, {"number": "C1", "amount": "60.00"}) == (1, 0)
    write_off("I1", vat=True)
    correct_item(act(ALICE), f("I2"))
    rows = [{"number": "C1", "amount": "60.00"}, {"number": "C2", "amount": "60.00"},
            {"number": "C3", "amount": "1.00", "invoice": "I2"}]  # fmt: skip
    assert imported(tmp_path, *rows) == (0, 2), "the posted one is unchanged"
    assert taken_tax() == 2000
    assert_laws_hold()


TAKERS: dict[str, tuple[Callable[[], int], Callable[[Act, int], Posted]]] = {
    "credit note": (lambda: credit_note(6000, on="2026-03-05"), take_back_credit_note),
    "write-off": (lambda: write_off("I1", vat=True, on="2026-03-05"), take_back_write_off),
    "split": (lambda: in_two("2026-03-05") or f(), take_back_split),
}


@pytest.mark.parametrize("name", TAKERS)
def test_what_was_a_mistake_is_taken_back_once_and_earlier_days_stay(alice: Office, name: str) -> None:
    prepare, take_back = TAKERS[name]
    never = views(ALICE, "2026-03-04")
    made = prepare()
    days = ("2026-02-15", "2026-03-05", "2026-03-09")
    before = views(ALICE, *days)
    with pytest.raises(Refusal, match="needs a reason"):
        take_back(act(ALICE, reason=" "), made)
    with pytest.raises(Refusal, match="2026-03-05"):
        take_back(act(ALICE, "2026-03-04"), made)
    first = take_back(act(ALICE, key="k1"), made)
    again = take_back(act(ALICE, key="k1"), made)
    assert (first.created, again.created, again.ids) == (True, False, first.ids)
    assert views(ALICE, *days) == before
    assert (open_amounts(ALICE, "2026-03-10"), left(ALICE), taken_tax()) == ({"I1": 12000}, {}, 0)
    assert views(ALICE, "2026-03-10")[0][0] == never[0][0], "the item is as it was, due date and all"
    with pytest.raises(Refusal, match=r"already|not paid in instalments"):
        take_back(act(ALICE), made)
    with pytest.raises(Refusal, match="there is no such"):
        take_back(act(ALICE), made + 999)
    assert_laws_hold()


def test_a_credit_note_that_is_taken_back_books_the_other_way_round_and_money_moves_in(alice: Office) -> None:
    made = credit_note(12000)
    receive(ALICE, "P1", 5000, "2026-03-11")
    (reversal,) = take_back_credit_note(act(ALICE, "2026-03-12"), made).ids
    assert booked(ALICE, reversal) == [("411", "44571", 2000), ("411", "709", 10000)]
    assert (open_amounts(ALICE), left(ALICE)) == ({"I1": 7000}, {})
    assert_laws_hold()


def test_a_refunded_credit_note_stays(alice: Office) -> None:
    receive(ALICE, "P1", 12000, "2026-02-05")
    made = credit_note(6000)
    with pytest.raises(Refusal, match="record the payer's account"):
        request_refund(act(ALICE, actor="rene"), made, 1000, IBAN)
    record_payer(act(ALICE, reason="statement of 5 February"), made, IBAN)
    approve_request(act(ALICE, actor="marc"), request_refund(act(ALICE, actor="rene"), made, 1000, IBAN).ids[0])
    with pytest.raises(Refusal, match="part of credit note AV1 was refunded"):
        take_back_credit_note(act(ALICE), made)
    assert left(ALICE) == {"AV1": 5000}
    assert_laws_hold()


def test_a_recovered_write_off_stays_until_its_money_is_gone(alice: Office) -> None:
    lost = write_off("I1", vat=True)
    paid = receive(ALICE, "P1", 5000, "2026-03-15")
    with pytest.raises(Refusal, match="money has come in for I1"):
        take_back_write_off(act(ALICE, "2026-03-16"), lost)
    reverse_receipt(the(ALICE).id, paid, day("2026-03-16"), "returned", "test")
    (reversal,) = take_back_write_off(act(ALICE, "2026-03-16"), lost).ids
    assert booked(ALICE, reversal) == [("411", "44571", 2000), ("411", "654", 10000)]
    assert (open_amounts(ALICE), queries.write_offs_of(the(ALICE).id), taken_tax()) == ({"I1": 12000}, [], 0)
    receive(ALICE, "P2", 13000, "2026-03-17")
    assert left(ALICE) == {"P2": 1000}, "nothing is recovered that is not lost"
    assert_laws_hold()


def test_a_split_that_money_touched_stays(alice: Office) -> None:
    in_two()
    paid = receive(ALICE, "P1", 1000, "2026-03-15")
    with pytest.raises(Refusal, match="something of I1/1 is settled"):
        take_back_split(act(ALICE, "2026-03-16"), f())
    reverse_receipt(the(ALICE).id, paid, day("2026-03-17"), "returned", "test")
    with pytest.raises(Refusal, match="I1/1 is open since 2026-03-17"):
        take_back_split(act(ALICE, "2026-03-16"), f())
    exclude(act(ALICE, "2026-03-17"), f("I1/2"), ExclusionKind.DISPUTED, 100, "D1")
    with pytest.raises(Refusal, match="is disputed"):
        take_back_split(act(ALICE, "2026-03-17"), f())
    with pytest.raises(Refusal, match="I1/1 is not paid in instalments"):
        take_back_split(act(ALICE, "2026-03-17"), f("I1/1"))


def test_an_item_whose_split_was_taken_back_is_split_corrected_and_doubted_anew(alice: Office) -> None:
    in_two()
    mark_doubtful(act(ALICE), [f("I1/1"), f("I1/2")])
    take_back_split(act(ALICE, "2026-03-12"), f())
    assert on_account(ALICE, "416") == 12000
    in_two("2026-03-13")
    assert open_amounts(ALICE) == {"I1/3": 6000, "I1/4": 6000}
    take_back_split(act(ALICE, "2026-03-14"), f())
    correct_item(act(ALICE, "2026-03-15"), f())
    assert (open_amounts(ALICE), on_account(ALICE, "416"), on_account(ALICE, "411")) == ({}, 0, 0)
    assert_laws_hold()


@pytest.mark.parametrize("nightly", [True, False])
def test_a_time_barred_item_is_neither_postponed_nor_split(alice: Office, nightly: bool) -> None:
    if nightly:
        expire_items(day("2032-01-01"))
    for do in (
        lambda: postpone(act(ALICE, "2032-01-02"), f(), day("2032-06-01")),
        lambda: split(act(ALICE, "2032-01-02"), f(), [(day("2032-02-01"), 6000), (day("2032-03-01"), 6000)]),
    ):
        with pytest.raises(Refusal, match="I1 is time-barred, and another due date does not revive it"):
            do()


@pytest.mark.parametrize("due_on", [dt.date.max, dt.date(2200, 1, 1)])
def test_no_due_date_lies_beyond_the_end_of_2199(alice: Office, due_on: dt.date) -> None:
    with pytest.raises(Refusal, match="lies after 2199-12-31"):
        postpone(act(ALICE), f(), due_on)
    with pytest.raises(Refusal, match="lies after 2199-12-31"):
        split(act(ALICE), f(), [(day("2026-04-01"), 6000), (due_on, 6000)])
    assert postpone(act(ALICE), f(), day("2199-12-31")).created


def test_a_refunded_receipt_that_comes_back_leaves_the_refund_owed(alice: Office) -> None:
    paid = receive(ALICE, "P1", 15000, "2026-02-05", iban=IBAN)
    asked = request_refund(act(ALICE, actor="rene"), paid, 3000, IBAN).ids[0]
    refund = approve_request(act(ALICE), asked)
    reverse_receipt(the(ALICE).id, paid, day("2026-03-20"), "returned", "test")
    owed = {"I1": 12000, f"RF-{refund.posting_id}": 3000}
    assert (open_amounts(ALICE), left(ALICE)) == (owed, {})
    assert open_amounts(ALICE, "2026-03-19") == {}
    (balance,) = queries.balances([the(ALICE).id], day("2026-03-21"))[the(ALICE).id]
    assert (balance.open_minor, balance.overdue_minor) == (15000, 15000)
    assert on_account(ALICE, "512") == -3000
    assert_laws_hold()
    receive(ALICE, "P2", 15000, "2026-03-25")
    assert (open_amounts(ALICE), left(ALICE)) == ({}, {})
    assert_laws_hold()
