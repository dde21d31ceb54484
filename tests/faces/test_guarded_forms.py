"""Forms that come back: sent twice, sent for something else, sent late, sent empty, or with characters nobody sees."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from relance.customers.queries import creditors
from relance.faces.desk.templatetags.desk import money
from relance.ledger.facts import ReceiptOrder
from relance.ledger.queries import credits_of, deposits, open_items, requests_of
from relance.ledger.services import change_policy, post_receipt
from relance.legal import services as rates
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_account_acts import item_id
from tests.faces.test_journal_pages import POLICY
from tests.faces.test_pages import text_of

CREDIT_NOTE = {
    "item": "B-1",
    "amount": "45.50",
    "currency": "EUR",
    "number": "AV-1",
    "reason": "billed twice",
    "key": "k1",
}


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.FINANCE, "en").client


def verbs() -> list[str]:
    """What the audit trail says was done, the newest first."""
    return [row.verb for row in audit_rows().rows]


def test_a_key_of_another_act_is_refused_and_its_double_is_not(account_id: int, client: Client) -> None:
    asked = f"/accounts/{account_id}/write-off/"
    form = {"items": [str(item_id(account_id, "B-1"))], "reason": "no assets", "key": "k1"}
    assert client.post(asked, form).status_code == 302
    assert client.post(asked, form).status_code == 302
    for other in (form | {"reason": "another reason"}, form | {"recovers_vat": "on"}):
        answer = client.post(asked, other)
        assert answer.status_code == 422 and "used on this account for something else" in text_of(answer.content)
    elsewhere = f"/accounts/{account_id}/items/{item_id(account_id, 'B-2')}/postpone/"
    answer = client.post(elsewhere, {"due_on": "2025-05-01", "reason": "agreed", "key": "k1"})
    assert answer.status_code == 422 and "used on this account for something else" in text_of(answer.content)
    assert len(requests_of(account_id)) == 1 and verbs().count("write_off_requested") == 1


def test_a_double_is_known_when_its_invoice_is_settled_by_it(account_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/credit-note/"
    assert client.post(address, CREDIT_NOTE).status_code == 302
    answer = client.post(address, CREDIT_NOTE, follow=True)
    assert "sent before" in text_of(answer.content) and answer.redirect_chain
    assert verbs().count("credit_note_posted") == 1


@pytest.mark.parametrize("numbers", [["B-1"], ["B-1", "B-2"]])
def test_a_credit_note_does_not_lose_its_invoice(account_id: int, client: Client, numbers: list[str]) -> None:
    for item in open_items(account_id, TODAY):
        if item.number in numbers:
            order = ReceiptOrder(account_id, f"P-{item.number}", "EUR", item.open_minor, TODAY, "transfer", item.number)
            post_receipt(order, "bank")
    answer = client.post(f"/accounts/{account_id}/credit-note/", CREDIT_NOTE)
    assert answer.status_code == 422 and "settled meanwhile" in text_of(answer.content)
    assert "AV-1" not in [credit.number for credit in credits_of(account_id, TODAY)]


@pytest.mark.parametrize(
    "place",
    [
        "credit-note/", "write-off/", "interest/", "payments/new/", "items/{item}/credit-note/", "items/{item}/correct/",
        "items/{item}/postpone/", "items/{item}/split/", "items/{item}/dispute/", "items/{item}/doubtful/",
        "items/{item}/not-doubtful/", "items/{item}/limitation/", "items/{item}/late-fee/", "items/{item}/indemnity/",
    ],
)  # fmt: skip
def test_an_empty_form_is_refused_beside_its_fields(account_id: int, client: Client, place: str) -> None:
    address = f"/accounts/{account_id}/{place.format(item=item_id(account_id, 'B-1'))}"
    assert client.get(address).status_code == 200
    answer = client.post(address)
    assert answer.status_code == 422
    # Without interest that could be claimed the page has no fields.
    assert "required" in text_of(answer.content) or place == "interest/"


def test_empty_forms_elsewhere(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in().client
    for address in ("/journal/seal/?creditor=default&through=2025-02-28", "/staff/new/", "/preferences/"):
        assert client.post(address).status_code == 422, address
    assert "journal_sealed" not in verbs()


@pytest.mark.parametrize("currency", [None, "", "XYZ", "²"])
@pytest.mark.parametrize("do", ["row", "post"])
def test_a_slip_without_a_currency_is_refused(portfolio: None, client: Client, currency: str | None, do: str) -> None:
    sent = {
        "creditor": "default",
        "number": "S-1",
        "deposited_on": "2025-03-20",
        "control": "5.00",
        "key": "k",
        "do": do,
    }
    sent |= {"account": "BRUNO", "cheque": "0001", "amount": "5.00", "invoice": ""}
    sent |= {} if currency is None else {"currency": currency}
    for address in ("/deposits/new/", "/deposits/new/total/"):
        answer = client.post(address, sent)
        assert answer.status_code == 422 and "Currency:" in text_of(answer.content), address
        assert client.post(address).status_code == 422
    assert deposits().total == 0


HIDDEN = ["\t", "\n", "\x1b", "\x85", "\u202e", "\u2066", "\u200e", "\u200f"]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_texts_hold_nothing_unseen(account_id: int, client: Client, hidden: str) -> None:
    text = f"A{hidden}1"
    note = {"item": "", "amount": "1.00", "currency": "EUR", "number": "N", "reason": "R", "key": "k"}
    pay = {"amount": "1.00", "currency": "EUR", "received_on": "2025-03-20", "method": "transfer", "reference": text}
    slip = {"creditor": "default", "number": "S-1", "deposited_on": "2025-03-20", "currency": "EUR", "control": "5.00",
            "account": "BRUNO", "cheque": "0001", "amount": "5.00", "invoice": "", "key": "k", "do": "post"}  # fmt: skip
    for address, sent in (
        (f"/accounts/{account_id}/credit-note/", note | {"number": text}),
        (f"/accounts/{account_id}/credit-note/", note | {"reason": text}),
        (f"/accounts/{account_id}/payments/new/", pay),
        ("/deposits/new/", slip | {"number": text}),
        ("/deposits/new/", slip | {"cheque": text}),
    ):
        answer = client.post(address, sent)
        assert answer.status_code == 422 and "characters that cannot be seen" in text_of(answer.content), sent
    assert (
        client.post(f"/accounts/{account_id}/credit-note/", note | {"reason": "d’accord\u00a0: été"}).status_code == 302
    )


def test_a_policy_change_is_written_down_in_no_language(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "fr").client
    assert client.post("/journal/settings/policy/", POLICY | {"confirmed": "yes"}).status_code == 302
    assert audit_rows().rows[0].details == {
        "allocation_order": "oldest_due → civil_code",
        "small_difference_minor": "0 → 50",
        "reason": "board of 3 March",
    }


def test_a_policy_gives_up_small_differences_only(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "en").client
    form = POLICY | {"confirmed": "yes"}
    answer = client.post("/journal/settings/policy/", form | {"small_difference": "5.01"})
    assert answer.status_code == 422 and f"At most {money(500, 'EUR')}" in text_of(answer.content)
    assert "policy_changed" not in verbs()
    assert client.post("/journal/settings/policy/", form | {"small_difference": "5.00"}).status_code == 302


def test_no_audit_row_for_what_was_done_by_another(
    portfolio: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when two people press at once: the page saw a waiting proposal, the service finds it decided."""
    from relance.faces.desk.views import rates as view

    def propose() -> dict[str, str]:
        return {"valid_from": "2025-01-01", "percent": "3.15", "source": "ECB press release"}

    client.post("/rates/ecb_mro/propose/", propose())
    before = verbs().count("rate_proposed")
    client.post("/rates/ecb_mro/propose/", propose())
    assert verbs().count("rate_proposed") == before
    row = rates.propose_rate(
        "de_base_rate", TODAY.replace(month=7, day=1, year=2027), rates.Decimal("2"), "typed", "zoe"
    )
    assert row.id is not None
    seen = view._proposal(row.id)
    rates.approve_rate(row.id, "another")
    monkeypatch.setattr(view, "_proposal", lambda _id: seen)
    client.post(f"/rates/{row.id}/approve/")
    assert "rate_approved" not in verbs()


def test_what_was_sealed_before_a_refusal_is_written_down(
    portfolio: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance.ledger.services import journal

    slices = iter([True, True, False])
    close = journal._close_to_postings

    def busy_at_last(creditor_id: int) -> None:
        if not next(slices):
            raise journal.JournalBusy("busy")
        close(creditor_id)

    monkeypatch.setattr(journal, "_close_to_postings", busy_at_last)
    answer = client.post("/journal/seal/", {"creditor": "default", "through": "2025-03-19"})
    assert answer.status_code == 422 and "busy" in text_of(answer.content)
    (row,) = [row for row in audit_rows().rows if row.verb == "journal_sealed"]
    assert row.details == {"through": "2025-03-07", "days": 62}


def test_a_policy_of_before_the_ceiling_is_held_to_it(account_id: int) -> None:
    from django.db import connection

    from relance.ledger.queries import policy

    (creditor,) = creditors()
    change_policy(creditor.id, replace(policy(creditor.id), small_difference_minor=500), "year end", "zoe")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_policy DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_policy SET small_difference_minor = 99999999999")
        cursor.execute("ALTER TABLE ledger_policy ENABLE TRIGGER USER")
    post_receipt(ReceiptOrder(account_id, "ONE", "EUR", 1, TODAY, "transfer", "B-1"), "bank")
    assert {item.number: item.open_minor for item in open_items(account_id, TODAY)}["B-1"] == 4549
