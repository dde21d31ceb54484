"""Late-payment interest: accrued from what was open day by day, claimable until it is billed or waived, never lost."""

from decimal import Decimal

import pytest
from django.db import connection

from relance.customers.queries import creditors
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import (
    Act,
    AllocationOrder,
    ClaimableInterest,
    ExclusionKind,
    InterestOnSettlement,
    PolicyFacts,
    PostedReceipt,
    ReceiptOrder,
)
from relance.ledger.services import (
    approve_request,
    bill_interest,
    change_policy,
    correct_item,
    exclude,
    lift_exclusion,
    post_receipt,
    postpone,
    record_formal_notice,
    request_write_off,
    reverse_receipt,
    split,
    waive_interest,
)
from relance.legal.services import approve_rate, propose_rate
from tests import bookkeeping
from tests.bookkeeping import assert_laws_hold, day
from tests.cast import ALICE, FABRE, Office, the


def act(number: str, on: str, reason: str = "", key: str = "") -> Act:
    return bookkeeping.act({"number": number}, on, "carole", reason, key)


def item(number: str, document: str) -> int:
    return bookkeeping.item_id({"number": number}, document)


def receive(number: str, reference: str, minor: int, on: str, named: str = "") -> PostedReceipt:
    order = ReceiptOrder(act(number, on).account_id, reference, "EUR", minor, day(on), "transfer", named)
    return post_receipt(order, "test")


def interest(number: str, on: str) -> dict[str, ClaimableInterest]:
    found = queries.claimable_interest(act(number, on).account_id, day(on))
    return {entry.item_number: entry for entry in found}


def claimable(number: str, document: str, on: str) -> int:
    entry = interest(number, on).get(document)
    return entry.claimable_minor if entry is not None else 0


def open_amounts(number: str, on: str) -> dict[str, int]:
    return bookkeeping.open_amounts({"number": number}, on)


def set_policy(**chosen: object) -> None:
    change_policy(creditors()[0].id, PolicyFacts(**chosen), "agreed", "carole")  # type: ignore[arg-type]


def test_interest_vector_1_business_in_silence_of_the_contract(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    assert claimable("FABRE", "F1", "2026-06-15") == 3036
    receive("FABRE", "P1", 120000, "2026-06-15")
    assert claimable("FABRE", "F1", "2026-06-15") == 3036, "the day of payment is counted"
    assert claimable("FABRE", "F1", "2026-06-30") == 3036, "and nothing after it"
    assert claimable("FABRE", "F1", "2026-12-31") == 3036, "whatever rate is missing by then"


def test_interest_vector_2_contract_rate(office: Office) -> None:
    set_policy(contract_percent=Decimal(15))
    office.bill("FABRE", "F1", "15000.00", "2018-03-16", "2018-04-15")
    receive("FABRE", "P1", 1500000, "2018-05-15")
    assert claimable("FABRE", "F1", "2018-05-15") == 18493


def test_interest_vector_3_floating_over_the_half_year(office: Office) -> None:
    office.bill("FABRE", "F1", "5000.00", "2025-03-31", "2025-04-30")
    assert claimable("FABRE", "F1", "2025-06-30") == 10988
    assert claimable("FABRE", "F1", "2025-09-30") == 26300


def test_interest_vector_4_interest_is_paid_before_the_principal(office: Office) -> None:
    set_policy(allocation_order=AllocationOrder.CIVIL_CODE, interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    receive("FABRE", "P1", 40000, "2026-02-15")
    assert open_amounts("FABRE", "2026-02-15") == {"F1": 60499}
    assert claimable("FABRE", "F1", "2026-03-31") == 886
    assert receive("FABRE", "P2", 61385, "2026-03-31").unallocated_minor == 0
    assert open_amounts("FABRE", "2026-03-31") == {}
    entry = interest("FABRE", "2026-04-30")["F1"]
    assert (entry.accrued_minor, entry.billed_minor, entry.claimable_minor) == (1385, 1385, 0)
    assert_laws_hold()


def test_interest_vector_4_principal_first(office: Office) -> None:
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    receive("FABRE", "P1", 40000, "2026-02-15")
    assert open_amounts("FABRE", "2026-03-31")["F1"] + claimable("FABRE", "F1", "2026-03-31") == 61378


@pytest.mark.parametrize(("paid_on", "minor"), [("2026-01-31", 0), ("2026-02-01", 33)])
def test_interest_vector_5_the_due_date_bears_none(office: Office, paid_on: str, minor: int) -> None:
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    receive("FABRE", "P1", 100000, paid_on)
    assert claimable("FABRE", "F1", "2026-03-31") == minor
    assert ("F1" in interest("FABRE", "2026-03-31")) is (minor > 0)


def test_a_public_buyer_keeps_the_rate_of_the_first_half_year(office: Office) -> None:
    office.bring("accounts", {"number": "TOWN", "name": "Commune de Valmont", "kind": "public"})
    office.bill("TOWN", "T1", "10000.00", "2025-05-21", "2025-06-20")
    assert claimable("TOWN", "T1", "2025-09-28") == 30548


def test_a_consumer_owes_interest_from_the_formal_notice_only(office: Office) -> None:
    office.bill("ALICE", "A1", "89.97", "2025-12-01", "2025-12-31")
    assert interest("ALICE", "2026-05-10") == {}
    notice = act("ALICE", "2026-02-10", "registered letter 1A 234, receipt signed", key="letter:1")
    assert record_formal_notice(notice, [item("ALICE", "A1")]).created
    assert not record_formal_notice(notice, [item("ALICE", "A1")]).created
    assert interest("ALICE", "2026-02-10") == {}
    receive("ALICE", "P1", 8997, "2026-05-10")
    assert claimable("ALICE", "A1", "2026-05-10") == 57
    assert_laws_hold()


def test_a_formal_notice_needs_its_proof_and_its_items(office: Office) -> None:
    office.bill("ALICE", "A1", "89.97", "2025-12-01", "2025-12-31")
    office.bill("FABRE", "F1", "89.97", "2025-12-01", "2025-12-31")
    cases = ((" ", ["A1"], "which letter"), ("letter", [], "choose the items"), ("letter", ["F1"], "no such item"))
    for reason, documents, words in cases:
        ids = [item("FABRE" if document == "F1" else "ALICE", document) for document in documents]
        with pytest.raises(Refusal, match=words):
            record_formal_notice(act("ALICE", "2026-02-10", reason), ids)


def test_missing_rate_refuses(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-05-01", "2026-05-31")
    entry = interest("FABRE", "2026-07-02")["F1"]
    assert (entry.claimable_minor, entry.through_on) == (1198, day("2026-06-30")), "what is known stays to be seen"
    assert "ECB main refinancing rate for 2026-07-01 to 2026-12-31 is not entered" in entry.refusal
    assert "2026" in entry.refusal_fr and entry.refusal_fr != entry.refusal
    bill_interest(act("FABRE", "2026-07-02"), [item("FABRE", "F1")])
    assert open_amounts("FABRE", "2026-07-02")["INT-F1-2026-07-02"] == 1198
    with pytest.raises(Refusal, match="2026-07-01 to 2026-12-31 is not entered"):
        bill_interest(act("FABRE", "2026-07-02"), [item("FABRE", "F1")])
    proposed = propose_rate("ecb_mro", day("2026-07-01"), Decimal("2.15"), "ECB press release", "carole")
    assert proposed.id is not None
    approve_rate(proposed.id, "david")
    assert claimable("FABRE", "F1", "2026-07-02") == 80
    assert interest("FABRE", "2026-07-02")["F1"].refusal == ""


def test_a_rate_that_is_missing_from_the_first_day_leaves_nothing_to_bill(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-06-01", "2026-06-30")
    assert interest("FABRE", "2026-07-02")["F1"].claimable_minor == 0
    with pytest.raises(Refusal, match="2026-07-01 to 2026-12-31 is not entered"):
        bill_interest(act("FABRE", "2026-07-02"), [item("FABRE", "F1")])


def test_a_person_waives_what_is_known_while_a_rate_is_missing(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-05-01", "2026-05-31")
    waive_interest(act("FABRE", "2026-07-02", "goodwill"), [item("FABRE", "F1")])
    entry = interest("FABRE", "2026-07-02")["F1"]
    assert (entry.accrued_minor, entry.waived_minor, entry.claimable_minor) == (1198, 1198, 0)


def test_a_missing_rate_does_not_stop_a_receipt(office: Office) -> None:
    set_policy(allocation_order=AllocationOrder.CIVIL_CODE, interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1200.00", "2026-05-01", "2026-05-31")
    assert receive("FABRE", "P1", 121198, "2026-07-02").unallocated_minor == 0, "what is known was billed before it"
    assert open_amounts("FABRE", "2026-07-02") == {}
    assert "is not entered" in interest("FABRE", "2026-08-01")["F1"].refusal
    proposed = propose_rate("ecb_mro", day("2026-07-01"), Decimal("2.15"), "ECB press release", "carole")
    assert proposed.id is not None
    approve_rate(proposed.id, "david")
    entry = interest("FABRE", "2026-08-01")["F1"]
    assert (entry.billed_minor, entry.claimable_minor) == (1198, 80), "the rest stays claimable, to the day of payment"
    assert queries.undecided_items(the(FABRE).id, day("2026-08-01")).rows == [item("FABRE", "F1")]
    assert_laws_hold()


def test_billing_makes_a_debit_note_and_later_only_the_difference(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31", tax_amount="200.00")
    first = bill_interest(act("FABRE", "2026-04-30", key="bill:1"), [item("FABRE", "F1")])
    again = bill_interest(act("FABRE", "2026-04-30", key="bill:1"), [item("FABRE", "F1")])
    assert (again.created, again.ids) == (False, first.ids)
    (note,) = (i for i in queries.open_items(the(FABRE).id, day("2026-04-30")) if i.kind == "interest")
    assert (note.id, note.number, note.amount_minor, note.tax_minor) == (first.ids[0], "INT-F1-2026-04-30", 1198, 0)
    assert (note.due_on, note.origin_id) == (day("2026-04-30"), item("FABRE", "F1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT debit, credit, amount_minor FROM ledger_entry WHERE source_id = %s", [note.id])
        assert cursor.fetchall() == [("411", "763", 1198)]
    with pytest.raises(Refusal, match="no interest to claim on 2026-04-30"):
        bill_interest(act("FABRE", "2026-04-30"), [item("FABRE", "F1")])
    assert claimable("FABRE", "F1", "2026-06-15") == 3036 - 1198
    bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", "F1")])
    assert open_amounts("FABRE", "2026-06-15") == {"F1": 120000, "INT-F1-2026-04-30": 1198, "INT-F1-2026-06-15": 1838}
    assert interest("FABRE", "2026-06-15")["F1"].billed_minor == 3036
    assert interest("FABRE", "2026-05-01")["F1"].billed_minor == 1198, "what was billed by a day, that day"
    assert_laws_hold()


def test_a_bill_dated_before_another_bills_nothing_twice(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", "F1")])
    with pytest.raises(Refusal, match="no interest to claim"):
        bill_interest(act("FABRE", "2026-05-15"), [item("FABRE", "F1")])


def test_interest_fees_and_charges_bear_no_interest(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    bill_interest(act("FABRE", "2026-04-30"), [item("FABRE", "F1")])
    assert set(interest("FABRE", "2026-06-15")) == {"F1"}


def test_a_debit_note_taken_back_leaves_its_interest_claimable(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    note = bill_interest(act("FABRE", "2026-04-30"), [item("FABRE", "F1")])
    correct_item(act("FABRE", "2026-04-30", "sent to the wrong office"), note.ids[0])
    assert claimable("FABRE", "F1", "2026-04-30") == 1198
    bill_interest(act("FABRE", "2026-04-30"), [item("FABRE", "F1")])
    assert open_amounts("FABRE", "2026-04-30") == {"F1": 120000, "INT-F1-2026-04-30-1": 1198}
    assert_laws_hold()


def test_waiving_says_who_and_why_and_later_days_run_on(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    with pytest.raises(Refusal, match="say why"):
        waive_interest(act("FABRE", "2026-04-30"), [item("FABRE", "F1")])
    waive_interest(act("FABRE", "2026-04-30", "our own mistake"), [item("FABRE", "F1")])
    assert claimable("FABRE", "F1", "2026-04-30") == 0
    entry = interest("FABRE", "2026-06-15")["F1"]
    assert (entry.waived_minor, entry.claimable_minor) == (1198, 1838)
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor, reason FROM ledger_posting WHERE kind = 'interest_waived'")
        assert cursor.fetchall() == [("carole", "our own mistake")]
    assert_laws_hold()


def test_a_payment_that_came_back_never_paid(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    paid = receive("FABRE", "P1", 120000, "2026-04-30")
    assert claimable("FABRE", "F1", "2026-05-31") == 1198
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-05-31"), "AM04", "test")
    assert claimable("FABRE", "F1", "2026-05-30") == 1198, "as it was known that day"
    assert claimable("FABRE", "F1", "2026-06-15") == 3036


def test_a_payment_before_the_due_date_that_bounced_leaves_interest_from_the_due_date(office: Office) -> None:
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    paid = receive("FABRE", "P1", 100000, "2026-01-30")
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-03-31"), "AM04", "test")
    assert claimable("FABRE", "F1", "2026-04-30") == 2963
    assert interest("FABRE", "2026-03-30") == {}


def test_a_small_difference_given_up_for_a_payment_that_bounced_was_owed_all_the_time(office: Office) -> None:
    set_policy(small_difference_minor=500)
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    paid = receive("FABRE", "P1", 99500, "2026-01-30")
    assert open_amounts("FABRE", "2026-01-30") == {}
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-03-31"), "AM04", "test")
    assert claimable("FABRE", "F1", "2026-04-30") == 2963


def test_what_the_policy_waived_is_claimable_again_when_the_payment_comes_back(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.WAIVE)
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    receive("FABRE", "P1", 40000, "2026-02-15")
    paid = receive("FABRE", "P2", 60000, "2026-03-31")
    assert claimable("FABRE", "F1", "2026-03-31") == 0
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-04-10"), "AM04", "test")
    assert claimable("FABRE", "F1", "2026-04-09") == 0
    entry = interest("FABRE", "2026-04-30")["F1"]
    assert (entry.waived_minor, entry.claimable_minor) == (0, 499 + 1478)
    receive("FABRE", "P3", 60000, "2026-04-30")
    entry = interest("FABRE", "2026-04-30")["F1"]
    assert (entry.waived_minor, entry.claimable_minor) == (499 + 1478, 0), "and the policy waives it with the next one"
    assert_laws_hold()


def test_what_a_person_waived_stays_waived_when_a_payment_comes_back(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    paid = receive("FABRE", "P1", 120000, "2026-04-30")
    waive_interest(act("FABRE", "2026-05-10", "goodwill"), [item("FABRE", "F1")])
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-05-31"), "AM04", "test")
    assert (interest("FABRE", "2026-06-15")["F1"].waived_minor, claimable("FABRE", "F1", "2026-06-15")) == (1198, 1838)


def test_a_credited_part_was_never_owed_and_what_was_billed_on_it_is_told(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", "F1")])
    office.bring("credits", {"account": "FABRE", "number": "C1", "issued_on": "2026-04-01", "amount": "1000.00",
                             "invoice": "F1", "reason": "line fault"})  # fmt: skip
    entry = interest("FABRE", "2026-06-20")["F1"]
    assert (entry.accrued_minor, entry.billed_minor, entry.claimable_minor) == (539, 3036, 0)
    assert entry.overbilled_minor == 3036 - 539
    assert_laws_hold()


def test_a_wholly_credited_invoice_bears_no_interest(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    assert claimable("FABRE", "F1", "2026-06-15") == 3036
    office.bring("credits", {"account": "FABRE", "number": "C1", "issued_on": "2026-06-15", "amount": "1200.00",
                             "invoice": "F1", "reason": "never delivered"})  # fmt: skip
    assert interest("FABRE", "2026-06-16") == {}
    with pytest.raises(Refusal, match="no interest to claim"):
        bill_interest(act("FABRE", "2026-06-16"), [item("FABRE", "F1")])


def test_a_credit_note_for_another_invoice_pays_like_money(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    office.bill("FABRE", "F2", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P2", 120000, "2026-03-31", "F2")
    office.bring("credits", {"account": "FABRE", "number": "C1", "issued_on": "2026-06-15", "amount": "1200.00",
                             "invoice": "F2", "reason": "never delivered"})  # fmt: skip
    assert open_amounts("FABRE", "2026-06-15") == {}
    assert claimable("FABRE", "F1", "2026-06-20") == 3036


@pytest.mark.parametrize("paid_on", ["2026-03-31", "2026-04-01"])
def test_a_payment_found_late_shows_what_was_billed_too_much(office: Office, paid_on: str) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", "F1")])
    assert interest("FABRE", "2026-06-20")["F1"].overbilled_minor == 0
    receive("FABRE", "P1", 120000, paid_on, "F1")
    accrued = 0 if paid_on == "2026-03-31" else 40
    assert interest("FABRE", "2026-06-20")["F1"].overbilled_minor == 3036 - accrued


def test_what_was_written_off_bears_no_more_interest(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    asked = request_write_off(act("FABRE", "2026-06-15", "gone"), [item("FABRE", "F1")], recovers_vat=False)
    assert claimable("FABRE", "F1", "2026-06-15") == 3036
    approve_request(Act(the(FABRE).id, day("2026-06-15"), "david", "agreed"), asked.ids[0])
    entry = interest("FABRE", "2026-06-16")["F1"]
    assert entry.claimable_minor == 0
    assert "written off" in entry.refusal
    for decide in (bill_interest, waive_interest):
        with pytest.raises(Refusal, match="written off"):
            decide(act("FABRE", "2026-06-16", "why"), [item("FABRE", "F1")])
    assert claimable("FABRE", "F1", "2026-06-14") == 3036 - 40, "as it was before"


def test_a_contract_rate_is_raised_to_the_floor_of_each_half_year(office: Office) -> None:
    set_policy(contract_percent=Decimal(8))
    office.bill("FABRE", "F1", "10000.00", "2025-07-01", "2025-07-31")
    assert claimable("FABRE", "F1", "2025-12-31") == 34708
    assert claimable("FABRE", "F1", "2026-01-31") == 34708 + 6795, "8 % is enough where the floor is 7.86 %"


def test_a_mistaken_invoice_never_bore_interest(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    correct_item(act("FABRE", "2026-06-15", "billed twice"), item("FABRE", "F1"))
    assert interest("FABRE", "2026-06-20") == {}


def test_interest_runs_from_the_postponed_due_date(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    postpone(act("FABRE", "2026-03-20", "agreed by phone"), item("FABRE", "F1"), day("2026-05-31"))
    assert interest("FABRE", "2026-05-31") == {}
    assert claimable("FABRE", "F1", "2026-06-15") == 599


def test_postponing_a_late_invoice_keeps_what_has_accrued(office: Office) -> None:
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    postpone(act("FABRE", "2026-05-01", "agreed by phone"), item("FABRE", "F1"), day("2026-06-15"))
    assert claimable("FABRE", "F1", "2026-05-01") == 2996
    assert claimable("FABRE", "F1", "2026-06-15") == 2996, "none while it is granted"
    assert queries.undecided_items(the(FABRE).id, day("2026-05-02")).rows == [item("FABRE", "F1")]
    assert claimable("FABRE", "F1", "2026-06-25") == 2996 + 333
    postpone(act("FABRE", "2026-06-25", "no more of it"), item("FABRE", "F1"), day("2026-01-31"))
    assert claimable("FABRE", "F1", "2026-06-30") == 2996 + 499, "what was granted stays granted"
    bill_interest(act("FABRE", "2026-06-30"), [item("FABRE", "F1")])
    assert_laws_hold()


def test_an_instalment_bears_interest_from_its_own_due_date(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    parts = [(day("2026-05-31"), 60000), (day("2026-06-30"), 60000)]
    split(act("FABRE", "2026-04-30", "plan agreed"), item("FABRE", "F1"), parts)
    found = interest("FABRE", "2026-06-15")
    assert {number: entry.claimable_minor for number, entry in found.items()} == {"F1": 1198, "F1/1": 300}


def test_the_disputed_part_is_not_claimable_until_it_is_answered(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    doubt = exclude(
        act("FABRE", "2026-05-01", "wrong price"), item("FABRE", "F1"), ExclusionKind.DISPUTED, 40000, "D-1"
    )
    entry = interest("FABRE", "2026-06-15")["F1"]
    assert (entry.accrued_minor, entry.disputed_minor, entry.claimable_minor) == (3036, 1012, 2024)
    lift_exclusion(act("FABRE", "2026-06-16", "answered"), doubt.ids[0])
    assert interest("FABRE", "2026-06-16")["F1"].disputed_minor == 0
    assert claimable("FABRE", "F1", "2026-06-15") == 2024, "as it was that day"


def test_by_default_interest_is_kept_when_the_principal_is_paid(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P1", 120000, "2026-06-15")
    assert open_amounts("FABRE", "2026-06-15") == {}
    assert claimable("FABRE", "F1", "2026-06-15") == 3036
    bill_interest(act("FABRE", "2026-06-20"), [item("FABRE", "F1")])
    assert open_amounts("FABRE", "2026-06-20") == {"INT-F1-2026-06-20": 3036}
    assert_laws_hold()


def test_a_policy_bills_the_interest_with_the_payment(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P1", 100000, "2026-05-01")
    assert set(open_amounts("FABRE", "2026-05-01")) == {"F1"}, "not before the principal is paid"
    receive("FABRE", "P2", 20000, "2026-06-15")
    assert open_amounts("FABRE", "2026-06-15") == {"INT-F1-2026-06-15": 1238 + 300}
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, actor FROM ledger_posting WHERE kind = 'interest_billed'")
        ((key, actor),) = cursor.fetchall()
    assert key.startswith(f"interest:{item('FABRE', 'F1')}:")
    assert actor == "policy"
    assert_laws_hold()


def test_an_overpayment_pays_the_interest_that_the_policy_bills(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P1", 125000, "2026-06-15")
    assert open_amounts("FABRE", "2026-06-15") == {}
    balance = queries.balances([the(FABRE).id], day("2026-06-15"))[the(FABRE).id][0]
    assert balance.unallocated_minor == 5000 - 3036
    assert_laws_hold()


def test_a_policy_waives_with_its_own_name(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.WAIVE)
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P1", 120000, "2026-06-15")
    entry = interest("FABRE", "2026-06-15")["F1"]
    assert (entry.waived_minor, entry.claimable_minor) == (3036, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor, reason FROM ledger_posting WHERE kind = 'interest_waived'")
        assert cursor.fetchall() == [("policy", "the creditor's policy on interest when an invoice is paid")]
    assert_laws_hold()


def test_a_file_of_payments_follows_the_policy_too(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.BILL)
    for number in ("F1", "F2"):
        office.bill("FABRE", number, "1200.00", "2026-03-01", "2026-03-31")
    office.bring(
        "payments",
        *({"account": "FABRE", "reference": f"P{number}", "amount": "1200.00", "received_on": "2026-06-15",
           "invoice": number} for number in ("F1", "F2")),
    )  # fmt: skip
    assert open_amounts("FABRE", "2026-06-15") == {"INT-F1-2026-06-15": 3036, "INT-F2-2026-06-15": 3036}
    assert_laws_hold()


def test_a_file_of_payments_clears_interest_before_principal_day_by_day(office: Office) -> None:
    """The vector that receipts posted one by one give, and the same for whatever order the file has."""
    set_policy(allocation_order=AllocationOrder.CIVIL_CODE, interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("FABRE", "F1", "1000.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "A1", "10.00", "2026-01-01", "2026-01-31")
    first = {"account": "FABRE", "reference": "P1", "amount": "400.00", "received_on": "2026-02-15"}
    rest = {"account": "FABRE", "reference": "P2", "amount": "613.85", "received_on": "2026-03-31"}
    hers = {"account": "ALICE", "reference": "PA", "amount": "10.00", "received_on": "2026-03-31"}
    office.bring("payments", first)
    assert open_amounts("FABRE", "2026-02-15") == {"F1": 60499}
    office.bring("payments", rest, hers, first)
    assert open_amounts("FABRE", "2026-03-31") == open_amounts("ALICE", "2026-03-31") == {}
    entry = interest("FABRE", "2026-04-30")["F1"]
    assert (entry.accrued_minor, entry.billed_minor, entry.claimable_minor) == (1385, 1385, 0)
    office.bring("accounts", {"number": "GARNIER", "name": "Garnier SA", "kind": "business"})
    office.bill("GARNIER", "G1", "1000.00", "2026-01-01", "2026-01-31")
    office.bring("payments", rest | {"account": "GARNIER"}, first | {"account": "GARNIER"})
    assert open_amounts("GARNIER", "2026-03-31") == {}
    assert interest("GARNIER", "2026-04-30")["G1"].billed_minor == 1385
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT actor FROM ledger_posting WHERE kind = 'interest_billed'")
        assert cursor.fetchall() == [("policy",)]
    assert_laws_hold()


def test_interest_below_the_minimum_is_kept(office: Office) -> None:
    set_policy(interest_on_settlement=InterestOnSettlement.BILL, interest_minimum_minor=3037)
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    receive("FABRE", "P1", 120000, "2026-06-15")
    assert open_amounts("FABRE", "2026-06-15") == {}
    assert claimable("FABRE", "F1", "2026-06-15") == 3036
    with pytest.raises(Refusal, match=r"30\.36 EUR, below the 30\.37"):
        bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", "F1")])


@pytest.mark.parametrize(("documents", "words"), [
    ([], "choose the items"),
    (["F1", "F1"], "named twice"),
    (["F1", "F2"], "F2 has no interest"),
    (["A1"], "no such item"),
    (["F1", "U1"], "several currencies"),
])  # fmt: skip
def test_billing_what_cannot_be_billed_is_refused_whole(office: Office, documents: list[str], words: str) -> None:
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31")
    office.bill("FABRE", "F2", "1200.00", "2026-03-01", "2026-06-30")
    office.bill("FABRE", "U1", "1200.00", "2026-03-01", "2026-03-31", currency="USD")
    office.bill("ALICE", "A1", "1200.00", "2026-03-01", "2026-03-31")
    ids = [item("ALICE" if document == "A1" else "FABRE", document) for document in documents]
    with pytest.raises(Refusal, match=words):
        bill_interest(act("FABRE", "2026-06-15"), ids)
    assert set(open_amounts("FABRE", "2026-06-15")) == {"F1", "F2", "U1"}
    assert_laws_hold()


def test_a_long_number_still_gives_a_debit_note_its_number(office: Office) -> None:
    number = "X" * 60
    office.bill("FABRE", number, "1200.00", "2026-03-01", "2026-03-31")
    bill_interest(act("FABRE", "2026-06-15"), [item("FABRE", number)])
    assert f"INT-{item('FABRE', number)}-2026-06-15" in open_amounts("FABRE", "2026-06-15")


def test_a_consumer_is_asked_for_nothing_by_policy(office: Office) -> None:
    set_policy(allocation_order=AllocationOrder.CIVIL_CODE, interest_on_settlement=InterestOnSettlement.BILL)
    office.bill("ALICE", "A1", "89.97", "2026-03-01", "2026-03-31")
    receive("ALICE", "P1", 9000, "2026-06-15")
    assert queries.balances([the(ALICE).id], day("2026-06-15"))[the(ALICE).id][0].unallocated_minor == 3
