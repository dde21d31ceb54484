"""Late fees, indemnities and return charges: only what the law allows, once each, and none on what is not chased."""

import pytest
from django.db import IntegrityError, connection, transaction

from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import Act, ExclusionKind, OpenItemFacts, Posted
from relance.ledger.services import (
    approve_request,
    correct_item,
    exclude,
    post_indemnity,
    post_late_fee,
    post_return_charge,
    postpone,
    request_write_off,
    reverse_receipt,
)
from tests import bookkeeping
from tests.bookkeeping import assert_laws_hold, day
from tests.cast import ALICE, FABRE, Office, the

TOWN = {"number": "TOWN", "name": "Commune de Valmont", "kind": "public"}


def act(number: str, on: str, key: str = "", reason: str = "") -> Act:
    return bookkeeping.act({"number": number}, on, "carole", reason, key)


def item(number: str, document: str) -> int:
    return bookkeeping.item_id({"number": number}, document)


def receive(number: str, reference: str, minor: int, on: str) -> int:
    return bookkeeping.receive({"number": number}, reference, minor, on, method="direct_debit")


def the_item(number: str, made: Posted, on: str) -> OpenItemFacts:
    (found,) = (i for i in queries.open_items(act(number, on).account_id, day(on)) if i.id == made.ids[0])
    return found


def entries_of(source_id: int) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT debit, credit, amount_minor FROM ledger_entry WHERE source_id = %s", [source_id])
        return cursor.fetchall()


@pytest.fixture
def late(office: Office) -> Office:
    """Fabre and Alice each owe an invoice since the end of March."""
    office.bill("FABRE", "F1", "1200.00", "2026-03-01", "2026-03-31", tax_amount="200.00")
    office.bill("ALICE", "A1", "89.97", "2026-03-01", "2026-03-31")
    return office


def test_a_late_fee_is_an_item_due_the_day_it_is_born(late: Office) -> None:
    posted = post_late_fee(act("FABRE", "2026-04-10", key="stage:7"), item("FABRE", "F1"), 1000)
    fee = the_item("FABRE", posted, "2026-04-10")
    assert (fee.kind, fee.number, fee.born_on, fee.due_on) == (
        "late_fee",
        "FEE-F1",
        day("2026-04-10"),
        day("2026-04-10"),
    )
    assert (fee.amount_minor, fee.tax_minor, fee.nature, fee.origin_id) == (1000, 0, "service", item("FABRE", "F1"))
    assert entries_of(fee.id) == [("411", "75881", 1000)]
    assert not fee.is_overdue(day("2026-04-10"))
    assert fee.is_overdue(day("2026-04-11"))
    again = post_late_fee(act("FABRE", "2026-04-10", key="stage:7"), item("FABRE", "F1"), 1000)
    assert (again.created, again.ids) == (False, posted.ids)
    with pytest.raises(Refusal, match="used on this account for something else"):
        post_late_fee(act("FABRE", "2026-04-10", key="stage:7"), item("FABRE", "F1"), 1100)
    with pytest.raises(Refusal, match="has its late fee already"):
        post_late_fee(act("FABRE", "2026-04-20", key="stage:14"), item("FABRE", "F1"), 1000)
    assert_laws_hold()


def test_a_late_fee_taken_back_may_be_charged_anew(late: Office) -> None:
    first = post_late_fee(act("FABRE", "2026-04-10"), item("FABRE", "F1"), 1000)
    correct_item(act("FABRE", "2026-04-11", reason="wrong amount"), first.ids[0])
    second = post_late_fee(act("FABRE", "2026-04-12"), item("FABRE", "F1"), 800)
    assert the_item("FABRE", second, "2026-04-12").number == "FEE-F1-1"
    assert_laws_hold()


def test_the_indemnity_is_40_euros_once_per_invoice(late: Office) -> None:
    posted = post_indemnity(act("FABRE", "2026-04-01"), item("FABRE", "F1"))
    charge = the_item("FABRE", posted, "2026-04-01")
    assert (charge.number, charge.amount_minor) == ("IND-F1", 4000)
    assert entries_of(charge.id) == [("411", "75882", 4000)]
    with pytest.raises(Refusal, match="has its indemnity already"):
        post_indemnity(act("FABRE", "2026-05-01"), item("FABRE", "F1"))
    correct_item(act("FABRE", "2026-05-02", reason="goodwill"), posted.ids[0])
    with pytest.raises(Refusal, match="has its indemnity already"):
        post_indemnity(act("FABRE", "2026-05-03"), item("FABRE", "F1"))
    with pytest.raises(IntegrityError, match="indemnity_once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, amount_minor, tax_minor, "
            "open_minor, origin_id, document_url) SELECT account_id, kind, 'IND-2', nature, currency, born_on, "
            "amount_minor, tax_minor, open_minor, origin_id, document_url FROM ledger_openitem WHERE number = 'IND-F1'"
        )
    assert_laws_hold()


def test_the_indemnity_is_due_on_an_invoice_that_was_paid_late(late: Office) -> None:
    receive("FABRE", "P1", 120000, "2026-04-01")
    assert the_item("FABRE", post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1")), "2026-04-20")
    assert_laws_hold()


def test_no_indemnity_for_an_invoice_paid_on_its_due_date(late: Office) -> None:
    receive("FABRE", "P1", 120000, "2026-03-31")
    with pytest.raises(Refusal, match="nothing_owed"):
        post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1"))


def test_a_payment_that_came_back_makes_the_invoice_late_after_all(late: Office) -> None:
    credit_id = receive("FABRE", "P1", 120000, "2026-03-31")
    reverse_receipt(the(FABRE).id, credit_id, day("2026-04-05"), "AM04", "test")
    assert post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1")).created


@pytest.mark.parametrize("on", ["2026-03-30", "2026-03-31"])
def test_nothing_is_charged_before_the_day_after_the_due_date(late: Office, on: str) -> None:
    for charge in (lambda: post_indemnity(act("FABRE", on), item("FABRE", "F1")),
                   lambda: post_late_fee(act("FABRE", on), item("FABRE", "F1"), 1000)):  # fmt: skip
        with pytest.raises(Refusal, match="is due on 2026-03-31, so it is not overdue"):
            charge()


def test_b2c_no_fee_no_40(late: Office) -> None:
    """French consumers: neither fee, nor indemnity, nor the bank's fee; the refusal carries the rule and the source."""
    credit_id = receive("ALICE", "P1", 8997, "2026-04-02")
    reverse_receipt(the(ALICE).id, credit_id, day("2026-04-05"), "AM04", "test")
    for charge in (lambda: post_late_fee(act("ALICE", "2026-04-10"), item("ALICE", "A1"), 1000),
                   lambda: post_indemnity(act("ALICE", "2026-04-10"), item("ALICE", "A1")),
                   lambda: post_return_charge(act("ALICE", "2026-04-10"), credit_id, 1000)):  # fmt: skip
        with pytest.raises(Refusal, match=r"L111-8"):
            charge()
    assert {i.kind for i in queries.open_items(the(ALICE).id, day("2026-04-10"))} == {"invoice"}


def test_a_public_buyer_owes_the_indemnity_and_no_fee(office: Office) -> None:
    office.bring("accounts", TOWN)
    office.bill("TOWN", "T1", "500.00", "2026-03-01", "2026-03-31")
    assert post_indemnity(act("TOWN", "2026-04-10"), item("TOWN", "T1")).created
    with pytest.raises(Refusal, match=r"fr\.public_statutory_only"):
        post_late_fee(act("TOWN", "2026-04-10"), item("TOWN", "T1"), 1000)


def test_a_returned_debit_is_charged_once_after_its_reversal(late: Office) -> None:
    credit_id = receive("FABRE", "P1", 120000, "2026-04-02")
    with pytest.raises(Refusal, match="has not come back by 2026-04-10"):
        post_return_charge(act("FABRE", "2026-04-10"), credit_id, 1500)
    reverse_receipt(the(FABRE).id, credit_id, day("2026-04-08"), "AM04", "test")
    with pytest.raises(Refusal, match="has not come back by 2026-04-07"):
        post_return_charge(act("FABRE", "2026-04-07"), credit_id, 1500)
    posted = post_return_charge(act("FABRE", "2026-04-10"), credit_id, 1500)
    charge = the_item("FABRE", posted, "2026-04-10")
    assert (charge.kind, charge.number, charge.amount_minor, charge.origin_id) == (
        "return_charge",
        "RET-P1",
        1500,
        credit_id,
    )
    assert entries_of(charge.id) == [("411", "7085", 1500)]
    with pytest.raises(Refusal, match="has its charge already"):
        post_return_charge(act("FABRE", "2026-04-11"), credit_id, 1500)
    with pytest.raises(Refusal, match="no such receipt"):
        post_return_charge(act("ALICE", "2026-04-11"), credit_id, 1500)
    assert_laws_hold()


def test_credit_that_waits_pays_a_charge_at_once(late: Office) -> None:
    receive("FABRE", "P1", 130000, "2026-04-01")
    post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1"))
    balance = queries.balances([the(FABRE).id], day("2026-04-20"))[the(FABRE).id][0]
    assert (balance.open_minor, balance.unallocated_minor) == (0, 6000)
    assert_laws_hold()


def test_what_is_not_chased_bears_no_fee(late: Office) -> None:
    invoice = item("FABRE", "F1")
    exclude(act("FABRE", "2026-04-05", reason="wrong price"), invoice, ExclusionKind.DISPUTED, None, "D-1")
    with pytest.raises(Refusal, match="nothing of F1 is chased"):
        post_late_fee(act("FABRE", "2026-04-10"), invoice, 1000)
    with pytest.raises(Refusal, match="disputed whole"):
        post_indemnity(act("FABRE", "2026-04-10"), invoice)


def test_no_indemnity_while_the_whole_payment_is_on_its_way(late: Office) -> None:
    invoice = item("FABRE", "F1")
    exclude(act("FABRE", "2026-04-05", reason="debit"), invoice, ExclusionKind.DISPUTED, 20000, "D-1")
    exclude(act("FABRE", "2026-04-05", reason="debit"), invoice, ExclusionKind.IN_FLIGHT, 99999, "DD-1")
    assert post_indemnity(act("FABRE", "2026-04-10", key="a"), invoice).created, "a cent of it is neither"
    late.bill("FABRE", "F2", "1200.00", "2026-03-01", "2026-03-31")
    exclude(act("FABRE", "2026-04-05", reason="debit"), item("FABRE", "F2"), ExclusionKind.IN_FLIGHT, None, "DD-2")
    with pytest.raises(Refusal, match="the payment of F2 is on its way"):
        post_indemnity(act("FABRE", "2026-04-10"), item("FABRE", "F2"))


def test_an_invoice_written_off_bears_no_more_charge(late: Office) -> None:
    invoice = item("FABRE", "F1")
    asked = request_write_off(act("FABRE", "2026-04-05", reason="gone"), [invoice], recovers_vat=False)
    approve_request(Act(the(FABRE).id, day("2026-04-05"), "david", "agreed"), asked.ids[0])
    for charge in (lambda: post_indemnity(act("FABRE", "2026-04-10"), invoice),
                   lambda: post_late_fee(act("FABRE", "2026-04-10"), invoice, 1000)):  # fmt: skip
        with pytest.raises(Refusal, match="F1 was written off"):
            charge()


def test_an_invoice_corrected_away_bears_no_charge(late: Office) -> None:
    invoice = item("FABRE", "F1")
    correct_item(act("FABRE", "2026-04-05", reason="billed twice"), invoice)
    for charge in (lambda: post_indemnity(act("FABRE", "2026-04-10"), invoice),
                   lambda: post_late_fee(act("FABRE", "2026-04-10"), invoice, 1000)):  # fmt: skip
        with pytest.raises(Refusal, match="F1 was corrected away"):
            charge()


def test_an_invoice_credited_whole_after_its_due_date_was_never_late(late: Office) -> None:
    late.bring("credits", {"account": "FABRE", "number": "C1", "issued_on": "2026-04-10", "amount": "1200.00",
                           "invoice": "F1", "reason": "never delivered"})  # fmt: skip
    with pytest.raises(Refusal, match="nothing_owed"):
        post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1"))
    with pytest.raises(Refusal, match="nothing of F1 is chased"):
        post_late_fee(act("FABRE", "2026-04-20"), item("FABRE", "F1"), 1000)


def test_the_indemnity_earned_before_a_postponement_stays_chargeable(late: Office) -> None:
    invoice = item("FABRE", "F1")
    postpone(act("FABRE", "2026-04-10", reason="agreed"), invoice, day("2026-05-31"))
    with pytest.raises(Refusal, match="is due on 2026-05-31"):
        post_late_fee(act("FABRE", "2026-04-20"), invoice, 1000)
    assert post_indemnity(act("FABRE", "2026-04-20"), invoice).created


def test_a_postponement_in_time_earns_no_indemnity(late: Office) -> None:
    postpone(act("FABRE", "2026-03-20", reason="agreed"), item("FABRE", "F1"), day("2026-05-31"))
    with pytest.raises(Refusal, match="is due on 2026-05-31"):
        post_indemnity(act("FABRE", "2026-04-20"), item("FABRE", "F1"))
    assert post_indemnity(act("FABRE", "2026-06-01"), item("FABRE", "F1")).created


def test_a_time_barred_invoice_bears_no_charge(office: Office) -> None:
    office.bill("FABRE", "F1", "1200.00", "2025-10-11", "2025-11-10")
    assert post_late_fee(act("FABRE", "2026-11-10"), item("FABRE", "F1"), 1000).created, "its last day"
    with pytest.raises(Refusal, match="time-barred since 2026-11-10"):
        post_indemnity(act("FABRE", "2026-11-11"), item("FABRE", "F1"))


@pytest.mark.parametrize(("document", "amount", "currency", "words"), [
    ("F1", 0, "", "above zero"),
    ("F1", -5, "", "above zero"),
    ("F1", 1000, "USD", "is in EUR"),
    ("N1", 1000, "", "has no due date"),
    ("IND-F1", 1000, "", "is not an invoice"),
])  # fmt: skip
def test_a_late_fee_that_makes_no_sense_is_refused(
    late: Office, document: str, amount: int, currency: str, words: str
) -> None:
    late.bill("FABRE", "N1", "10.00", "2026-03-01", "2026-03-31")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_openitem DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_openitem SET due_on = NULL WHERE number = 'N1'")
    post_indemnity(act("FABRE", "2026-04-01"), item("FABRE", "F1"))
    with pytest.raises(Refusal, match=words):
        post_late_fee(act("FABRE", "2026-04-10"), item("FABRE", document), amount, currency)
    assert_laws_hold()


def test_an_item_of_somebody_else_is_refused(late: Office) -> None:
    for charge in (lambda: post_late_fee(act("FABRE", "2026-04-10"), item("ALICE", "A1"), 1000),
                   lambda: post_indemnity(act("FABRE", "2026-04-10"), item("ALICE", "A1"))):  # fmt: skip
        with pytest.raises(Refusal, match="no such item on this account"):
            charge()


def test_an_amount_of_the_law_is_not_charged_in_another_currency(late: Office) -> None:
    late.bill("FABRE", "U1", "10.00", "2026-03-01", "2026-03-31", currency="USD")
    with pytest.raises(Refusal, match="other_currency"):
        post_indemnity(act("FABRE", "2026-04-10"), item("FABRE", "U1"))


def test_a_country_without_pack_charges_nothing(late: Office) -> None:
    late.bring("creditors", {"code": "es", "name": "Telco ES", "country": "ES", "currency": "EUR"})
    late.bring("accounts", {"number": "GARCIA", "name": "García", "kind": "business", "creditor": "es"})
    late.bill("GARCIA", "G1", "10.00", "2026-03-01", "2026-03-31")
    with pytest.raises(Refusal, match="no country pack for 'ES'"):
        post_late_fee(act("GARCIA", "2026-04-10"), item("GARCIA", "G1"), 1000)


def test_a_long_number_still_gives_a_charge_its_number(office: Office) -> None:
    number = "X" * 60
    office.bill("FABRE", number, "10.00", "2026-03-01", "2026-03-31")
    posted = post_indemnity(act("FABRE", "2026-04-10"), item("FABRE", number))
    assert the_item("FABRE", posted, "2026-04-10").number == f"IND-{item('FABRE', number)}"
