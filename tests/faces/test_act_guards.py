"""What keeps acts of the desk from slips: days far ahead, and what is there when one looks."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from relance.ledger.facts import Act, CreditNoteOrder, ExclusionKind, ReceiptOrder
from relance.ledger.queries import allocations_of, credits_of, open_items, requests_of
from relance.ledger.services import (
    exclude,
    post_credit_note,
    post_indemnity,
    post_receipt,
    request_refund,
    undo_allocations,
)
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.acts import postpone, split, write_off
from tests.cast import FABRE, Office, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_account_acts import item_id
from tests.faces.test_pages import text_of

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.FINANCE, "en").client


def test_the_calendars_last_day_breaks_no_page(account_id: int, client: Client) -> None:
    postpone(account_id, "B-1", TODAY.replace(month=4), TODAY)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_postponement (account_id, item_id, due_on, effective_on, posting_id) "
            "SELECT account_id, item_id, DATE '9999-12-31', effective_on, posting_id FROM ledger_postponement"
        )
    found = item_id(account_id, "B-1")
    for address in (f"/accounts/{account_id}/", f"/accounts/{account_id}/items/{found}/", "/limitation/"):
        assert client.get(address).status_code == 200, address
    assert "31 Dec 9999" in text_of(client.get(f"/accounts/{account_id}/items/{found}/").content)


@pytest.mark.parametrize("place", ["postpone", "split"])
def test_days_after_2199_are_refused(account_id: int, client: Client, place: str) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/{place}/"
    assert 'max="2199-12-31"' in client.get(address).content.decode()
    sent = {"due_on": "2200-01-01", "part_on": ["2025-04-01", "2200-01-01"], "part_amount": ["40.00", "5.50"]}
    answer = client.post(address, sent | {"reason": "agreed", "key": "k1"})
    assert answer.status_code == 422 and "up to the end of 2199" in text_of(answer.content)


@pytest.mark.parametrize("place", ["postpone", "split"])
def test_more_than_a_year_ahead_is_confirmed(account_id: int, client: Client, place: str) -> None:
    address = f"/accounts/{account_id}/items/{item_id(account_id, 'B-1')}/{place}/"
    sent = {"due_on": "2026-03-21", "part_on": ["2025-04-01", "2026-03-21"], "part_amount": ["40.00", "5.50"]}
    asked = client.post(address, sent | {"reason": "agreed", "key": "k1"})
    assert asked.status_code == 422 and "more than twelve months from now" in text_of(asked.content)
    mark = re.search(r'name="confirmed" value="(\w+)"', asked.content.decode())
    assert mark is not None
    assert client.post(address, sent | {"reason": "agreed", "key": "k1", "confirmed": mark[1]}).status_code == 302
    near = {"due_on": "2026-03-20"}
    if place == "postpone":
        assert client.post(address, near | {"reason": "agreed", "key": "k2"}).status_code == 302
    assert [item for item in open_items(account_id, TODAY) if item.number == "B-1"] == [] or place == "postpone"


def menu_of(client: Client, account_id: int, number: str) -> str:
    """The actions that the page of an item offers."""
    page = client.get(f"/accounts/{account_id}/items/{item_id(account_id, number)}/").content.decode()
    found = re.search(r'<nav class="act-list".*?</nav>', page, re.S)
    return text_of(found[0].encode()) if found else ""


def test_what_would_be_refused_is_not_offered(portfolio: None, client: Client) -> None:
    fabre = the(FABRE).id
    found, day = item_id(fabre, "F-1"), dt.date(2025, 5, 2)
    post_indemnity(Act(fabre, day, "test", "late"), found)
    exclude(Act(fabre, TODAY, "test", "price"), found, ExclusionKind.DISPUTED, 1000, "T-1")
    offered = menu_of(client, fabre, "F-1")
    assert "Postpone the due date" in offered
    for refused in ("Split into instalments", "Charge the indemnity", "Ask for a write-off", "Correct a mistaken"):
        assert refused not in offered, refused


def test_a_written_off_item_offers_no_charge_and_says_how_much(account_id: int, client: Client) -> None:
    offered = menu_of(client, account_id, "B-1")
    assert "Charge a late fee" in offered and "Correct a mistaken posting" in offered
    found = item_id(account_id, "B-1")
    write_off(account_id, "B-1", TODAY)
    write_off(account_id, "B-2", TODAY)
    page = text_of(client.get(f"/accounts/{account_id}/items/{found}/").content)
    for refused in ("Charge a late fee", "Charge the indemnity", "Correct a mistaken", "Split into", "interest Bill"):
        assert refused not in page, refused
    assert "by hand" not in page and "Write-off" in page
    account = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "€65.50 of what was billed was written off." in account and "Everything that was billed" not in account


def test_unallocated_money_beside_the_overdue(account_id: int, client: Client) -> None:
    post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 4000, TODAY, "transfer"), "test")
    undo_allocations(Act(account_id, TODAY, "test", "wrong"), [one.id for one in allocations_of(account_id)])
    assert "€40.00 not allocated counts against it" in text_of(client.get(f"/accounts/{account_id}/").content)


def test_a_stage_is_called_by_its_name(account_id: int, client: Client, sign_in: Callable[..., SignedIn]) -> None:
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "tage “Second reminder”" in page and "tage second " not in page
    assert "scenario “Residential”" in page and "desk_test" not in page
    french = sign_in(Role.SUPERVISOR, "fr").client.get(f"/accounts/{account_id}/").content
    assert "étape « " in text_of(french)


def confirmed(client: Client, address: str) -> Any:
    """Send an act's form, confirming what it warns of."""
    sent = {"reason": "it was a mistake", "key": address[-30:]}
    asked = client.post(address, sent)
    mark = re.search(r'name="confirmed" value="(\w+)"', asked.content.decode())
    assert asked.status_code == 422 and mark is not None
    return client.post(address, sent | {"confirmed": mark[1]})


def test_a_write_off_and_a_credit_note_are_taken_back(account_id: int, client: Client) -> None:
    order = CreditNoteOrder("AV-1", "EUR", 1000, "B-1")
    post_credit_note(Act(account_id, TODAY, "test", "price"), order)
    write_off(account_id, "B-1", TODAY)
    credits = {credit.kind: credit for credit in credits_of(account_id, TODAY)}
    for kind, words, left in (
        ("write_off", "Take the write-off back", 3550),
        ("credit_note", "Take the credit note back", 4550),
    ):
        page = f"/accounts/{account_id}/credits/{credits[kind].id}/"
        assert words in text_of(client.get(page).content)
        assert confirmed(client, f"{page}take-back/").status_code == 302
        assert {item.number: item.open_minor for item in open_items(account_id, TODAY)}["B-1"] == left
        assert words not in text_of(client.get(page).content), "once"
        assert audit_rows().rows[0].verb == f"{kind}_taken_back"
    story = text_of(client.get(f"/accounts/{account_id}/timeline/?family=money").content)
    assert "Credit note AV-1 of €10.00 taken back" in story and "€35.50 taken back" in story


def test_a_split_is_taken_back(account_id: int, client: Client) -> None:
    found = item_id(account_id, "B-1")
    split(account_id, "B-1", [(dt.date(2025, 4, 1), 2000), (dt.date(2025, 5, 1), 2550)], TODAY)
    page = f"/accounts/{account_id}/items/{found}/"
    assert "Take the split back" in text_of(client.get(page).content)
    assert confirmed(client, f"{page}take-back-split/").status_code == 302
    assert {item.number: item.open_minor for item in open_items(account_id, TODAY)} == {"B-1": 4550, "B-2": 2000}
    assert "Take the split back" not in text_of(client.get(page).content)
    assert "its split was taken back" in text_of(client.get(f"/accounts/{account_id}/timeline/").content)


def test_a_formal_notice_is_recorded(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/formal-notice/"
    page = client.get(address).content.decode()
    assert "B-1" in page and 'value="2025-03-20"' in page and "B-2 ·" not in page, "what is overdue"
    sent = {"items": [str(item_id(account_id, "B-1"))], "reason": "letter 2C 1, signed", "key": "k1"}
    assert client.post(address, sent | {"received_on": "2025-03-21"}).status_code == 422
    assert client.post(address, sent | {"received_on": "2025-03-19"}).status_code == 302
    row = audit_rows().rows[0]
    assert (row.verb, row.details["received_on"]) == ("formal_notice_recorded", "2025-03-19")
    assert "Receipt of a formal notice recorded" in text_of(client.get(f"/accounts/{account_id}/timeline/").content)


def test_a_refund_leaves_what_is_overdue(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "en").client
    made = post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 10000, TODAY, "transfer", payer_iban=IBAN), "test")
    undo_allocations(Act(account_id, TODAY, "test", "wrong"), [one.id for one in allocations_of(account_id)])
    address = f"/accounts/{account_id}/credits/{made.credit_id}/refund/"
    page = client.get(address).content
    assert 'value="54.50"' in page.decode(), "100.00 less 45.50 overdue"
    assert "€45.50 is overdue on this account" in text_of(page)
    request_refund(Act(account_id, TODAY, "the-supervisor", "overpaid"), made.credit_id, 5000, IBAN)
    page = client.get(address).content
    assert 'value="4.50"' in page.decode() and "€50.00 of it is asked for already" in text_of(page)
    more = client.post(address, {"amount": "5.00", "reason": "asked for", "key": "k1"})
    assert more.status_code == 422 and "dunning may begin again" in text_of(more.content)
    (asked,) = requests_of(account_id)
    assert "€45.50 is overdue on this account" in text_of(client.get(f"/approvals/{asked.id}/").content)


def test_interest_is_decided_one_currency_at_a_time(portfolio: None, client: Client, tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.bill("FABRE", "E-1", "1000.00", "2024-12-01", "2025-01-01")
    office.bill("FABRE", "U-1", "1000.00", "2024-12-01", "2025-01-01", currency="USD")
    page = client.get(f"/accounts/{the(FABRE).id}/interest/").content.decode()
    assert page.count('name="items"') == 2 and len(re.findall(r'name="items"[^>]*checked', page)) == 1
    assert text_of(page.encode()).count("can be claimed in all.") == 2
    assert "Each currency is decided by itself." in text_of(page.encode())
