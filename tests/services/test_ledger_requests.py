"""Write-offs and refunds: one person asks, another decides, once; and what becomes of debt that is written off."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import (
    AllocationOrder,
    CreditNoteOrder,
    ExclusionKind,
    Level,
    PolicyFacts,
    Posted,
    RequestFacts,
)
from relance.ledger.services import (
    allocate_accounts,
    approve_request,
    exclude,
    mark_doubtful,
    post_credit_note,
    record_payer,
    refuse_request,
    release_credit,
    request_refund,
    request_write_off,
    reverse_receipt,
    seal_through,
    undo_allocations,
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
)
from tests.cast import ALICE, BRUNO, CAST, Office, the

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def alice(office: Office) -> Office:
    """Alice owes F1 (120.00, 20.00 tax) and F2 (60.00, 10.00 tax)."""
    bill(office)
    return office


def bill(office: Office) -> None:
    office.bill("ALICE", "F1", "120.00", "2026-01-01", "2026-01-31", tax_amount="20.00")
    office.bill("ALICE", "F2", "60.00", "2026-01-20", "2026-02-20", tax_amount="10.00")


def f(number: str = "F1") -> int:
    return item_id(ALICE, number)


def ask(*numbers: str, vat: bool = False, on: str = "2026-03-01") -> int:
    return request_write_off(act(ALICE, on, "rene", "liquidation judgment"), [f(n) for n in numbers], vat).ids[0]


def write_off(*numbers: str, vat: bool = False, on: str = "2026-03-10") -> Posted:
    return approve_request(act(ALICE, on), ask(*numbers, vat=vat))


def the_request(request_id: int) -> RequestFacts:
    found = queries.request(request_id)
    assert found is not None
    return found


def test_a_write_off_takes_two_people_and_gives_the_debt_up(alice: Office) -> None:
    asked = ask("F1", "F2")
    assert open_amounts(ALICE, "2026-03-05") == {"F1": 12000, "F2": 6000}, "asking changes nothing"
    (waiting,) = queries.requests().rows
    assert (waiting.id, waiting.amount_minor, waiting.requested_by) == (asked, 18000, "rene")
    posted = approve_request(act(ALICE, reason="seen"), asked)
    assert open_amounts(ALICE, "2026-03-10") == {}
    assert open_amounts(ALICE, "2026-03-09") == {"F1": 12000, "F2": 6000}
    assert booked(ALICE, posted.ids[0]) == [("654", "411", 18000)]
    decided = the_request(asked)
    assert (decided.state, decided.decided_by, decided.decision_reason) == ("approved", "ines", "seen")
    (told,) = queries.write_offs_of(the(ALICE).id)
    assert (told.number, told.requested_by, told.approved_by) == (f"WO-{posted.posting_id}", "rene", "ines")
    assert [(i.item_number, i.amount_minor, i.recovered_minor) for i in told.items] == [
        ("F1", 12000, 0),
        ("F2", 6000, 0),
    ]
    assert queries.requests().rows == []
    assert_laws_hold()


def test_vat_is_taken_back_by_each_items_share(alice: Office) -> None:
    receive(ALICE, "P1", 3000, "2026-02-05")
    posted = write_off("F1", "F2", vat=True)
    assert booked(ALICE, posted.ids[0]) == [("44571", "411", 2500), ("654", "411", 12500)]
    assert_laws_hold()


def test_a_write_off_covers_what_was_asked_for_though_more_is_open_now(alice: Office) -> None:
    paid = receive(ALICE, "P1", 3000, "2026-02-05")
    asked = ask("F1")
    reverse_receipt(the(ALICE).id, paid, day("2026-03-05"), "returned", "test")
    approve_request(act(ALICE), asked)
    assert open_amounts(ALICE) == {"F1": 3000, "F2": 6000}
    assert_laws_hold()


def test_who_asked_does_not_approve(alice: Office) -> None:
    asked = ask("F1")
    with pytest.raises(Refusal, match="you asked for this yourself; another person"):
        approve_request(act(ALICE, actor="rene"), asked)
    with pytest.raises(Refusal, match="you asked for this yourself; withdraw it"):
        refuse_request(act(ALICE, actor="rene"), asked)
    with pytest.raises(Refusal, match="rene asked for this and alone can withdraw it"):
        withdraw_request(act(ALICE), asked)
    with pytest.raises(Refusal, match="needs the name of who approves"):
        approve_request(act(ALICE, actor=""), asked)
    assert the_request(asked).state == "requested"


@pytest.mark.parametrize(
    ("decide", "state"),
    [
        (lambda asked: approve_request(act(ALICE), asked), "approved already, by ines"),
        (lambda asked: refuse_request(act(ALICE), asked), "refused already, by ines"),
        (lambda asked: withdraw_request(act(ALICE, actor="rene"), asked), "withdrawn already, by rene"),
    ],
)
def test_a_request_is_decided_once(alice: Office, decide: Callable[[int], Posted], state: str) -> None:
    asked = ask("F1")
    decide(asked)
    for again in (approve_request, refuse_request):
        with pytest.raises(Refusal, match=state):
            again(act(ALICE), asked)
    with pytest.raises(Refusal, match=state):
        withdraw_request(act(ALICE, actor="rene"), asked)


def test_a_refused_debt_is_owed_and_can_be_asked_for_again(alice: Office) -> None:
    with pytest.raises(Refusal, match="refusing a request needs a reason"):
        refuse_request(act(ALICE, reason=""), ask("F1"))
    refuse_request(act(ALICE, reason="he can pay"), queries.requests().rows[0].id)
    assert open_amounts(ALICE) == {"F1": 12000, "F2": 6000}
    assert (the_request(ask("F1")).state, len(queries.requests("refused").rows)) == ("requested", 1)
    assert_laws_hold()


def test_approval_reads_again(alice: Office) -> None:
    asked = ask("F1")
    receive(ALICE, "P1", 3000, "2026-03-05")
    with pytest.raises(Refusal, match=r"only 90\.00 EUR of F1 is open now, less than the 120\.00 asked for"):
        approve_request(act(ALICE), asked)
    assert one("SELECT count(*) FROM ledger_credit WHERE kind = 'write_off'") == 0
    other = ask("F2")
    exclude(act(ALICE, "2026-03-05"), f("F2"), ExclusionKind.DISPUTED, 1000, "D1")
    with pytest.raises(Refusal, match=r"10\.00 EUR of F2 is disputed; answer the dispute first"):
        approve_request(act(ALICE), other)
    with pytest.raises(Refusal, match="asked for on 2026-03-01; decide it on that day or a later one"):
        approve_request(act(ALICE, "2026-02-28"), asked)
    with pytest.raises(Refusal, match="no such request on this account"):
        approve_request(act(BRUNO), asked)


@pytest.mark.parametrize(
    ("numbers", "actor", "reason", "words"),
    [
        (["F1"], "", "lost", "needs the name of who asks"),
        (["F1"], "rene", " ", "a write-off needs a reason"),
        ([], "rene", "lost", "name the items to write off"),
        (["F1", "F3"], "rene", "lost", "items of several currencies"),
        (["F2", "F4"], "rene", "lost", r"10\.00 EUR of F4 is disputed; answer the dispute first before writing it off"),
        (["F5"], "rene", "lost", "F5 is settled"),
        (["F6"], "rene", "lost", "a write-off of F6 is asked for already"),
    ],
)
def test_a_write_off_request_that_makes_no_sense_is_refused(
    alice: Office, numbers: list[str], actor: str, reason: str, words: str
) -> None:
    for number, currency in (("F3", "CHF"), ("F4", "EUR"), ("F5", "EUR"), ("F6", "EUR")):
        alice.bill("ALICE", number, "10.00", "2026-01-01", "2026-01-02", currency=currency)
    exclude(act(ALICE, "2026-02-01"), f("F4"), ExclusionKind.DISPUTED, 1000, "D1")
    receive(ALICE, "P5", 1000, "2026-02-01", named="F5")
    ask("F6")
    with pytest.raises(Refusal, match=words):
        request_write_off(act(ALICE, actor=actor, reason=reason), [f(n) for n in numbers], recovers_vat=False)
    assert len(queries.requests().rows) == 1


def test_money_after_a_write_off_settles_what_is_open_and_then_recovers(alice: Office) -> None:
    write_off("F1", vat=True)
    receive(ALICE, "P1", 10000, "2026-04-01")
    assert (open_amounts(ALICE), left(ALICE)) == ({}, {})
    recovered = item_id(ALICE, "REC-1")
    assert booked(ALICE, recovered) == [("411", "44571", 667), ("411", "754", 3333)]
    receive(ALICE, "P2", 8100, "2026-04-02")
    assert booked(ALICE, item_id(ALICE, "REC-2")) == [("411", "44571", 1333), ("411", "754", 6667)]
    assert left(ALICE) == {"P2": 100}
    assert (on_account(ALICE, "44571"), on_account(ALICE, "411")) == (-3000, -100)
    (told,) = queries.write_offs_of(the(ALICE).id)
    assert [(i.item_number, i.amount_minor, i.recovered_minor) for i in told.items] == [("F1", 12000, 12000)]
    assert queries.standings(day("2026-05-01"), Level.ACCOUNT, [the(ALICE).id]) == []
    assert_laws_hold()


def test_a_recovery_whose_money_returns_is_written_off_again_and_not_chased(alice: Office) -> None:
    write_off("F1", "F2", vat=True)
    paid = receive(ALICE, "P1", 10000, "2026-04-01")
    reverse_receipt(the(ALICE).id, paid, day("2026-04-08"), "returned", "test")
    assert open_amounts(ALICE, "2026-04-08") == {}
    assert queries.standings(day("2026-05-01"), Level.ACCOUNT, [the(ALICE).id]) == []
    assert (on_account(ALICE, "754"), on_account(ALICE, "411"), on_account(ALICE, "44571")) == (0, 0, 0)
    assert one("SELECT amount_minor FROM ledger_credit WHERE number = 'COR-REC-1'") == 10000
    receive(ALICE, "P2", 18000, "2026-04-09")
    assert left(ALICE) == {}
    assert one("SELECT sum(tax_minor) FROM ledger_openitem WHERE number IN ('REC-2', 'REC-3')") == 3000
    assert_laws_hold()


def test_a_named_debt_is_recovered_first(alice: Office) -> None:
    write_off("F1", "F2")
    receive(ALICE, "P1", 7000, "2026-04-01", named="F2")
    (told,) = queries.write_offs_of(the(ALICE).id)
    assert [(i.item_number, i.recovered_minor) for i in told.items] == [("F1", 1000), ("F2", 6000)]


@pytest.mark.parametrize(
    ("policy", "named", "recovered"),
    [
        (PolicyFacts(recovers_written_off=False), "F1", 0),
        (PolicyFacts(allocation_order=AllocationOrder.BY_HAND), "F1", 0),
        (PolicyFacts(allocation_order=AllocationOrder.NAMED_ONLY), "", 0),
        (PolicyFacts(allocation_order=AllocationOrder.NAMED_ONLY), "F2", 1000),
    ],
)
def test_the_policy_decides_whether_money_recovers(
    alice: Office, policy: PolicyFacts, named: str, recovered: int
) -> None:
    follow(ALICE, policy)
    write_off("F1", "F2")
    receive(ALICE, "P1", 1000, "2026-04-01", named=named)
    assert on_account(ALICE, "754") == -recovered
    assert left(ALICE) == ({} if recovered else {"P1": 1000})
    assert_laws_hold()


def test_a_credit_note_recovers_nothing(alice: Office) -> None:
    write_off("F1", "F2")
    post_credit_note(act(ALICE), CreditNoteOrder("AV1", "EUR", 500))
    assert (on_account(ALICE, "754"), left(ALICE)) == (0, {"AV1": 500})


def test_what_is_written_off_stays_so_when_the_rest_opens_again(alice: Office) -> None:
    paid = receive(ALICE, "P1", 3000, "2026-02-05")
    write_off("F1", "F2")
    reverse_receipt(the(ALICE).id, paid, day("2026-04-08"), "returned", "test")
    assert open_amounts(ALICE) == {"F1": 3000}
    assert_laws_hold()


def overpaid() -> int:
    return receive(ALICE, "P1", 20000, "2026-02-25", iban=IBAN)


def test_a_refund_goes_back_where_the_money_came_from(alice: Office) -> None:
    asked = request_refund(act(ALICE, actor="rene"), overpaid(), 1500, "fr76 3000 6000 0112 3456 7890 189").ids[0]
    assert left(ALICE) == {"P1": 2000}
    posted = approve_request(act(ALICE, "2026-03-12"), asked)
    assert left(ALICE) == {"P1": 500}
    assert left(ALICE, "2026-03-11") == {"P1": 2000}
    assert booked(ALICE, posted.ids[0]) == [("411", "512", 1500)]
    assert (item_id(ALICE, f"RF-{posted.posting_id}"), open_amounts(ALICE)) == (posted.ids[0], {})
    assert_laws_hold()


def test_a_payer_that_is_not_known_is_recorded_first(alice: Office) -> None:
    paid = receive(ALICE, "P1", 20000, "2026-02-25")
    with pytest.raises(Refusal, match="record the payer's account from the bank statement first"):
        request_refund(act(ALICE), paid, 100, IBAN)
    record_payer(act(ALICE, reason="statement of 25 February"), paid, IBAN)
    assert request_refund(act(ALICE), paid, 100, IBAN).created


@pytest.mark.parametrize(
    ("minor", "iban", "on", "actor", "reason", "words"),
    [
        (0, IBAN, "2026-03-10", "ines", "overpaid", "an amount above zero"),
        (2001, IBAN, "2026-03-10", "ines", "overpaid", r"20\.00 EUR of P1 can be refunded, less than 20\.01"),
        (100, "DE89370400440532013000", "2026-03-10", "ines", "overpaid", "came from another account"),
        (100, IBAN, "2026-02-24", "ines", "overpaid", "is free since 2026-02-25"),
        (100, IBAN, "2026-03-10", "", "overpaid", "needs the name of who asks"),
        (100, IBAN, "2026-03-10", "ines", "", "a refund needs a reason"),
    ],
)
def test_a_refund_request_that_makes_no_sense_is_refused(
    alice: Office, minor: int, iban: str, on: str, actor: str, reason: str, words: str
) -> None:
    paid = overpaid()
    with pytest.raises(Refusal, match=words):
        request_refund(act(ALICE, on, actor, reason), paid, minor, iban)
    assert queries.requests().rows == []


def test_waiting_refunds_count_against_what_is_left(alice: Office) -> None:
    paid = overpaid()
    request_refund(act(ALICE), paid, 1500, IBAN)
    with pytest.raises(Refusal, match=r"5\.00 EUR of P1 can be refunded"):
        request_refund(act(ALICE), paid, 501, IBAN)
    assert request_refund(act(ALICE), paid, 500, IBAN).created


def test_a_refund_is_not_approved_when_the_money_is_used_meanwhile(alice: Office) -> None:
    asked = request_refund(act(ALICE, actor="rene"), overpaid(), 1500, IBAN).ids[0]
    alice.bill("ALICE", "F3", "10.00", "2026-03-02", "2026-03-31")
    with pytest.raises(Refusal, match=r"only 10\.00 EUR of P1 is left now, less than the 15\.00 asked for"):
        approve_request(act(ALICE), asked)
    assert_laws_hold()


def test_only_payments_are_refunded(alice: Office) -> None:
    write_off("F1")
    lost = one("SELECT id FROM ledger_credit WHERE kind = 'write_off'")
    with pytest.raises(Refusal, match="is no payment or credit note"):
        request_refund(act(ALICE), lost, 100, IBAN)
    with pytest.raises(Refusal, match="no such credit"):
        request_refund(act(ALICE), lost + 999, 100, IBAN)


def test_requests_come_in_pages(alice: Office) -> None:
    paid = overpaid()
    ids = [request_refund(act(ALICE), paid, minor, IBAN).ids[0] for minor in (1, 2, 3)]
    first = queries.requests(limit=2)
    assert ([row.id for row in first.rows], first.total) == ([ids[2], ids[1]], 3)
    assert [row.id for row in queries.requests(after=first.next_after, limit=2).rows] == [ids[0]]
    assert queries.request(ids[0] + 999) is None


def test_nothing_is_written_off_or_refunded_before_it_was_there(alice: Office) -> None:
    paid = receive(ALICE, "P1", 18000, "2026-02-25", iban=IBAN)
    other = receive(ALICE, "P2", 2000, "2026-02-25", iban=IBAN)
    asked = request_refund(act(ALICE, "2026-02-26", "rene"), other, 2000, IBAN).ids[0]
    alice.bill("ALICE", "F3", "20.00", "2026-02-26", "2026-03-26")
    undo_allocations(act(ALICE, "2026-03-05"), [row.id for row in queries.allocations_of(the(ALICE).id)])
    with pytest.raises(Refusal, match="the money of P2 is free since 2026-03-05"):
        approve_request(act(ALICE, "2026-03-01"), asked)
    with pytest.raises(Refusal, match="F1 is open since 2026-03-05"):
        ask("F1", on="2026-03-01")
    late = request_write_off(act(ALICE, "2026-03-05", "rene"), [f()], recovers_vat=False).ids[0]
    reverse_receipt(the(ALICE).id, paid, day("2026-03-12"), "returned", "test")
    approve_request(act(ALICE, "2026-03-12"), late)
    assert_laws_hold()


def test_an_item_that_opened_again_is_not_written_off_while_it_was_paid(alice: Office) -> None:
    asked = ask("F1")
    paid = receive(ALICE, "P1", 12000, "2026-03-05", named="F1")
    reverse_receipt(the(ALICE).id, paid, day("2026-03-12"), "returned", "test")
    with pytest.raises(Refusal, match="F1 is open since 2026-03-12"):
        approve_request(act(ALICE, "2026-03-10"), asked)
    approve_request(act(ALICE, "2026-03-12"), asked)
    assert_laws_hold()


def test_a_doubtful_debt_that_is_written_off_is_no_longer_doubtful(alice: Office) -> None:
    mark_doubtful(act(ALICE, "2026-02-25"), [f()])
    write_off("F1")
    assert (on_account(ALICE, "416"), on_account(ALICE, "411")) == (0, 6000)
    assert_laws_hold()


def test_money_that_a_person_keeps_recovers_nothing(alice: Office) -> None:
    receive(ALICE, "P1", 3000, "2026-02-25", named="F2")
    asked = ask("F1")
    undo_allocations(act(ALICE, "2026-03-02"), [row.id for row in queries.allocations_of(the(ALICE).id)])
    approve_request(act(ALICE), asked)
    receive(ALICE, "P2", 6000, "2026-03-15")
    assert (left(ALICE), on_account(ALICE, "754")) == ({"P1": 3000}, 0)
    release_credit(act(ALICE, "2026-03-16"), credit_id(ALICE, "P1"))
    assert (left(ALICE), on_account(ALICE, "754")) == ({}, -3000)
    assert left(ALICE, "2026-03-01") == {}
    assert_laws_hold()


def test_a_recovery_is_dated_after_the_sealed_days(alice: Office) -> None:
    follow(ALICE, PolicyFacts(allocation_order=AllocationOrder.BY_HAND))
    receive(ALICE, "P1", 3000, "2026-02-25")
    approve_request(act(ALICE, "2026-03-02"), ask("F1", "F2"))
    seal_through(the(ALICE).creditor_id, day("2026-03-31"), "auditor", day("2026-04-10"))
    follow(ALICE, PolicyFacts())
    allocate_accounts([the(ALICE).id], 0)
    assert on_account(ALICE, "754") == -3000
    assert left(ALICE, "2026-03-31") == {"P1": 3000}
    assert_laws_hold()


def test_a_recovery_of_a_later_day_is_taken_back_on_that_day(alice: Office) -> None:
    follow(ALICE, PolicyFacts(allocation_order=AllocationOrder.BY_HAND))
    paid = receive(ALICE, "P1", 3000, "2026-02-25")
    write_off("F1", "F2", on="2026-03-25")
    follow(ALICE, PolicyFacts())
    allocate_accounts([the(ALICE).id], 0)
    assert on_account(ALICE, "754") == -3000
    reverse_receipt(the(ALICE).id, paid, day("2026-02-26"), "returned", "test")
    assert (open_amounts(ALICE), on_account(ALICE, "754")) == ({}, 0)
    assert_laws_hold()


@pytest.mark.django_db(transaction=True)
def test_two_people_approving_at_once_write_off_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.open_accounts(*CAST)
    bill(office)
    asked = ask("F1")
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def approve(actor: str) -> None:
        try:
            ready.wait()
            approve_request(act(ALICE, actor=actor), asked)
            outcomes.append("approved")
        except Refusal as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(actor,)) for actor in ("ines", "karim")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = the_request(asked).decided_by
    assert sorted(outcomes) == ["approved", f"this request is approved already, by {winner}"]
    assert one("SELECT count(*) FROM ledger_credit WHERE kind = 'write_off'") == 1
    assert_laws_hold()
