"""Acts on an account's money from the desk: each done once, audited, told on the timeline, refused in words; warnings
confirmed first; and the account page that shows their effects.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.test import Client

from relance.ledger.facts import Act, ExclusionKind, ReceiptOrder
from relance.ledger.queries import (
    allocations_of,
    balances,
    claimable_interest,
    credits_of,
    doubtful_items,
    exclusions_of,
    items_of,
    open_items,
    requests_of,
)  # fmt: skip
from relance.ledger.services import exclude, post_receipt, reverse_receipt
from relance.staff.facts import Permission, Role
from relance.staff.queries import audit_rows
from tests.cast import FABRE, Office, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import queries_of, text_of


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.FINANCE, "en").client


def item_id(account_id: int, number: str) -> int:
    (found,) = (item.id for item in open_items(account_id, TODAY) if item.number == number)
    return found


def opened(account_id: int) -> dict[str, int]:
    """What is open, by number."""
    return {item.number: item.open_minor for item in open_items(account_id, TODAY)}


@dataclass(frozen=True)
class Case:
    """An act on B-1 (45.50, overdue): where, what is typed, and what audit and timeline say of it."""

    place: str
    verb: str
    story: str
    data: dict[str, str] = field(default_factory=dict)


CASES = [
    Case("credit-note", "credit_note_posted", "Credit note AV-9 of €10.00",
         {"amount": "10.00", "number": "AV-9", "currency": "EUR"}),
    Case("postpone", "item_postponed", "B-1 postponed to 30 Apr 2025", {"due_on": "2025-04-30"}),
    Case("dispute", "item_disputed", "€5.50 of B-1 is disputed", {"amount": "5.50", "reference": "T-77"}),
    Case("doubtful", "marked_doubtful", "An item was marked as doubtful"),
    Case("limitation", "limitation_interrupted", "Limitation starts anew: B-1",
         {"kind": "acknowledgement", "occurred_on": "2025-03-19"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.place for case in CASES])
def test_an_act_is_done_once_audited_and_told(account_id: int, client: Client, case: Case) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/{case.place}/"
    page = client.get(address)
    assert page.status_code == 200 and re.search(r'name="key" value="\w{24}"', page.content.decode())
    sent = case.data | {"reason": "agreed on the phone", "key": "k1"}
    assert client.post(address, sent | {"reason": " "}).status_code == 422
    assert client.post(address, sent | {"key": ""}).status_code == 422
    assert client.post(address, sent).status_code == 302
    twice = text_of(client.post(address, sent, follow=True).content)
    assert "This form was sent before" in twice
    assert [row.verb for row in audit_rows().rows].count(case.verb) == 1
    row = next(row for row in audit_rows().rows if row.verb == case.verb)
    assert (row.subject, row.actor, row.details["reason"]) == ("BRUNO", "the-finance", "agreed on the phone")
    timeline = text_of(client.get(f"/accounts/{account_id}/timeline/?family=money").content)
    assert case.story in timeline and "agreed on the phone" in timeline


def test_a_credit_note_larger_than_its_invoice_is_said_and_confirmed(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/credit-note/"
    sent = {"amount": "60.00", "number": "AV-1", "currency": "EUR", "reason": "goodwill", "key": "k1"}
    preview = client.post(address, {"amount": "60.00", "currency": "EUR", "preview": "yes", "reason": ""})
    assert "B-1 is settled (€45.50)." in text_of(preview.content)
    assert "the remaining €14.50 stays on the account" in text_of(preview.content)
    asked = client.post(address, sent)
    assert asked.status_code == 422 and opened(account_id)["B-1"] == 4550
    mark = re.search(r'name="confirmed" value="(\w+)"', asked.content.decode())
    assert mark is not None
    assert client.post(address, sent | {"amount": "70.00", "confirmed": mark.group(1)}).status_code == 422, (
        "other words"
    )
    assert client.post(address, sent | {"confirmed": mark.group(1)}).status_code == 302
    assert opened(account_id) == {"B-2": 550}, "the rest went on by policy"


def test_a_free_credit_note_names_an_invoice_or_none(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/credit-note/"
    sent = {"amount": "5.00", "number": "AV-1", "currency": "EUR", "reason": "goodwill", "key": "k1"}
    assert client.post(address, sent | {"item": "B-2"}).status_code == 302
    assert opened(account_id) == {"B-1": 4550, "B-2": 1500}
    assert client.post(address, sent | {"item": "", "number": "AV-2", "key": "k2"}).status_code == 302
    assert opened(account_id)["B-1"] == 4050
    clash = client.post(address, sent | {"item": "", "key": "k3", "amount": "6.00"})
    assert clash.status_code == 422 and "already posted" in text_of(clash.content)


def test_a_correction_is_confirmed_and_takes_the_item_back(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/correct/"
    page = client.get(address).content
    assert "B-1 of €45.50 is taken back whole" in text_of(page)
    mark = re.search(r'name="confirmed" value="(\w+)"', page.decode())
    assert mark is not None
    sent = {"reason": "billed twice", "key": "k1"}
    assert client.post(address, sent).status_code == 422
    assert client.post(address, sent | {"confirmed": mark.group(1)}).status_code == 302
    assert opened(account_id) == {"B-2": 2000}
    again = client.post(address, sent | {"confirmed": mark.group(1), "key": "k2"})
    assert again.status_code == 422


def test_instalments_are_filled_in_summed_and_made(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/split/"
    rows = client.post(address, {"fill": "yes", "count": "3", "first_on": "2025-03-31"}, headers={"HX-Request": "true"})
    days = re.findall(r'name="part_on" value="([\d-]+)"', rows.content.decode())
    parts = re.findall(r'name="part_amount" value="([\d.]+)"', rows.content.decode())
    assert days == ["2025-03-31", "2025-04-30", "2025-05-31"] and parts == ["15.16", "15.16", "15.18"]
    whole = client.post(address, {"fill": "yes", "count": "2", "first_on": "2025-03-31"})
    assert whole.status_code == 200 and "22.75" in whole.content.decode(), "without script"
    sent: dict[str, object] = {"part_on": [*days, ""], "part_amount": [*parts, ""], "key": "k1", "reason": "agreed"}
    preview = client.post(address, sent | {"preview": "yes", "reason": ""})
    assert "3 instalments, €45.50 in all: exactly what is open." in text_of(preview.content)
    short = sent | {"part_amount": ["1.00", *parts[1:], ""]}
    assert "€14.16 is missing" in text_of(client.post(address, short | {"preview": "yes"}).content)
    assert client.post(address, short).status_code == 422
    dateless = sent | {"part_on": ["", *days[1:], ""]}
    assert "Instalment 1 needs a due date" in text_of(client.post(address, dateless).content)
    assert client.post(address, sent).status_code == 302
    assert opened(account_id) == {"B-1/1": 1516, "B-1/2": 1516, "B-1/3": 1518, "B-2": 2000}
    assert "B-1 split into instalments: €45.50" in text_of(client.get(f"/accounts/{account_id}/").content)


def test_a_dispute_is_shown_left_out_and_lifted(account_id: int, client: Client) -> None:
    b_1 = item_id(account_id, "B-1")
    sent = {"amount": "5.50", "reference": "", "reason": "wrong price", "key": "k1"}
    client.post(f"/accounts/{account_id}/items/{b_1}/dispute/", sent)
    (found,) = exclusions_of(account_id, TODAY)
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "Disputed" in page and "€40.00 chased" in page and "Not chased €5.50" in page
    item = client.get(f"/accounts/{account_id}/items/{b_1}/").content.decode()
    address = f"/accounts/{account_id}/exclusions/{found.id}/lift/"
    assert address in item and "desk:k1" not in item
    too_much = client.post(f"/accounts/{account_id}/items/{b_1}/dispute/", sent | {"amount": "41.00", "key": "k2"})
    assert too_much.status_code == 422 and "lower the amount" in text_of(too_much.content)
    assert client.post(address, {"reason": "price was right", "key": "k3"}).status_code == 302
    assert exclusions_of(account_id, TODAY) == []
    assert client.get(address).status_code == 404
    assert audit_rows().rows[0].verb == "exclusion_lifted"


def test_a_time_barred_exclusion_is_not_lifted_by_hand(account_id: int, client: Client) -> None:
    assert client.get(f"/accounts/{account_id}/exclusions/1/lift/").status_code == 404


def test_the_doubtful_mark_comes_and_goes(account_id: int, client: Client) -> None:
    b_1 = item_id(account_id, "B-1")
    client.post(f"/accounts/{account_id}/items/{b_1}/doubtful/", {"reason": "insolvent", "key": "k1"})
    assert doubtful_items(account_id) == {b_1}
    page = client.get(f"/accounts/{account_id}/").content
    assert "Doubtful" in text_of(page) and f"items/{b_1}/not-doubtful/" in page.decode()
    client.post(f"/accounts/{account_id}/items/{b_1}/not-doubtful/", {"reason": "paid a part", "key": "k2"})
    assert doubtful_items(account_id) == frozenset()
    assert "An item is no longer doubtful" in text_of(client.get(f"/accounts/{account_id}/").content)


def test_a_postponed_due_date_strikes_the_old_one(account_id: int, client: Client) -> None:
    b_1 = item_id(account_id, "B-1")
    sent = {"due_on": "2025-04-30", "reason": "agreed", "key": "k1"}
    client.post(f"/accounts/{account_id}/items/{b_1}/postpone/", sent)
    page = client.get(f"/accounts/{account_id}/").content.decode()
    assert re.search(r"<s[^>]*>12 Mar 2025</s><br>30 Apr 2025", page)
    past = client.post(f"/accounts/{account_id}/items/{b_1}/postpone/", sent | {"due_on": "2025-03-01", "key": "k2"})
    assert past.status_code == 422


@pytest.fixture
def business(portfolio: None, tmp_path: Path) -> int:
    """Fabre with an invoice that is late: a business owes interest, the indemnity and, by contract, fees."""
    Office(tmp_path).bill("FABRE", "F-0", "1000.00", "2024-10-01", "2024-10-31")
    return the(FABRE).id


def test_charges_follow_the_law_and_come_once(business: int, account_id: int, client: Client) -> None:
    f_0 = item_id(business, "F-0")
    address = f"/accounts/{business}/items/{f_0}/indemnity/"
    assert client.post(address, {"reason": "late since October", "key": "k1"}).status_code == 302
    assert opened(business)["IND-F-0"] == 4000
    second = client.post(address, {"reason": "again", "key": "k2"})
    assert second.status_code == 422 and "indemnity already" in text_of(second.content)
    consumer = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/indemnity/"
    refused = client.post(consumer, {"reason": "late", "key": "k1"})
    assert refused.status_code == 422 and "form-error" in refused.content.decode()
    fee = client.post(f"/accounts/{business}/items/{f_0}/late-fee/", {"amount": "x", "reason": "late", "key": "k9"})
    assert fee.status_code == 422 and "cannot be read" in text_of(fee.content)


def test_a_refusal_of_the_law_speaks_french(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    reader = sign_in(Role.FINANCE, "fr").client
    b_1 = item_id(account_id, "B-1")
    answer = reader.post(f"/accounts/{account_id}/items/{b_1}/indemnity/", {"reason": "retard", "key": "k1"})
    assert answer.status_code == 422
    shown = re.search(r'class="form-error"[^>]*>(.*?)</p>', answer.content.decode(), re.DOTALL)
    assert shown is not None and re.search(r"consommateur|particulier", shown.group(1))


def test_interest_is_shown_billed_and_waived(business: int, client: Client) -> None:
    (entry,) = claimable_interest(business, TODAY)
    assert entry.claimable_minor > 0
    page = text_of(client.get(f"/accounts/{business}/").content)
    assert "Claimable interest" in page
    address = f"/accounts/{business}/interest/"
    sent = {"items": str(entry.item_id), "decision": "waive", "reason": "good customer", "key": "k1"}
    asked = client.post(address, sent)
    assert asked.status_code == 422 and "given up for good" in text_of(asked.content)
    bill = client.post(address, sent | {"decision": "bill"})
    assert bill.status_code == 302
    assert any(item.kind == "interest" for item in open_items(business, TODAY))
    assert audit_rows().rows[0].verb == "interest_billed"
    again = client.post(address, sent | {"decision": "bill"}, follow=True)
    assert "This form was sent before" in text_of(again.content), "though nothing is left to choose"
    assert "No interest can be claimed today." in text_of(client.get(address).content)
    assert client.post(address, sent | {"key": "k2"}).status_code == 422, "nothing is left to waive"


def test_the_account_says_what_was_billed_too_much(business: int, client: Client) -> None:
    f_0 = item_id(business, "F-0")
    client.post(
        f"/accounts/{business}/interest/", {"items": str(f_0), "decision": "bill", "reason": "late", "key": "k1"}
    )
    words = "of interest billed on F-0 is more than has accrued"
    assert words not in text_of(client.get(f"/accounts/{business}/").content)
    post_receipt(ReceiptOrder(business, "P-late", "EUR", 100000, dt.date(2024, 10, 31), "transfer", "F-0"))
    assert words in text_of(client.get(f"/accounts/{business}/").content)
    assert "Billed too much" in text_of(client.get(f"/accounts/{business}/items/{f_0}/").content)


def test_a_write_off_is_asked_for_and_waits(account_id: int, client: Client) -> None:
    b_1 = item_id(account_id, "B-1")
    address = f"/accounts/{account_id}/write-off/"
    assert re.search(rf'value="{b_1}"[^>]*checked', client.get(f"{address}?item={b_1}").content.decode())
    sent = {"items": str(b_1), "reason": "gone away", "key": "k1"}
    told = text_of(client.post(address, sent | {"preview": "yes"}).content)
    assert "€45.50 would be given up, once another person approves." in told
    assert client.post(address, {"reason": "none chosen", "key": "k0"}).status_code == 422
    assert client.post(address, sent).status_code == 302
    (asked,) = requests_of(account_id)
    assert (asked.kind, asked.amount_minor, asked.requested_by) == ("write_off", 4550, "the-finance")
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "Write-off of €45.50, asked for by the-finance on 20 Mar 2025, waits for another person’s approval." in page
    assert "Write-off of €45.50 asked for: B-1" in page
    twice = client.post(address, sent | {"key": "k2"})
    assert twice.status_code == 422 and "asked for already" in text_of(twice.content)
    assert opened(account_id)["B-1"] == 4550


def test_items_of_two_currencies_make_two_requests(account_id: int, client: Client, tmp_path: Path) -> None:
    Office(tmp_path).bill("BRUNO", "US-1", "99.00", "2025-03-01", "2025-03-31", currency="USD")
    chosen = [str(item_id(account_id, number)) for number in ("B-1", "US-1")]
    answer = client.post(f"/accounts/{account_id}/write-off/", {"items": chosen, "reason": "gone", "key": "k1"})
    assert answer.status_code == 422 and "items of one currency" in text_of(answer.content)


def test_a_disputed_item_cannot_be_chosen_for_a_write_off(account_id: int, client: Client) -> None:
    b_1 = item_id(account_id, "B-1")
    exclude(Act(account_id, TODAY, "test", "price"), b_1, ExclusionKind.DISPUTED, 1000, "T-1")
    page = client.get(f"/accounts/{account_id}/write-off/").content.decode()
    assert f'value="{b_1}"' not in page and "B-2" in page


def test_a_refund_goes_to_the_payers_account_only(account_id: int, client: Client) -> None:
    made = post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 8000, TODAY, "transfer"), "test")
    credit = f"/accounts/{account_id}/credits/{made.credit_id}"
    assert client.get(f"{credit}/refund/")["Location"] == f"{credit}/payer/"
    sent = {"iban": "FR76 3000 6000 0112 3456 7890 189", "reason": "statement 3, line 9", "key": "k1"}
    bad = client.post(f"{credit}/payer/", {"iban": "FR76 3000", "reason": "statement", "key": "k1"})
    assert bad.status_code == 422 and "IBAN" in text_of(bad.content)
    assert client.post(f"{credit}/payer/", sent | {"iban": sent["iban"].replace("189", "188")}).status_code == 422
    assert client.post(f"{credit}/payer/", sent).status_code == 302
    shown = text_of(client.get(f"{credit}/").content)
    assert "FR76 •••• 0189" in shown and "3000 6000" not in shown
    assert all("3000" not in str(row.details) for row in audit_rows().rows), "masked in the audit trail"
    assert "3000 6000 0112" in text_of(client.get(f"{credit}/refund/").content)
    too_much = client.post(f"{credit}/refund/", {"amount": "14.51", "reason": "overpaid", "key": "k2"})
    assert too_much.status_code == 422 and "lower the amount" in text_of(too_much.content)
    assert client.post(f"{credit}/refund/", {"amount": "14.50", "reason": "overpaid", "key": "k3"}).status_code == 302
    (asked,) = requests_of(account_id)
    assert (asked.kind, asked.amount_minor) == ("refund", 1450)
    assert "Refund of €14.50 asked for" in text_of(client.get(f"/accounts/{account_id}/").content)


def test_the_return_of_a_payment_may_be_charged_to_a_business(business: int, client: Client) -> None:
    made = post_receipt(ReceiptOrder(business, "CHQ-1", "EUR", 1000, TODAY, "cheque"), "test")
    address = f"/accounts/{business}/credits/{made.credit_id}/return-charge/"
    sent = {"amount": "12.00", "reason": "bank's invoice", "key": "k1"}
    early = client.post(address, sent)
    assert early.status_code == 422, "it has not come back"
    reverse_receipt(business, made.credit_id, TODAY, "unpaid", "test")
    assert "return-charge" in client.get(f"/accounts/{business}/credits/{made.credit_id}/").content.decode()
    assert client.post(address, sent).status_code == 302
    assert opened(business)["RET-CHQ-1"] == 1200


def test_what_is_not_there_is_not_found(account_id: int, client: Client) -> None:
    other = open_items(the(FABRE).id, TODAY)[0].id
    for place in ("", "credit-note/", "correct/", "postpone/", "split/", "dispute/", "doubtful/", "not-doubtful/",
                  "limitation/", "late-fee/", "indemnity/"):  # fmt: skip
        assert client.get(f"/accounts/{account_id}/items/{other}/{place}").status_code == 404, "another account's"
    for place in ("", "refund/", "payer/", "release/", "return-charge/"):
        assert client.get(f"/accounts/{account_id}/credits/999999999/{place}").status_code == 404


def test_the_menu_offers_what_the_role_may_do(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.AGENT, "en").client.get(f"/accounts/{account_id}/").content.decode()
    assert "Record a dispute" not in agent and "Write a credit note" not in agent
    supervisor = sign_in(Role.SUPERVISOR, "en").client.get(f"/accounts/{account_id}/").content.decode()
    assert "Record a dispute" in supervisor and "Correct a mistaken posting" not in supervisor
    finance = sign_in(Role.FINANCE, "en").client.get(f"/accounts/{account_id}/").content.decode()
    assert "Correct a mistaken posting" in finance
    assert finance.count('popovertarget="menu-') == 2, "one for each open item"
    auditor = sign_in(Role.AUDITOR, "en")
    assert auditor.user.may(Permission.SEE_JOURNAL)
    assert "Record a dispute" not in auditor.client.get(f"/accounts/{account_id}/").content.decode()


def test_many_items_and_marks_ask_no_more(account_id: int, client: Client, tmp_path: Path) -> None:
    b_1 = item_id(account_id, "B-1")
    exclude(Act(account_id, TODAY, "test", "price"), b_1, ExclusionKind.DISPUTED, 100, "T-0")
    client.get(f"/accounts/{account_id}/")
    few = queries_of(client, f"/accounts/{account_id}/")
    few_of_item = queries_of(client, f"/accounts/{account_id}/items/{b_1}/")
    rows = [
        {"account": "BRUNO", "number": f"L-{n:03}", "amount": "1.00", "issued_on": "2025-01-01", "due_on": "2025-04-30"}
        for n in range(130)
    ]
    Office(tmp_path).bring("invoices", *rows)
    for item in items_of([account_id], TODAY, overdue_only=False)[account_id][5:15]:
        exclude(Act(account_id, TODAY, "test", "price"), item.id, ExclusionKind.DISPUTED, 10, "T-1")
    assert queries_of(client, f"/accounts/{account_id}/") == few
    assert queries_of(client, f"/accounts/{account_id}/items/{b_1}/") == few_of_item
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "50 of 132" in page
    assert "L-090" in text_of(client.get(f"/accounts/{account_id}/?items=all").content)


def test_a_debt_near_its_limitation_says_when(portfolio: None, client: Client, tmp_path: Path) -> None:
    Office(tmp_path).bill("ALICE", "OLD-1", "10.00", "2024-04-01", "2024-05-01")
    from tests.cast import ALICE

    page = text_of(client.get(f"/accounts/{the(ALICE).id}/").content)
    assert re.search(r"time-barred after \d+ (Apr|May) 2025", page)


def test_overpayment_leads_to_its_allocation(account_id: int, client: Client) -> None:
    post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 8000, TODAY, "transfer"), "test")
    assert balances([account_id], TODAY)[account_id][0].unallocated_minor == 1450
    assert allocations_of(account_id)
    page = client.get(f"/accounts/{account_id}/").content.decode()
    assert f'href="/accounts/{account_id}/allocate/?currency=EUR"' in page
    assert credits_of(account_id, TODAY)[0].open_minor == 1450


def test_a_day_that_has_not_come_interrupts_nothing(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/limitation/"
    tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
    sent = {"kind": "acknowledgement", "occurred_on": tomorrow, "reason": "letter", "key": "k1"}
    answer = client.post(address, sent)
    assert answer.status_code == 422 and "has not come yet" in text_of(answer.content)
    assert client.post(address, sent | {"kind": "letter", "occurred_on": "2025-03-01"}).status_code == 422
