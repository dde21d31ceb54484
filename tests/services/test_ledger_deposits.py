"""Cheque deposit slips: all cheques or none, once, each a receipt of its account."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction

from relance.customers.models import BillingAccount, Creditor
from relance.customers.services import lock_accounts
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import Cheque, DepositOrder, PostedDeposit
from relance.ledger.services import post_deposit, reverse_receipt, seal_through
from tests.bookkeeping import (
    assert_laws_hold,
    booked,
    credit_id,
    day,
    left,
    on_account,
    one,
    open_amounts,
    receive,
    views,
)
from tests.cast import ALICE, BRUNO, CAST, CHLOE, Office, the


def slip(*cheques: Cheque, number: str = "B7", on: str = "2026-03-10", currency: str = "EUR") -> DepositOrder:
    return DepositOrder(the(ALICE).creditor_id, number, day(on), currency, cheques)


def cheques() -> tuple[Cheque, ...]:
    return (
        Cheque(the(ALICE).id, "0001", 12000, "F1"),
        Cheque(the(BRUNO).id, "0002", 5000),
        Cheque(the(ALICE).id, "0003", 1000),
    )


@pytest.fixture
def counter(office: Office) -> Office:
    """Alice owes F1 and F2, Bruno G1."""
    bill(office)
    return office


def bill(office: Office) -> None:
    office.bill("ALICE", "F1", "120.00", "2026-01-01", "2026-02-28")
    office.bill("ALICE", "F2", "60.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "G1", "50.00", "2026-01-01", "2026-01-31")


def test_every_cheque_is_a_receipt_that_stands_at_the_bank(counter: Office) -> None:
    before = views(ALICE, "2026-02-01", "2026-03-09")
    made = post_deposit(slip(*cheques()), "ines").id
    assert (open_amounts(ALICE), open_amounts(BRUNO)) == ({"F2": 5000}, {})
    assert booked(ALICE, credit_id(ALICE, "B7/0001")) == [("5112", "411", 12000), ("512", "5112", 12000)]
    assert [on_account(ALICE, account) for account in ("512", "5112")] == [13000, 0]
    found = queries.deposit(made)
    assert found is not None
    assert (found.number, found.cheque_count, found.amount_minor, found.posted_by) == ("B7", 3, 18000, "ines")
    assert [(c.number, c.amount_minor, c.named_item, c.reversed_on) for c in found.cheques] == [
        ("0001", 12000, "F1", None), ("0002", 5000, "", None), ("0003", 1000, "", None),
    ]  # fmt: skip
    assert views(ALICE, "2026-02-01", "2026-03-09") == before
    assert_laws_hold()


def test_the_same_slip_again_is_the_same_deposit(counter: Office) -> None:
    first = post_deposit(slip(*cheques()), "ines", "k1")
    again = PostedDeposit(first.id, created=False)
    assert first.created
    assert post_deposit(slip(*reversed(cheques())), "ines", "k1") == again
    assert post_deposit(slip(*cheques()), "karim") == again
    assert one("SELECT count(*) FROM ledger_credit WHERE deposit_id IS NOT NULL") == 3
    assert_laws_hold()


def test_the_same_number_with_other_cheques_is_refused(counter: Office) -> None:
    post_deposit(slip(*cheques()), "ines")
    for other in (
        slip(*cheques()[:2]),
        slip(*cheques(), on="2026-03-11"),
        slip(replace(cheques()[0], amount_minor=12001), *cheques()[1:]),
        slip(replace(cheques()[0], named_item="F2"), *cheques()[1:]),
    ):
        with pytest.raises(Refusal, match=r"'B7' is already posted with 3 cheques of 180\.00 EUR on 2026-03-10"):
            post_deposit(other, "ines")


def test_the_same_key_for_another_slip_is_refused(counter: Office) -> None:
    post_deposit(slip(*cheques()), "ines", "k1")
    with pytest.raises(Refusal, match="used on this account for something else"):
        post_deposit(slip(*cheques(), number="B8"), "ines", "k1")
    assert queries.deposits().total == 1


def test_a_bounced_cheque_leaves_the_bank_and_opens_its_invoice(counter: Office) -> None:
    made = post_deposit(slip(*cheques()), "ines").id
    reverse_receipt(the(ALICE).id, credit_id(ALICE, "B7/0001"), day("2026-03-17"), "bounced", "ines")
    assert [on_account(ALICE, account) for account in ("512", "5112")] == [1000, 0]
    assert open_amounts(ALICE) == {"F1": 12000, "F2": 5000}
    found = queries.deposit(made)
    assert found is not None
    assert [c.reversed_on for c in found.cheques] == [day("2026-03-17"), None, None]
    assert_laws_hold()


def test_an_overpaying_cheque_keeps_its_rest(counter: Office) -> None:
    post_deposit(slip(Cheque(the(BRUNO).id, "0002", 7000)), "ines")
    assert left(BRUNO) == {"B7/0002": 2000}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("none", "one cheque or more"),
        ("unnumbered", "every cheque has a number"),
        ("slip", "a deposit slip needs a number"),
        ("amount", "cheque 0009 has no amount above zero"),
        ("twice", "cheque 0009 is on the slip 2 times for one account"),
        ("currency", "not an ISO 4217"),
        ("unknown", "an account that does not exist"),
        ("foreign", "account F-1 belongs to another creditor"),
        ("sealed", "sealed through 2026-03-10"),
        ("known", "receipt 'B7/0009' is already posted"),
    ],
)
def test_a_slip_that_makes_no_sense_is_refused_whole(counter: Office, case: str, words: str) -> None:
    other = Creditor.objects.create(code="other", name="Other", country="FR", currency="EUR")
    BillingAccount.objects.create(id=910_001, number="F-1", creditor=other, name="Foreign")
    good, alice = Cheque(the(BRUNO).id, "0001", 100), the(ALICE).id
    if case == "sealed":
        seal_through(the(ALICE).creditor_id, day("2026-03-10"), "auditor", day("2026-03-12"))
    if case == "known":
        receive(ALICE, "B7/0009", 100, "2026-03-01")
    before = one("SELECT count(*) FROM ledger_credit")
    order = {
        "none": slip(),
        "unnumbered": slip(good, Cheque(alice, " ", 100)),
        "slip": slip(good, number=" "),
        "amount": slip(good, Cheque(alice, "0009", 0)),
        "twice": slip(good, Cheque(alice, "0009", 100), Cheque(alice, "0009", 100)),
        "currency": slip(good, currency="EURO"),
        "unknown": slip(good, Cheque(999_999_999, "0009", 100)),
        "foreign": slip(good, Cheque(910_001, "0009", 100)),
        "sealed": slip(good),
        "known": slip(good, Cheque(alice, "0009", 100)),
    }[case]
    with pytest.raises(Refusal, match=words):
        post_deposit(order, "ines")
    assert one("SELECT count(*) FROM ledger_credit") == before
    assert queries.deposits().total == 0


def test_slips_come_in_pages(counter: Office) -> None:
    ids = [post_deposit(slip(Cheque(the(BRUNO).id, "1", 100), number=f"B{n}"), "ines").id for n in range(3)]
    first = queries.deposits(limit=2)
    assert ([row.id for row in first.rows], first.total) == ([ids[2], ids[1]], 3)
    assert [row.id for row in queries.deposits(after=first.next_after, limit=2).rows] == [ids[0]]
    assert queries.deposit(ids[0] + 999) is None


def at_once(*turns: Sequence[DepositOrder]) -> list[list[object]]:
    """Let several people enter their slips one after the other, all at the same time; each person's ids or refusals."""
    outcomes: list[list[object]] = [[] for _ in turns]
    ready = threading.Barrier(len(turns))

    def enter(orders: Sequence[DepositOrder], told: list[object]) -> None:
        try:
            ready.wait()
            for order in orders:
                try:
                    told.append(post_deposit(order, "ines").id)
                except Refusal as refusal:
                    told.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=turn) for turn in zip(turns, outcomes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Office:
    """The counter of several people at once."""
    office = Office(tmp_path)
    office.open_accounts(*CAST)
    bill(office)
    return office


def test_one_slip_entered_by_two_people_at_once_is_posted_once(shared: Office) -> None:
    ((first,), (again,), (other,)) = at_once(
        [slip(*cheques())], [slip(*cheques())], [slip(Cheque(the(CHLOE).id, "0009", 100), number="B8")]
    )
    assert first == again != other
    assert one("SELECT count(*) FROM ledger_credit WHERE deposit_id IS NOT NULL") == 4
    assert_laws_hold()


def test_one_number_for_two_slips_at_once_is_refused_once(shared: Office) -> None:
    outcomes = at_once(*([slip(Cheque(the(person).id, "1", 100))] for person in (ALICE, BRUNO, CHLOE)))
    assert sorted(len(told) for told in outcomes) == [1, 1, 1]
    assert sum(isinstance(told[0], int) for told in outcomes) == 1
    assert sum("'B7' is already posted" in str(told[0]) for told in outcomes) == 2


def test_a_slip_takes_its_accounts_in_the_order_that_everybody_does(shared: Office) -> None:
    low, high = sorted((the(ALICE).id, the(BRUNO).id))
    order = slip(Cheque(high, "1", 100), Cheque(low, "2", 100))
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    entering = threading.Thread(target=at_once, args=([order],))
    with transaction.atomic(), connection.cursor() as cursor:
        lock_accounts([low])
        entering.start()
        deadline = time.monotonic() + 10
        while one(waits) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert one(waits) > 0
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        lock_accounts([high])
    entering.join()
    assert one("SELECT count(*) FROM ledger_credit WHERE deposit_id IS NOT NULL") == 2
