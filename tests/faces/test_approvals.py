"""Write-offs and refunds: seen by finance with what they will post, decided by another person, once."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from relance.customers.queries import account_by_number
from relance.ledger.facts import Act, ReceiptOrder
from relance.ledger.queries import balances, credits_of, open_items, request, requests
from relance.ledger.services import post_receipt, request_refund, request_write_off
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of

IBAN = "FR7630006000011234567890189"


def key_of(client: Client, address: str) -> str:
    """The key that the forms of a request's page were drawn with."""
    found = re.search(r'name="key" value="([^"]+)"', client.get(address).content.decode())
    assert found is not None
    return found.group(1)


@pytest.fixture
def write_off(account_id: int) -> int:
    """The supervisor asks to write B-1 off, VAT included."""
    item = next(item for item in open_items(account_id, TODAY) if item.number == "B-1")
    act = Act(account_id, TODAY, "the-supervisor", "Estate without assets, notary's letter of 3 March")
    return request_write_off(act, [item.id], True).ids[0]


@pytest.fixture
def refund(account_id: int) -> int:
    """The supervisor asks to pay 40 euros too much back to where they came from."""
    order = ReceiptOrder(account_id, "TWICE", "EUR", 10550, TODAY, "transfer", payer_iban=IBAN)
    credit_id = post_receipt(order, "bank").credit_id
    act = Act(account_id, TODAY, "the-supervisor", "Paid twice")
    return request_refund(act, credit_id, 4000, IBAN).ids[0]


def test_the_list_is_oldest_first_and_counted_in_the_menu(
    account_id: int, refund: int, sign_in: Callable[..., SignedIn]
) -> None:
    post_receipt(ReceiptOrder(account_id, "AGAIN", "EUR", 500, TODAY, "transfer", payer_iban=IBAN), "bank")
    again = next(credit for credit in credits_of(account_id, TODAY) if credit.number == "AGAIN")
    request_refund(Act(account_id, TODAY, "the-supervisor", "Paid three times"), again.id, 500, IBAN)
    client = sign_in(Role.FINANCE).client
    page = text_of(client.get("/approvals/").content)
    assert page.index("Paid twice") < page.index("Paid three times")
    assert "Approvals 2" in page
    assert "Approvals 2" not in text_of(sign_in(Role.SUPERVISOR).client.get("/approvals/").content)
    assert "No such request yet" in text_of(client.get("/approvals/?state=approved").content)
    assert client.get("/approvals/?state=x&after=²").status_code == 200


def test_what_a_write_off_posts_is_shown_and_then_done(
    account_id: int, write_off: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.FINANCE, "fr").client
    address = f"/approvals/{write_off}/"
    page = text_of(client.get(address).content)
    assert "Passage en pertes de 45,50 €" in page and "B-1" in page
    assert "654 Pertes sur créances irrécouvrables" in page and "411 Clients" in page
    assert "récupérée auprès de l’État" in page
    form = {"key": key_of(client, address), "reason": ""}
    assert client.post(f"{address}approve/", form)["Location"] == "/approvals/"
    assert client.post(f"{address}approve/", form)["Location"] == "/approvals/"
    found = request(write_off)
    assert found is not None and (found.state, found.decided_by) == ("approved", "the-finance")
    assert balances([account_id], TODAY)[account_id][0].overdue_minor == 0
    assert [row.verb for row in audit_rows().rows].count("request_approved") == 1
    assert "the-finance" in text_of(client.get("/approvals/?state=approved").content)
    done = text_of(client.get(address).content)
    assert "Validé" in done and "Effet de la validation" not in done


def test_nobody_approves_their_own(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    item = open_items(account_id, TODAY)[0]
    asked = request_write_off(Act(account_id, TODAY, "the-finance", "No assets"), [item.id], False).ids[0]
    client = sign_in(Role.FINANCE).client
    address = f"/approvals/{asked}/"
    page = text_of(client.get(address).content)
    assert "another person decides" in page and "Approve €" not in page
    assert client.post(f"{address}approve/", {"key": "k1", "reason": ""}).status_code == 422
    found = request(asked)
    assert found is not None and found.state == "requested"
    assert client.post(f"{address}withdraw/", {"key": "k2", "reason": "a mistake"}).status_code == 302
    assert requests("withdrawn").total == 1
    assert audit_rows().rows[0].verb == "request_withdrawn"


def test_a_refusal_needs_its_reason(write_off: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    address = f"/approvals/{write_off}/"
    assert client.post(f"{address}refuse/", {"key": "k", "reason": " "}).status_code == 422
    assert client.post(f"{address}refuse/", {"reason": "no proof"}).status_code == 422
    assert client.post(f"{address}refuse/", {"key": "k", "reason": "no proof"}).status_code == 302
    found = request(write_off)
    assert found is not None and (found.state, found.decision_reason) == ("refused", "no proof")
    assert audit_rows().rows[0].details["reason"] == "no proof"


def test_less_than_asked_for_is_said_before_and_refused_after(
    account_id: int, write_off: int, sign_in: Callable[..., SignedIn]
) -> None:
    post_receipt(ReceiptOrder(account_id, "LATE", "EUR", 1000, TODAY, "transfer"), "bank")
    client = sign_in(Role.FINANCE).client
    address = f"/approvals/{write_off}/"
    assert "Less is left than was asked for" in text_of(client.get(address).content)
    assert client.post(f"{address}approve/", {"key": "k", "reason": ""}).status_code == 422
    found = request(write_off)
    assert found is not None and found.state == "requested"


def test_the_payers_account_is_whole_only_for_who_decides(refund: int, sign_in: Callable[..., SignedIn]) -> None:
    address = f"/approvals/{refund}/"
    assert "FR76 3000 6000 0112 3456 7890 189" in text_of(sign_in(Role.FINANCE).client.get(address).content)
    seen = text_of(sign_in(Role.AUDITOR).client.get(address).content)
    assert "3000" not in seen and "0189" in seen.replace(" ", "")


def test_a_refund_is_paid_out(account_id: int, refund: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    assert client.post(f"/approvals/{refund}/approve/", {"key": "k", "reason": "checked"}).status_code == 302
    assert balances([account_id], TODAY).get(account_id, []) == []


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_others_see_and_do_not_decide(write_off: int, sign_in: Callable[..., SignedIn], role: Role) -> None:
    client = sign_in(role, name="somebody").client
    assert "Somebody of finance" in text_of(client.get(f"/approvals/{write_off}/").content)
    assert client.post(f"/approvals/{write_off}/approve/", {"key": "k"}).status_code == 403
    assert client.post(f"/approvals/{write_off}/refuse/", {"key": "k", "reason": "x"}).status_code == 403
    assert client.post(f"/approvals/{write_off}/withdraw/", {"key": "k", "reason": "x"}).status_code == 422


def test_an_agent_sees_no_requests(write_off: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    assert client.get("/approvals/").status_code == 403
    assert client.get(f"/approvals/{write_off}/").status_code == 403


def test_no_more_queries_for_more_requests(account_id: int, refund: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    client.get("/approvals/")
    with at_most(9):
        client.get("/approvals/")
    before = queries_of(client, "/approvals/")
    fabre = account_by_number("FABRE")
    assert fabre is not None
    item = open_items(fabre.id, TODAY)[0]
    request_write_off(Act(fabre.id, TODAY, "the-supervisor", "bankrupt"), [item.id], False)
    assert "Fabre" in text_of(client.get("/approvals/").content)
    assert queries_of(client, "/approvals/") == before
    with at_most(16):
        client.get(f"/approvals/{refund}/")
