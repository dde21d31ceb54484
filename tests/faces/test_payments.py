"""Recording a payment by hand and taking it back: once, with its effect shown, and decided anew at once."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from relance.dunning.queries import positions_of
from relance.ledger.queries import balances, credits_of
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import text_of


def form_of(client: Client, account_id: int) -> dict[str, str]:
    """The values that the form is first shown with."""
    page = client.get(f"/accounts/{account_id}/payments/new/", headers={"HX-Request": "true"}).content.decode()
    reference = re.search(r'name="reference"[^>]*value="([^"]+)"', page) or re.search(
        r'value="([^"]+)"[^>]*name="reference"', page
    )
    assert reference is not None
    return {
        "reference": reference.group(1), "received_on": TODAY.isoformat(), "method": "cheque", "currency": "EUR",
        "invoice": "",
    }  # fmt: skip


def test_a_payment_settles_stops_dunning_and_shows_its_effect(
    account_id: int, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.AGENT, "fr").client
    assert positions_of([account_id])
    form = form_of(client, account_id) | {"amount": "50,00"}
    answer = client.post(f"/accounts/{account_id}/payments/new/", form, headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#account-body"
    page = text_of(answer.content)
    assert "Paiement de 50,00 € enregistré" in page
    assert "B-1 est soldée (45,50 €)." in page
    assert "B-2 est payée en partie : 4,50 € ; il reste 15,50 €." in page
    assert not positions_of([account_id])
    row = audit_rows().rows[0]
    assert (row.verb, row.subject, row.details["amount"]) == ("payment_recorded", "BRUNO", "50.00")
    assert credits_of(account_id, TODAY)[0].posted_by == "the-agent"


def test_sent_twice_it_posts_once(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en").client
    form = form_of(client, account_id) | {"amount": "10.00"}
    first = client.post(f"/accounts/{account_id}/payments/new/", form)
    again = client.post(f"/accounts/{account_id}/payments/new/", form, headers={"HX-Request": "true"})
    assert (first.status_code, again.status_code) == (302, 200)
    assert "was already recorded" in text_of(again.content)
    assert len(credits_of(account_id, TODAY)) == 1
    assert [row.verb for row in audit_rows().rows].count("payment_recorded") == 1
    other = client.post(f"/accounts/{account_id}/payments/new/", form | {"amount": "11.00"})
    assert other.status_code == 422
    assert "This reference is taken" in text_of(other.content)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "1,234"}, "more decimals"),
        ({"amount": "12,34"}, "cannot be read as one amount; write for example 12.34"),
        ({"amount": "0"}, "The amount must be above zero."),
        ({"amount": "-5.00"}, "The amount must be above zero."),
        ({"amount": "abc"}, "cannot be read"),
        ({"amount": "999999999999999"}, "is too large for one amount"),
        ({"amount": "100000000000.00"}, "is too large for one amount"),
        ({"amount": "10.00", "received_on": "2025-03-21"}, "cannot have arrived after today"),
        ({"amount": "10.00", "received_on": "2015-03-20"}, "check the year"),
        ({"amount": "10.00", "invoice": "F-1"}, "not one of the available choices"),
        ({"amount": "10.00", "method": "barter"}, "not one of the available choices"),
        ({"amount": "10.00", "reference": ""}, "required"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    account_id: int, sign_in: Callable[..., SignedIn], changes: dict[str, str], sentence: str
) -> None:
    client = sign_in(Role.AGENT, "en").client
    answer = client.post(f"/accounts/{account_id}/payments/new/", form_of(client, account_id) | changes)
    assert answer.status_code == 422
    assert sentence in text_of(answer.content)
    assert credits_of(account_id, TODAY) == []


def test_reversal_needs_a_reason_and_reopens(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "en").client
    client.post(f"/accounts/{account_id}/payments/new/", form_of(client, account_id) | {"amount": "45.50"})
    credit = credits_of(account_id, TODAY)[0]
    address = f"/accounts/{account_id}/payments/{credit.id}/reverse/"
    assert "Reverse €45.50" in text_of(client.get(address).content)
    form = {"reversed_on": TODAY.isoformat(), "reason": "cheque unpaid", "key": "k1"}
    assert client.post(address, form | {"reason": " "}).status_code == 422
    assert client.post(address, form | {"reversed_on": "2025-03-01"}).status_code == 422
    assert client.post(address, form | {"key": ""}).status_code == 422
    assert client.post(address, form).status_code == 302
    assert balances([account_id], TODAY)[account_id][0].overdue_minor == 4550
    assert audit_rows().rows[0].details["reason"] == "cheque unpaid"
    page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "Payment of €45.50 reversed" in page and "cheque unpaid" in page
    assert client.get(address).status_code == 302
    assert client.get(f"/accounts/{account_id}/payments/999999999/reverse/").status_code == 404


def test_the_second_of_two_reversals_is_told_and_not_audited(
    account_id: int, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(Role.FINANCE, "en").client
    client.post(f"/accounts/{account_id}/payments/new/", form_of(client, account_id) | {"amount": "45.50"})
    before = credits_of(account_id, TODAY)[0]
    address = f"/accounts/{account_id}/payments/{before.id}/reverse/"
    form = {"reversed_on": TODAY.isoformat(), "reason": "cheque unpaid", "key": "k1"}
    assert client.post(address, form, follow=True).status_code == 200
    monkeypatch.setattr("relance.faces.desk.views.payments.found_credit", lambda *_ids: before)
    page = text_of(client.post(address, form, follow=True).content)
    assert "This payment is already reversed." in page
    assert "what it had settled is open again" not in page
    other = client.post(address, form | {"reason": "another", "key": "k2"})
    assert other.status_code == 422
    assert "is already reversed" in text_of(other.content)
    assert [row.verb for row in audit_rows().rows].count("payment_reversed") == 1


def test_an_agent_does_not_reverse(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    assert sign_in(Role.AGENT).client.get(f"/accounts/{account_id}/payments/1/reverse/").status_code == 403
