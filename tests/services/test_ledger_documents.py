"""Credit notes, corrections, postponements, instalments, exclusions and doubtful marks: by new rows, once, as agreed."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection

from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import (
    Act,
    AllocationOrder,
    CreditNoteOrder,
    ExclusionKind,
    Level,
    PolicyFacts,
    Posted,
    ReceiptOrder,
)
from relance.ledger.services import (
    allocate_accounts,
    approve_request,
    correct_item,
    exclude,
    lift_exclusion,
    mark_doubtful,
    post_credit_note,
    post_receipt,
    postpone,
    refuse_request,
    request_refund,
    request_write_off,
    reverse_receipt,
    seal_through,
    split,
    unmark_doubtful,
    withdraw_request,
)
from tests.bookkeeping import (
    act,
    assert_laws_hold,
    booked,
    credit_id,
    day,
    follow,
    item_id,
    left,
    on_account,
    one,
    open_amounts,
    receive,
    views,
)
from tests.cast import ALICE, BRUNO, Office, the

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def alice(office: Office) -> Office:
    """Alice owes 90.00 of F1 (120.00, 20.00 tax, 30.00 paid on 5 February) and 60.00 of F2."""
    office.bill("ALICE", "F1", "120.00", "2026-01-01", "2026-01-31", tax_amount="20.00", nature="equipment")
    office.bill("ALICE", "F2", "60.00", "2026-01-20", "2026-02-20", tax_amount="10.00")
    receive(ALICE, "P1", 3000, "2026-02-05")
    return office


def f(number: str = "F1") -> int:
    return item_id(ALICE, number)


def note(minor: int, item: str = "F1", number: str = "AV1") -> CreditNoteOrder:
    return CreditNoteOrder(number, "EUR", minor, item)


def plan(*parts: tuple[str, int]) -> list[tuple[dt.date, int]]:
    return [(day(on), minor) for on, minor in parts]


THIRDS = plan(("2026-04-01", 3000), ("2026-05-01", 3000), ("2026-06-01", 3000))


def prepared_exclusion() -> int:
    return exclude(act(ALICE, "2026-03-01"), f(), ExclusionKind.DISPUTED, 1000, "D1").ids[0]


def prepared_write_off() -> int:
    return request_write_off(act(ALICE, "2026-03-01", "rene"), [f()], recovers_vat=False).ids[0]


def prepared_money() -> int:
    return receive(ALICE, "P9", 20000, "2026-03-01", iban=IBAN)


def prepared_refund() -> int:
    return request_refund(act(ALICE, "2026-03-02", "rene"), prepared_money(), 1000, IBAN).ids[0]


def nothing() -> int:
    return 0


def marked() -> int:
    mark_doubtful(act(ALICE, "2026-03-01"), [f(), f("F2")])
    return 0


SERVICES: dict[str, tuple[Callable[[], int], Callable[[Act, int], Posted], Callable[[Act, int], Posted]]] = {
    "credit note": (
        nothing,
        lambda a, _: post_credit_note(a, note(5000)),
        lambda a, _: post_credit_note(a, note(5001)),
    ),
    "correction": (nothing, lambda a, _: correct_item(a, f()), lambda a, _: correct_item(a, f("F2"))),
    "postponement": (
        nothing,
        lambda a, _: postpone(a, f(), day("2026-04-30")),
        lambda a, _: postpone(a, f(), day("2026-05-01")),
    ),
    "split": (nothing, lambda a, _: split(a, f(), THIRDS), lambda a, _: split(a, f(), THIRDS[1:])),
    "exclusion": (
        nothing,
        lambda a, _: exclude(a, f(), ExclusionKind.DISPUTED, 1000, "D1"),
        lambda a, _: exclude(a, f(), ExclusionKind.DISPUTED, None, "D1"),
    ),
    "lifting": (prepared_exclusion, lift_exclusion, lambda a, made: lift_exclusion(a, made + 1)),
    "mark": (nothing, lambda a, _: mark_doubtful(a, [f()]), lambda a, _: mark_doubtful(a, [f("F2")])),
    "unmark": (marked, lambda a, _: unmark_doubtful(a, [f()]), lambda a, _: unmark_doubtful(a, [f("F2")])),
    "write-off request": (
        nothing,
        lambda a, _: request_write_off(a, [f()], True),
        lambda a, _: request_write_off(a, [f()], False),
    ),
    "refund request": (
        prepared_money,
        lambda a, made: request_refund(a, made, 1000, IBAN),
        lambda a, made: request_refund(a, made, 900, IBAN),
    ),
    "write-off": (prepared_write_off, approve_request, lambda a, made: approve_request(a, made + 1)),
    "refund": (prepared_refund, approve_request, lambda a, made: approve_request(a, made + 1)),
    "refusal": (prepared_write_off, refuse_request, lambda a, made: refuse_request(a, made + 1)),
    "withdrawal": (
        prepared_write_off,
        lambda a, made: withdraw_request(Act(a.account_id, a.on, "rene", a.reason, a.key), made),
        lambda a, made: withdraw_request(Act(a.account_id, a.on, "rene", a.reason, a.key), made + 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_acts_once_and_leaves_earlier_days_alone(alice: Office, name: str) -> None:
    prepare, do, do_otherwise = SERVICES[name]
    made = prepare()
    days = ("2026-01-15", "2026-02-04", "2026-02-05", "2026-03-02", "2026-03-09")
    before = views(ALICE, *days)
    first = do(act(ALICE, key="k1"), made)
    assert first.created
    assert first.ids
    again = do(act(ALICE, key="k1"), made)
    assert (again.created, again.ids, again.posting_id) == (False, first.ids, first.posting_id)
    assert again.unallocated_minor == first.unallocated_minor
    with pytest.raises(Refusal, match="used on this account for something else"):
        do_otherwise(act(ALICE, key="k1"), made)
    assert one("SELECT count(*) FROM ledger_posting WHERE key = 'k1'") == 1
    assert views(ALICE, *days) == before
    assert_laws_hold()


def test_a_credit_note_takes_its_invoices_tax_back(alice: Office) -> None:
    posted = post_credit_note(act(ALICE), note(6000, "F2"))
    assert open_amounts(ALICE, "2026-03-10") == {"F1": 9000}
    assert open_amounts(ALICE, "2026-03-09") == {"F1": 9000, "F2": 6000}
    assert booked(ALICE, posted.ids[0]) == [("44571", "411", 1000), ("709", "411", 5000)]
    assert_laws_hold()


def test_a_credit_note_larger_than_its_invoice_goes_on_and_keeps_the_rest(alice: Office) -> None:
    posted = post_credit_note(act(ALICE), note(20000, "F2"))
    assert (open_amounts(ALICE), posted.unallocated_minor) == ({}, 5000)
    assert_laws_hold()


def test_a_credit_note_without_invoice_carries_no_tax(alice: Office) -> None:
    posted = post_credit_note(act(ALICE), note(1000, ""))
    assert booked(ALICE, posted.ids[0]) == [("709", "411", 1000)]
    assert open_amounts(ALICE) == {"F1": 8000, "F2": 6000}


def test_a_credit_note_of_a_split_invoice_pays_its_instalments(alice: Office) -> None:
    alice.bill("ALICE", "F0", "10.00", "2026-01-02", "2026-02-01")
    split(act(ALICE), f(), THIRDS)
    post_credit_note(act(ALICE), note(4000))
    assert open_amounts(ALICE) == {"F0": 1000, "F2": 6000, "F1/2": 2000, "F1/3": 3000}


@pytest.mark.parametrize(
    ("order", "reason", "words"),
    [
        (note(1000), " ", "a credit note needs a reason"),
        (note(0), "why", "has an amount above zero"),
        (note(1000, "F7"), "why", "there is no invoice 'F7' on this account"),
        (note(1000, number=" "), "why", "needs a number"),
        (CreditNoteOrder("AV1", "CHF", 1000, "F1"), "why", "F1 is in EUR; its credit note cannot be in CHF"),
        (CreditNoteOrder("AV1", "EURO", 1000), "why", "not an ISO 4217"),
    ],
)
def test_a_credit_note_that_makes_no_sense_is_refused(
    alice: Office, order: CreditNoteOrder, reason: str, words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        post_credit_note(act(ALICE, reason=reason), order)
    assert one("SELECT count(*) FROM ledger_credit WHERE kind = 'credit_note'") == 0


def test_a_credit_note_means_the_invoice_though_a_charge_has_its_number(alice: Office) -> None:
    _charge("late_fee", "F2", f("F1"))
    posted = post_credit_note(act(ALICE), note(600, "F2"))
    assert booked(ALICE, posted.ids[0]) == [("44571", "411", 100), ("709", "411", 500)]


def test_a_credit_notes_number_is_used_once(alice: Office) -> None:
    post_credit_note(act(ALICE), note(1000))
    with pytest.raises(Refusal, match=r"'AV1' is already posted with 10\.00 EUR on 2026-03-10"):
        post_credit_note(act(ALICE), note(1000))


def test_a_correction_mirrors_the_item_and_frees_its_money(alice: Office) -> None:
    posted = correct_item(act(ALICE), f())
    assert open_amounts(ALICE, "2026-03-10") == {"F2": 3000}, "the 30.00 that F1 had goes to F2"
    assert open_amounts(ALICE, "2026-03-09") == {"F1": 9000, "F2": 6000}
    assert booked(ALICE, posted.ids[0]) == [("44571", "411", 2000), ("707", "411", 10000)]
    assert one("SELECT count(*) FROM ledger_credit WHERE number = 'COR-F1' AND open_minor = 0") == 1
    assert on_account(ALICE, "411") == 3000
    assert_laws_hold()


def test_a_corrected_item_is_not_corrected_again(alice: Office) -> None:
    correct_item(act(ALICE), f())
    with pytest.raises(Refusal, match="F1 is corrected already, on 2026-03-10"):
        correct_item(act(ALICE, "2026-03-11"), f())


def test_a_correction_frees_money_that_came_later(alice: Office) -> None:
    receive(ALICE, "P2", 9000, "2026-03-20", named="F1")
    correct_item(act(ALICE, "2026-03-10"), f())
    assert open_amounts(ALICE, "2026-03-20") == {}
    assert left(ALICE) == {"P2": 6000}
    assert_laws_hold()


def _split_it() -> None:
    split(act(ALICE), f(), THIRDS)


def _write_it_off() -> None:
    approve_request(act(ALICE), prepared_write_off())


def _charge(kind: str, number: str, origin: int) -> None:
    """A charge as the services write them, on 1 March."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, "
            "tax_minor, open_minor, origin_id, document_url) "
            "VALUES (%s, %s, %s, 'other', 'EUR', '2026-03-01', '2026-03-01', 100, 0, 100, %s, '')",
            [the(ALICE).id, kind, number, origin],
        )


def _charge_it() -> None:
    _charge("late_fee", "LF-1", f())


@pytest.mark.parametrize(
    ("before", "number", "on", "reason", "words"),
    [
        (nothing, "F1", "2026-03-10", "", "a correction needs a reason"),
        (nothing, "F1", "2025-12-31", "why", "cannot be corrected before that day"),
        (_split_it, "F1", "2026-03-10", "why", "paid in instalments; take the split back first"),
        (_split_it, "F1/1", "2026-03-10", "why", "an instalment is part of its invoice"),
        (_write_it_off, "F1", "2026-03-10", "why", "was written off on 2026-03-10"),
        (_charge_it, "F1", "2026-03-10", "why", "LF-1 was charged because of F1; correct that first"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(
    alice: Office, before: Callable[[], object], number: str, on: str, reason: str, words: str
) -> None:
    before()
    with pytest.raises(Refusal, match=words):
        correct_item(act(ALICE, on, reason=reason), f(number))


def test_another_accounts_item_is_none_of_its_business(alice: Office) -> None:
    with pytest.raises(Refusal, match="no such item on this account"):
        correct_item(act(BRUNO), f())


def test_a_postponement_rules_from_its_day(alice: Office) -> None:
    postpone(act(ALICE), f(), day("2026-04-30"))
    due = {
        item.number: (item.due_on, item.document_due_on)
        for item in queries.open_items(the(ALICE).id, day("2026-03-10"))
    }
    assert due["F1"] == (day("2026-04-30"), day("2026-01-31"))
    (standing,) = queries.standings(day("2026-03-10"), Level.ACCOUNT, [the(ALICE).id])
    assert (standing.overdue_minor, standing.oldest_due_on) == (6000, day("2026-02-20"))
    postpone(act(ALICE, "2026-03-12"), f(), day("2026-01-31"))
    (standing,) = queries.standings(day("2026-03-12"), Level.ACCOUNT, [the(ALICE).id])
    assert (standing.overdue_minor, standing.oldest_due_on) == (15000, day("2026-01-31"))


@pytest.mark.parametrize(
    ("number", "due_on", "on", "words"),
    [
        ("F1", "2026-01-30", "2026-03-10", "can be moved later, not earlier"),
        ("F1", "2026-03-09", "2026-03-10", "2026-03-09 is past on 2026-03-10"),
        ("F0", "2026-04-09", "2026-03-10", "F0 is settled; nothing of it is left to postpone"),
        ("F1", "2026-04-30", "2025-12-01", "F1 is open since 2026-01-01"),
        ("F2", "2026-06-30", "2026-03-10", "F2 was postponed on 2026-03-11"),
    ],
)
def test_a_postponement_that_makes_no_sense_is_refused(
    alice: Office, number: str, due_on: str, on: str, words: str
) -> None:
    alice.bill("ALICE", "F0", "10.00", "2026-01-01", "2026-01-02")
    receive(ALICE, "P0", 1000, "2026-02-06", named="F0")
    postpone(act(ALICE, "2026-03-11"), f("F2"), day("2026-05-31"))
    with pytest.raises(Refusal, match=words):
        postpone(act(ALICE, on), f(number), day(due_on))


def test_a_split_item_is_owed_in_parts_and_books_nothing(alice: Office) -> None:
    entries = one("SELECT count(*) FROM ledger_entry")
    made = split(act(ALICE), f(), plan(("2026-04-01", 3333), ("2026-05-01", 3333), ("2026-06-01", 2334))).ids
    items = {item.number: item for item in queries.open_items(the(ALICE).id, day("2026-03-10"))}
    assert {n: (i.due_on, i.open_minor) for n, i in items.items() if n != "F2"} == {
        "F1/1": (day("2026-04-01"), 3333),
        "F1/2": (day("2026-05-01"), 3333),
        "F1/3": (day("2026-06-01"), 2334),
    }
    assert [items[f"F1/{n}"].id for n in (1, 2, 3)] == list(made)
    assert {i.nature for n, i in items.items() if n != "F2"} == {"equipment"}
    assert {i.origin_id for n, i in items.items() if n != "F2"} == {f()}
    assert sum(i.tax_minor for n, i in items.items() if n != "F2") == 1500, "the tax of the 90.00 that were open"
    assert one("SELECT count(*) FROM ledger_entry") == entries
    assert_laws_hold()


def test_an_item_that_opens_again_can_be_split_again(alice: Office) -> None:
    split(act(ALICE), f(), THIRDS)
    reverse_receipt(the(ALICE).id, credit_id(ALICE, "P1"), day("2026-03-15"), "returned", "test")
    assert open_amounts(ALICE)["F1"] == 3000
    split(act(ALICE, "2026-03-16"), f(), plan(("2026-04-02", 1000), ("2026-05-02", 2000)))
    assert {n: m for n, m in open_amounts(ALICE).items() if n > "F1/3"} == {"F1/4": 1000, "F1/5": 2000, "F2": 6000}
    assert one("SELECT count(*) FROM ledger_credit WHERE number IN ('SPL-1-F1', 'SPL-2-F1')") == 2
    assert_laws_hold()


def test_an_instalment_can_be_split_again(alice: Office) -> None:
    split(act(ALICE), f(), THIRDS)
    split(act(ALICE), f("F1/3"), plan(("2026-06-01", 1000), ("2026-07-01", 2000)))
    assert set(open_amounts(ALICE)) == {"F1/1", "F1/2", "F1/3/1", "F1/3/2", "F2"}
    assert_laws_hold()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (plan(("2026-04-01", 9000)), "two parts or more"),
        (plan(("2026-04-01", 9000), ("2026-05-01", 0)), "an amount above zero"),
        (plan(("2026-05-01", 4500), ("2026-04-01", 4500)), "rising due dates"),
        (plan(("2026-04-01", 4500), ("2026-04-01", 4500)), "rising due dates"),
        (plan(("2026-03-09", 4500), ("2026-04-01", 4500)), "before 2026-03-10"),
        (plan(("2026-04-01", 4500), ("2026-05-01", 4499)), r"add up to 89\.99 EUR, but 90\.00 EUR is open"),
    ],
)
def test_instalments_that_do_not_fit_are_refused(alice: Office, parts: list[tuple[dt.date, int]], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        split(act(ALICE), f(), parts)
    assert open_amounts(ALICE) == {"F1": 9000, "F2": 6000}


@pytest.mark.parametrize(
    ("kind", "words"),
    [(ExclusionKind.DISPUTED, "answer the dispute first"), (ExclusionKind.IN_FLIGHT, "settles or returns")],
)
def test_a_held_item_is_not_split(alice: Office, kind: ExclusionKind, words: str) -> None:
    exclude(act(ALICE), f(), kind, 100, "X1")
    with pytest.raises(Refusal, match=rf"1\.00 EUR of F1 is .*; .*{words}"):
        split(act(ALICE), f(), THIRDS)


def test_what_is_disputed_is_owed_but_not_chased(alice: Office) -> None:
    made = exclude(act(ALICE), f(), ExclusionKind.DISPUTED, 4000, "D1").ids[0]
    item = next(i for i in queries.open_items(the(ALICE).id, day("2026-03-10")) if i.number == "F1")
    assert (item.open_minor, item.disputed_minor, item.chased_minor) == (9000, 4000, 5000)
    (told,) = queries.exclusions_of(the(ALICE).id, day("2026-03-10"))
    assert (told.id, told.kind, told.amount_minor, told.reference, told.reason) == (
        made, ExclusionKind.DISPUTED, 4000, "D1", "asked by the customer",
    )  # fmt: skip
    assert queries.exclusions_of(the(ALICE).id, day("2026-03-09")) == []
    lift_exclusion(act(ALICE, "2026-03-20"), made)
    assert len(queries.exclusions_of(the(ALICE).id, day("2026-03-19"))) == 1
    assert queries.exclusions_of(the(ALICE).id, day("2026-03-20")) == []
    (standing,) = queries.standings(day("2026-03-20"), Level.ACCOUNT, [the(ALICE).id])
    assert standing.overdue_minor == 15000


def test_leaving_out_without_amount_takes_all_that_is_left(alice: Office) -> None:
    exclude(act(ALICE), f(), ExclusionKind.IN_FLIGHT, 4000, "DD1")
    exclude(act(ALICE), f(), ExclusionKind.IN_FLIGHT, None, "DD2")
    assert [x.amount_minor for x in queries.exclusions_of(the(ALICE).id, day("2026-03-10"))] == [4000, 5000]
    with pytest.raises(Refusal, match="all of F1 is on its way already"):
        exclude(act(ALICE), f(), ExclusionKind.IN_FLIGHT, 1, "DD3")


@pytest.mark.parametrize(
    ("kind", "minor", "reference", "words"),
    [
        (ExclusionKind.EXPIRED, None, "", "time-barred by its period alone"),
        (ExclusionKind.DISPUTED, 0, "D2", "an amount above zero"),
        (ExclusionKind.DISPUTED, 8001, "D2", r"only 80\.00 EUR of F1 is open and not disputed, less than 80\.01"),
        (ExclusionKind.DISPUTED, 100, "D1", "'D1' has left out F1 before"),
    ],
)
def test_an_exclusion_that_makes_no_sense_is_refused(
    alice: Office, kind: ExclusionKind, minor: int | None, reference: str, words: str
) -> None:
    exclude(act(ALICE), f(), ExclusionKind.DISPUTED, 1000, "D1")
    with pytest.raises(Refusal, match=words):
        exclude(act(ALICE), f(), kind, minor, reference)


def test_an_exclusion_is_lifted_once_and_not_before_it_began(alice: Office) -> None:
    made = exclude(act(ALICE), f(), ExclusionKind.DISPUTED, None, "D1").ids[0]
    with pytest.raises(Refusal, match="left out since 2026-03-10"):
        lift_exclusion(act(ALICE, "2026-03-09"), made)
    lift_exclusion(act(ALICE), made)
    with pytest.raises(Refusal, match="lifted already"):
        lift_exclusion(act(ALICE), made)
    with pytest.raises(Refusal, match="no such exclusion"):
        lift_exclusion(act(ALICE), made + 1)


def test_doubtful_debt_stands_apart_and_follows_what_is_open(alice: Office) -> None:
    mark_doubtful(act(ALICE), [f(), f("F2")])
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (15000, 0)
    receive(ALICE, "P2", 10000, "2026-03-15")
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (5000, 0)
    unmark_doubtful(act(ALICE, "2026-03-20"), [f("F2")])
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (0, 5000)
    reverse_receipt(the(ALICE).id, credit_id(ALICE, "P2"), day("2026-03-25"), "returned", "test")
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (9000, 6000), "F1 is still marked"
    assert_laws_hold()


def test_a_debt_can_be_marked_again(alice: Office) -> None:
    for service in (mark_doubtful, unmark_doubtful, mark_doubtful):
        service(act(ALICE), [f()])
    assert on_account(ALICE, "416") == 9000
    assert_laws_hold()


def test_instalments_of_a_doubtful_item_are_doubtful(alice: Office) -> None:
    mark_doubtful(act(ALICE), [f()])
    split(act(ALICE, "2026-03-11"), f(), THIRDS)
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (9000, 6000)
    assert_laws_hold()


def test_marks_that_change_nothing_are_refused(alice: Office) -> None:
    mark_doubtful(act(ALICE), [f()])
    for service, items, on, words in (
        (mark_doubtful, [f()], "2026-03-10", "F1 is already marked"),
        (unmark_doubtful, [f("F2")], "2026-03-10", "F2 is not marked"),
        (unmark_doubtful, [f()], "2026-03-09", "the mark of F1 changed on 2026-03-10"),
        (mark_doubtful, [], "2026-03-10", "name the items to mark"),
        (unmark_doubtful, [], "2026-03-10", "name the items that are no longer"),
    ):
        with pytest.raises(Refusal, match=words):
            service(act(ALICE, on), items)


def test_a_small_difference_is_given_up_by_policy_and_comes_back_with_the_payment(alice: Office) -> None:
    follow(ALICE, PolicyFacts(small_difference_minor=50))
    paid = receive(ALICE, "P2", 8960, "2026-03-10", named="F1")
    assert open_amounts(ALICE, "2026-03-10") == {"F2": 6000}
    assert on_account(ALICE, "6588") == 40
    reverse_receipt(the(ALICE).id, paid, day("2026-03-18"), "returned", "test")
    assert open_amounts(ALICE, "2026-03-18") == {"F1": 9000, "F2": 6000}
    assert open_amounts(ALICE, "2026-03-17") == {"F2": 6000}
    assert on_account(ALICE, "6588") == 0
    assert_laws_hold()


@pytest.mark.parametrize(("paid", "disputed"), [(8949, 0), (8960, 10), (8999, 1)])
def test_a_difference_stays_when_it_is_large_or_disputed(alice: Office, paid: int, disputed: int) -> None:
    follow(ALICE, PolicyFacts(small_difference_minor=50))
    if disputed:
        exclude(act(ALICE), f(), ExclusionKind.DISPUTED, disputed, "D1")
    receive(ALICE, "P2", paid, "2026-03-10", named="F1")
    assert open_amounts(ALICE)["F1"] == 9000 - paid


def test_a_correction_takes_its_small_difference_back(alice: Office) -> None:
    follow(ALICE, PolicyFacts(small_difference_minor=50))
    receive(ALICE, "P2", 8960, "2026-03-05", named="F1")
    assert on_account(ALICE, "6588") == 40
    correct_item(act(ALICE), f())
    assert (on_account(ALICE, "6588"), open_amounts(ALICE), left(ALICE)) == (0, {}, {"P2": 5960})
    assert_laws_hold()


def test_a_limit_counts_in_the_creditors_own_currency(alice: Office) -> None:
    alice.bill("ALICE", "F3", "90.00", "2026-01-01", "2026-01-31", currency="CHF")
    follow(ALICE, PolicyFacts(small_difference_minor=50))
    post_receipt(ReceiptOrder(the(ALICE).id, "P2", "CHF", 8960, day("2026-03-05"), "transfer"), "test")
    assert open_amounts(ALICE)["F3"] == 40


def test_what_follows_by_itself_is_dated_after_the_sealed_days(alice: Office) -> None:
    mark_doubtful(act(ALICE, "2026-02-06"), [f()])
    follow(ALICE, PolicyFacts(small_difference_minor=50, allocation_order=AllocationOrder.BY_HAND))
    receive(ALICE, "P2", 8960, "2026-02-10", named="F1")
    seal_through(the(ALICE).creditor_id, day("2026-02-28"), "auditor", day("2026-03-10"))
    follow(ALICE, PolicyFacts(small_difference_minor=50))
    allocate_accounts([the(ALICE).id], 0)
    assert open_amounts(ALICE, "2026-03-01") == {"F2": 6000}
    assert on_account(ALICE, "6588") == 40
    assert_laws_hold()


def test_a_sealed_day_takes_nothing(alice: Office) -> None:
    seal_through(the(ALICE).creditor_id, day("2026-02-28"), "auditor", day("2026-03-10"))
    with pytest.raises(Refusal, match="sealed through 2026-02-28"):
        post_credit_note(act(ALICE, "2026-02-28"), note(100))
    post_credit_note(act(ALICE, "2026-03-01"), note(100))
    assert_laws_hold()
