"""Allocation as each creditor wants it: policies, the payer's wish, and people who choose by hand."""

import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from relance.customers.queries import creditors
from relance.cycle.services import run
from relance.dunning.queries import explain
from relance.dunning.sentences import because_sentence
from relance.kit.refusal import Refusal
from relance.ledger import queries, services
from relance.ledger.facts import (
    Act,
    AllocationLine,
    AllocationOrder,
    CreditNoteOrder,
    ExclusionKind,
    InterestOnSettlement,
    Level,
    PolicyFacts,
    PostedReceipt,
    ReceiptOrder,
    Wish,
)
from tests import bookkeeping
from tests.bookkeeping import assert_laws_hold, day, open_amounts
from tests.cast import ALICE, BRUNO, CAST, FABRE, Office, the


def receive(person: dict[str, str], number: str, minor: int, on: str, named: str = "", *wishes: Wish) -> PostedReceipt:
    order = ReceiptOrder(the(person).id, number, "EUR", minor, day(on), "transfer", named, wishes)
    return services.post_receipt(order, "test")


def act(person: dict[str, str], on: str, reason: str = "checked", key: str = "") -> Act:
    return bookkeeping.act(person, on, "test", reason, key)


def follow(**policy: object) -> None:
    services.change_policy(creditors()[0].id, PolicyFacts(**policy), "agreed", "test")  # type: ignore[arg-type]


def item_id(person: dict[str, str], number: str, on: str) -> int:
    return next(item.id for item in queries.open_items(the(person).id, day(on)) if item.number == number)


def three_invoices(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "20.00", "2026-01-05", "2026-02-20")
    office.bill("ALICE", "F3", "10.00", "2026-01-06", "2026-03-20")


def test_the_payers_wish_comes_first(office: Office) -> None:
    three_invoices(office)
    receive(ALICE, "P1", 2500, "2026-02-01", "", Wish("F3"), Wish("F2", 500))
    assert open_amounts(ALICE, "2026-02-01") == {"F1": 2000, "F2": 1500}
    assert_laws_hold()


def test_a_wish_waits_for_its_invoice(office: Office) -> None:
    follow(allocation_order=AllocationOrder.NAMED_ONLY)
    three_invoices(office)
    posted = receive(ALICE, "P1", 4000, "2026-01-10", "", Wish("F2", 500), Wish("F9"))
    assert posted.unallocated_minor == 3500, "nothing else is settled, and the wish of 5.00 is done once"
    office.bill("ALICE", "F9", "12.00", "2026-02-01", "2026-02-28")
    assert open_amounts(ALICE, "2026-02-01") == {"F1": 3000, "F2": 1500, "F3": 1000}
    assert_laws_hold()


def test_by_hand_nothing_happens_by_itself(office: Office) -> None:
    follow(allocation_order=AllocationOrder.BY_HAND)
    three_invoices(office)
    assert receive(ALICE, "P1", 3000, "2026-02-01", named="F1").unallocated_minor == 3000
    (balance,) = queries.balances([the(ALICE).id], day("2026-02-01"))[the(ALICE).id]
    assert (balance.open_minor, balance.unallocated_minor) == (6000, 3000)


def test_the_civil_code_takes_what_is_due_first_then_the_oldest_then_pro_rata(office: Office) -> None:
    follow(allocation_order=AllocationOrder.CIVIL_CODE)
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "10.00", "2026-01-05", "2026-01-31")
    office.bill("ALICE", "F3", "50.00", "2025-12-01", "2026-03-31")
    receive(ALICE, "P1", 2001, "2026-02-10")
    assert open_amounts(ALICE, "2026-02-10") == {"F1": 1499, "F2": 500, "F3": 5000}
    assert_laws_hold()


def test_interest_before_principal_costs_what_the_reference_says(office: Office) -> None:
    """Vector 4 of the reference: 1,000.00 due on 31 January, 400.00 paid on 15 February, the rest on 31 March."""
    follow(allocation_order=AllocationOrder.CIVIL_CODE, interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    receive(FABRE, "P1", 40000, "2026-02-15")
    assert open_amounts(FABRE, "2026-02-15") == {"F1": 60499}
    posted = receive(FABRE, "P2", 61385, "2026-03-31")
    assert (posted.unallocated_minor, open_amounts(FABRE, "2026-03-31")) == (0, {})
    assert_laws_hold()


def test_what_is_disputed_is_left_alone_unless_the_payer_names_it(office: Office) -> None:
    three_invoices(office)
    services.exclude(act(ALICE, "2026-02-01"), item_id(ALICE, "F1", "2026-02-01"), ExclusionKind.DISPUTED, 2000, "D-1")
    receive(ALICE, "P1", 2500, "2026-02-02")
    assert open_amounts(ALICE, "2026-02-02") == {"F1": 2000, "F2": 500, "F3": 1000}
    receive(ALICE, "P2", 2000, "2026-02-03", named="F1")
    assert open_amounts(ALICE, "2026-02-03") == {"F2": 500, "F3": 1000}
    assert_laws_hold()


def test_claims_are_net_of_disputes_and_of_unallocated_money(office: Office) -> None:
    three_invoices(office)
    account = the(ALICE).id
    posted = receive(ALICE, "P1", 700, "2026-02-01", named="F3")
    (made,) = queries.allocations_of(account)
    services.undo_allocations(act(ALICE, "2026-02-02"), [made.id])
    services.exclude(act(ALICE, "2026-02-02"), item_id(ALICE, "F1", "2026-02-02"), ExclusionKind.DISPUTED, 1000, "D-1")
    first, second, third = queries.claims([account], day("2026-04-01"))[account]
    assert [entry.claimed_minor for entry in (first, second, third)] == [2000 - 700, 2000, 1000]
    (standing,) = queries.standings(day("2026-04-01"), Level.ACCOUNT, [account])
    assert (standing.overdue_minor, standing.item_count, standing.oldest_due_on) == (4300, 3, day("2026-01-31"))
    by_item = queries.standings(day("2026-04-01"), Level.INVOICE, [account])
    assert [row.overdue_minor for row in by_item] == [1300, 2000, 1000]
    assert posted.unallocated_minor == 0
    assert_laws_hold()


def test_money_is_moved_by_hand_from_one_invoice_to_another(office: Office) -> None:
    three_invoices(office)
    receive(ALICE, "P1", 3000, "2026-02-01")
    (made,) = queries.allocations_of(the(ALICE).id)
    with pytest.raises(Refusal, match="say why"):
        services.undo_allocations(act(ALICE, "2026-02-05", reason=" "), [made.id])
    services.undo_allocations(act(ALICE, "2026-02-05"), [made.id])
    assert open_amounts(ALICE, "2026-02-05") == {"F1": 3000, "F2": 2000, "F3": 1000}, "it waits for a person"
    lines = [
        AllocationLine(made.credit_id, item_id(ALICE, number, "2026-02-05"), minor)
        for number, minor in (("F2", 2000), ("F3", 400))
    ]
    done = services.allocate_by_hand(act(ALICE, "2026-02-06", key="k"), lines, {made.credit_id: 3000})
    again = services.allocate_by_hand(act(ALICE, "2026-02-06", key="k"), lines, {made.credit_id: 3000})
    assert (done.created, again.created, again.ids) == (True, False, done.ids)
    assert open_amounts(ALICE, "2026-02-06") == {"F1": 3000, "F3": 600}
    assert open_amounts(ALICE, "2026-02-04") == {"F2": 2000, "F3": 1000}, "earlier days stay what they were"
    with pytest.raises(Refusal, match="already undone"):
        services.undo_allocations(act(ALICE, "2026-02-07"), [made.id])
    services.release_credit(act(ALICE, "2026-02-07"), made.credit_id)
    assert open_amounts(ALICE, "2026-02-07") == {"F1": 2400, "F3": 600}
    assert open_amounts(ALICE, "2026-02-04") == {"F2": 2000, "F3": 1000}
    assert_laws_hold()


@pytest.mark.parametrize(("credit", "item", "minor", "on", "words"), [
    ("P1", "F1", 3001, "2026-02-06", "P1 has 30.00 EUR left, less than the 30.01"),
    ("P1", "F3", 1001, "2026-02-06", "F3 has 10.00 EUR left, less than the 10.01"),
    ("P1", "F1", 0, "2026-02-06", "above zero"),
    ("P1", "Y1", 100, "2026-02-06", "P1 is in EUR and Y1 in JPY"),
    ("P1", "F1", 100, "2026-02-03", "P1 was not free before 2026-02-05"),
])  # fmt: skip
def test_an_allocation_that_cannot_be_is_refused(
    office: Office, credit: str, item: str, minor: int, on: str, words: str
) -> None:
    three_invoices(office)
    office.bill("ALICE", "Y1", "3000", "2026-01-05", "2026-02-20", currency="JPY")
    posted = receive(ALICE, "P1", 3000, "2026-02-01")
    (made,) = queries.allocations_of(the(ALICE).id)
    services.undo_allocations(act(ALICE, "2026-02-05"), [made.id])
    assert credit == "P1"
    line = AllocationLine(posted.credit_id, item_id(ALICE, item, "2026-02-06"), minor)
    with pytest.raises(Refusal, match=words):
        services.allocate_by_hand(act(ALICE, on), [line])
    assert open_amounts(ALICE, "2026-02-06") == {"F1": 3000, "F2": 2000, "F3": 1000, "Y1": 3000}
    assert_laws_hold()


def test_an_item_of_another_account_is_refused(office: Office) -> None:
    three_invoices(office)
    office.bill("BRUNO", "B1", "30.00", "2026-01-01", "2026-01-31")
    posted = receive(BRUNO, "P1", 9000, "2026-02-01")
    line = AllocationLine(posted.credit_id, item_id(ALICE, "F1", "2026-02-06"), 100)
    with pytest.raises(Refusal, match="no such invoice on this account"):
        services.allocate_by_hand(act(BRUNO, "2026-02-06"), [line])


@pytest.mark.django_db(transaction=True)
def test_of_two_people_allocating_one_receipt_the_second_is_told(tmp_path: object) -> None:
    office = Office(tmp_path)  # type: ignore[arg-type]
    office.open_accounts(*CAST)
    follow(allocation_order=AllocationOrder.BY_HAND)
    three_invoices(office)
    posted = receive(ALICE, "P1", 1000, "2026-02-01")
    account, items = the(ALICE).id, [item_id(ALICE, number, "2026-02-02") for number in ("F1", "F2")]

    def choose(item: int) -> str:
        try:
            line = AllocationLine(posted.credit_id, item, 1000)
            services.allocate_by_hand(
                Act(account, day("2026-02-02"), f"p{item}", "mine"), [line], {posted.credit_id: 1000}
            )
        except Refusal as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as people:
        told = sorted(people.map(choose, items))
    assert told[1] == "done"
    assert "somebody allocated it meanwhile" in told[0]
    assert_laws_hold()


def test_a_receipt_in_a_sealed_day_or_before_the_account_opened_is_refused(office: Office) -> None:
    office.bring("accounts", {**BRUNO, "opened_on": "2026-01-10"})
    with pytest.raises(Refusal, match="opened on 2026-01-10"):
        receive(BRUNO, "P1", 1000, "2026-01-09")
    three_invoices(office)
    services.seal_through(creditors()[0].id, day("2026-02-10"), "test", day("2026-02-20"))
    with pytest.raises(Refusal, match="sealed through 2026-02-10"):
        receive(ALICE, "P1", 1000, "2026-02-10")
    assert receive(ALICE, "P1", 1000, "2026-02-11").created


def test_sealed_days_show_what_they_showed_whatever_comes_later(office: Office) -> None:
    three_invoices(office)
    office.pay("ALICE", "LATER", "25.00", "2026-02-15")
    services.seal_through(creditors()[0].id, day("2026-02-20"), "test", day("2026-03-01"))
    before = [open_amounts(ALICE, f"2026-02-{number:02d}") for number in range(1, 21)]
    services.post_credit_note(act(ALICE, "2026-02-25"), CreditNoteOrder("A1", "EUR", 3000, "F1"))
    receive(ALICE, "P2", 4000, "2026-02-26")
    assert open_amounts(ALICE, "2026-02-26") == {}
    assert [open_amounts(ALICE, f"2026-02-{number:02d}") for number in range(1, 21)] == before
    assert_laws_hold()


def test_a_key_means_one_act(office: Office) -> None:
    three_invoices(office)
    order = ReceiptOrder(the(ALICE).id, "P1", "EUR", 1000, day("2026-02-01"), "transfer")
    first, again = (services.post_receipt(order, "test", key="api:1") for _ in range(2))
    assert (first.created, again.created, again.credit_id) == (True, False, first.credit_id)
    other = ReceiptOrder(the(ALICE).id, "P2", "EUR", 1001, day("2026-02-01"), "transfer")
    with pytest.raises(Refusal, match="used on this account for something else"):
        services.post_receipt(other, "test", key="api:1")
    assert open_amounts(ALICE, "2026-02-01") == {"F1": 2000, "F2": 2000, "F3": 1000}


def test_explain_says_what_is_left_out(office: Office) -> None:
    three_invoices(office)
    services.exclude(act(ALICE, "2026-02-01"), item_id(ALICE, "F1", "2026-02-01"), ExclusionKind.DISPUTED, None, "D-1")
    (told,) = explain(the(ALICE).id, day("2026-02-05"))
    assert [because_sentence(reason, "en", "EUR") for reason in told.because] == [
        "Nothing that is overdue is chased.",
        "€30.00 is disputed and left out.",
    ]
    (later,) = explain(the(ALICE).id, day("2026-02-25"))
    assert later.overdue_minor == 2000
    assert because_sentence(later.because[-1], "fr", "EUR") == "30,00\u00a0€ en litige ne sont pas réclamés."


def test_a_dispute_answered_goes_on_where_dunning_stood(office: Office) -> None:
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    run(day("2026-02-01"))
    run(day("2026-02-07"))
    (standing,) = explain(the(BRUNO).id, day("2026-02-08"))
    found = services.exclude(
        act(BRUNO, "2026-02-08"), item_id(BRUNO, "F1", "2026-02-08"), ExclusionKind.DISPUTED, None, "D"
    )
    run(day("2026-02-08"))
    assert explain(the(BRUNO).id, day("2026-02-09"))[0].stage is None, "the episode is closed while nothing is chased"
    services.lift_exclusion(act(BRUNO, "2026-02-12"), found.ids[0])
    run(day("2026-02-12"))
    (after,) = explain(the(BRUNO).id, day("2026-02-13"))
    assert (standing.stage, after.stage) == ("second", "second"), "nobody is reminded of it from the first letter again"


def test_money_on_its_way_masks_its_item_until_it_settles_or_returns(office: Office) -> None:
    three_invoices(office)
    first = item_id(ALICE, "F1", "2026-02-10")
    services.exclude(act(ALICE, "2026-02-10"), first, ExclusionKind.IN_FLIGHT, None, "SDD-1")
    (standing,) = queries.standings(day("2026-02-25"), Level.ACCOUNT, [the(ALICE).id])
    assert standing.overdue_minor == 2000, "only F2 is chased"
    posted = receive(ALICE, "SDD-1", 3000, "2026-02-26", named="F1")
    assert open_amounts(ALICE, "2026-02-26") == {"F2": 2000, "F3": 1000}
    services.reverse_receipt(the(ALICE).id, posted.credit_id, day("2026-03-02"), "AM04", "test")
    (returned,) = queries.standings(day("2026-03-02"), Level.ACCOUNT, [the(ALICE).id])
    assert (returned.overdue_minor, returned.oldest_due_on) == (5000, day("2026-01-31"))
    assert_laws_hold()


def month_so_far(person: dict[str, str]) -> list[tuple[dict[str, int], list[tuple[int, str, int]]]]:
    """What every day of February and March shows: open items and unallocated money."""
    days = [day("2026-02-01") + dt.timedelta(days=offset) for offset in range(58)]
    return [(open_amounts(person, on.isoformat()), queries.unallocated([the(person).id], on)) for on in days]


def test_what_was_held_back_is_allocated_from_the_day_it_is_let_go(office: Office) -> None:
    three_invoices(office)
    receive(ALICE, "P1", 3000, "2026-02-01")
    (made,) = queries.allocations_of(the(ALICE).id)
    services.undo_allocations(act(ALICE, "2026-02-05"), [made.id])
    before = month_so_far(ALICE)
    services.release_credit(act(ALICE, "2026-04-01"), made.credit_id)
    assert open_amounts(ALICE, "2026-04-01") == {"F2": 2000, "F3": 1000}
    assert month_so_far(ALICE) == before
    assert_laws_hold()


def test_a_change_of_policy_does_not_reach_back(office: Office) -> None:
    follow(allocation_order=AllocationOrder.BY_HAND)
    three_invoices(office)
    receive(ALICE, "P1", 3000, "2026-02-01")
    before = month_so_far(ALICE)
    follow(allocation_order=AllocationOrder.OLDEST_DUE)
    receive(ALICE, "P2", 500, "2026-04-01")
    assert open_amounts(ALICE, "2026-04-01") == {"F2": 1500, "F3": 1000}
    assert month_so_far(ALICE) == before
    assert_laws_hold()


def test_money_that_waited_for_a_dispute_settles_when_it_is_answered(office: Office) -> None:
    three_invoices(office)
    found = services.exclude(
        act(ALICE, "2026-01-15"), item_id(ALICE, "F1", "2026-01-15"), ExclusionKind.DISPUTED, None, "D"
    )
    receive(ALICE, "P1", 6000, "2026-02-01")
    before = month_so_far(ALICE)
    services.lift_exclusion(act(ALICE, "2026-04-01"), found.ids[0])
    assert open_amounts(ALICE, "2026-04-01") == {}
    assert month_so_far(ALICE) == before
    assert_laws_hold()


def test_a_small_rest_is_not_given_up_while_money_could_pay_it(office: Office) -> None:
    follow(allocation_order=AllocationOrder.BY_HAND, small_difference_minor=100)
    three_invoices(office)
    posted = receive(ALICE, "P1", 3000, "2026-02-01")
    services.allocate_by_hand(
        act(ALICE, "2026-02-01"), [AllocationLine(posted.credit_id, item_id(ALICE, "F1", "2026-02-01"), 2950)]
    )
    assert open_amounts(ALICE, "2026-02-01")["F1"] == 50


def test_the_doubtful_account_moves_on_the_day_that_moved_it(office: Office) -> None:
    three_invoices(office)
    for number, on in (("F1", "2026-03-10"), ("F2", "2026-04-10")):
        services.mark_doubtful(act(ALICE, on), [item_id(ALICE, number, on)])
    receive(ALICE, "P1", 1000, "2026-03-20", named="F1")
    rows = {row.code: row for row in queries.trial_balance(creditors()[0].id, day("2026-01-01"), day("2026-03-31"))}
    assert rows["416"].closing_debit_minor == 2000
    assert_laws_hold()


@pytest.mark.parametrize(("changes", "words"), [
    ({"currency": "ZZZ"}, "not an ISO 4217 currency"),
    ({"currency": "eur"}, "not an ISO 4217 currency"),
    ({"amount_minor": 10**14}, "more than this system takes"),
    ({"amount_minor": 10.5}, "whole"),
    ({"number": "x" * 81}, "at most 80 characters"),
    ({"number": "a\0b"}, "control character"),
    ({"payer_iban": "HELLO"}, "not an IBAN"),
    ({"wishes": (Wish("F1", 0),)}, "above zero"),
    ({"wishes": (Wish("F1", -500),)}, "above zero"),
    ({"received_on": dt.date(1, 1, 1)}, "1990"),
])  # fmt: skip
def test_a_receipt_that_makes_no_sense_is_refused(office: Office, changes: dict[str, object], words: str) -> None:
    three_invoices(office)
    plain = ReceiptOrder(the(ALICE).id, "P1", "EUR", 1000, day("2026-02-01"), "transfer")
    with pytest.raises(Refusal, match=words):
        services.post_receipt(dataclasses.replace(plain, **changes), "test")  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="at most 120 characters"):
        services.post_receipt(plain, "test", key="k" * 121)
    assert queries.credits_of(the(ALICE).id, day("2026-04-01")) == []


def test_a_known_reference_with_other_content_is_refused(office: Office) -> None:
    three_invoices(office)
    plain = ReceiptOrder(the(ALICE).id, "P1", "EUR", 1000, day("2026-02-01"), "transfer", "F2")
    posted = services.post_receipt(plain, "test")
    for changes in ({"method": "cash"}, {"named_item": "F1"}, {"amount_minor": 1001}):
        with pytest.raises(Refusal, match="already posted with"):
            services.post_receipt(dataclasses.replace(plain, **changes), "test")  # type: ignore[arg-type]
    again = services.post_receipt(plain, "test", key="later")
    assert (again.created, again.credit_id) == (False, posted.credit_id)
    other = dataclasses.replace(plain, number="P2")
    with pytest.raises(Refusal, match="used on this account for something else"):
        services.post_receipt(other, "test", key="later")
    assert not services.post_receipt(plain, "test", key="later").created
    services.reverse_receipt(the(ALICE).id, posted.credit_id, day("2026-02-05"), "returned", "test")
    with pytest.raises(Refusal, match="was reversed on 2026-02-05"):
        services.post_receipt(plain, "test")
