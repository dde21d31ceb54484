"""The second person: nobody made up, nobody under the first one's power, and nobody whose word the refund rests on."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, ReceiptOrder
from relance.ledger.queries import open_items, request
from relance.ledger.services import (
    approve_request,
    post_receipt,
    record_payer,
    refuse_request,
    request_refund,
    request_write_off,
    withdraw_request,
)
from relance.legal.services import propose_rate
from relance.staff.facts import Role
from relance.staff.models import AuditRow, User
from relance.staff.queries import audit_rows, may_decide_for
from relance.staff.services import change_role, create_user, record_audit, reset_password
from tests.faces.conftest import PASSWORD, TODAY, SignedIn
from tests.faces.test_pages import text_of

IBAN = "FR7630006000011234567890189"
DEPENDENT = "not two independent people"


def asked_write_off(account_id: int, who: str) -> int:
    """B-1 is to be written off."""
    item = next(item for item in open_items(account_id, TODAY) if item.number == "B-1")
    return request_write_off(Act(account_id, TODAY, who, "no assets"), [item.id], False).ids[0]


def asked_refund(account_id: int, posted_by: str, recorded_by: str, method: str = "transfer") -> int:
    """The supervisor asks for 40 euros back that were paid too much."""
    credit_id = post_receipt(ReceiptOrder(account_id, "TWICE", "EUR", 10550, TODAY, method), posted_by).credit_id
    record_payer(Act(account_id, TODAY, recorded_by, "statement of 3 March, line 12"), credit_id, IBAN)
    return request_refund(Act(account_id, TODAY, "the-supervisor", "Paid twice"), credit_id, 4000, IBAN).ids[0]


def test_a_person_made_by_the_requester_does_not_approve(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR)
    asked = asked_write_off(account_id, "the-administrator")
    create_user("made.up", PASSWORD, Role.FINANCE, "en", actor=boss.user)
    made_up = sign_in(Role.FINANCE)  # somebody else, to show the difference
    made_up.client.force_login(User.objects.get(username="made.up"))
    page = text_of(made_up.client.get(f"/approvals/{asked}/").content)
    assert DEPENDENT in page
    answer = made_up.client.post(f"/approvals/{asked}/approve/", {"key": "k", "reason": ""})
    assert answer.status_code == 422 and DEPENDENT in text_of(answer.content)
    found = request(asked)
    assert found is not None and found.state == "requested"
    made_up.client.force_login(User.objects.get(username="the-finance"))
    assert DEPENDENT not in text_of(made_up.client.get(f"/approvals/{asked}/").content)
    assert made_up.client.post(f"/approvals/{asked}/approve/", {"key": "k", "reason": ""}).status_code == 302


def test_nor_do_they_approve_each_others_rates(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    boss = sign_in(Role.ADMINISTRATOR)
    finance = sign_in(Role.FINANCE)
    reset_password(finance.user.pk, boss.user)
    row = propose_rate("ecb_mro", dt.date(2027, 1, 1), Decimal("2.15"), "ECB press release", "the-administrator")
    User.objects.filter(pk=finance.user.pk).update(must_change_password=False)
    finance.client.force_login(User.objects.get(pk=finance.user.pk))
    answer = finance.client.post(f"/rates/{row.id}/approve/", follow=True)
    assert DEPENDENT in text_of(answer.content)
    assert "rate_approved" not in [row.verb for row in audit_rows().rows]


@pytest.mark.parametrize("power", ["created", "reset", "role"])
def test_power_over_an_account_counts_both_ways_for_thirty_days(db: None, power: str) -> None:
    boss = create_user("Boss", PASSWORD, Role.ADMINISTRATOR, "en")
    other = create_user("other", PASSWORD, Role.SUPERVISOR, "en", actor=boss if power == "created" else None)
    assert may_decide_for("other", "boss") is (power != "created")
    if power == "reset":
        reset_password(other.pk, boss)
    if power == "role":
        change_role(other.pk, Role.FINANCE, boss)
    assert not may_decide_for("other", "boss") and not may_decide_for("BOSS", "Other")
    assert may_decide_for("other", "somebody") and not may_decide_for("other", "OTHER")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE staff_auditrow DISABLE TRIGGER USER")
        cursor.execute("UPDATE staff_auditrow SET at = at - interval '29 days'")
        assert not may_decide_for("other", "boss")
        cursor.execute("UPDATE staff_auditrow SET at = at - interval '2 days'")
        assert may_decide_for("other", "boss")
        cursor.execute("ALTER TABLE staff_auditrow ENABLE TRIGGER USER")


def test_names_that_differ_in_case_are_one_person(account_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    create_user("ines", PASSWORD, Role.FINANCE, "en")
    # As when two people add the name at once: each looks before the other has written.
    monkeypatch.setattr("relance.staff.services._refuse_bad_name", lambda _name: None)
    with pytest.raises(Refusal, match="is taken"):
        create_user("Ines", PASSWORD, Role.FINANCE, "en")
    asked = asked_write_off(account_id, "ines")
    act = Act(account_id, TODAY, "Ines", "checked")
    with pytest.raises(Refusal, match="asked for this yourself"):
        approve_request(act, asked)
    with pytest.raises(Refusal, match="withdraw it instead"):
        refuse_request(act, asked)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_request SET state = 'approved', decided_by = 'INES' WHERE id = %s", [asked])
    withdraw_request(act, asked)


@pytest.mark.parametrize(("posted_by", "recorded_by"), [("The-Finance", "bank"), ("bank", "The-Finance")])
def test_whoever_recorded_the_money_does_not_let_it_go(
    account_id: int, sign_in: Callable[..., SignedIn], posted_by: str, recorded_by: str
) -> None:
    asked = asked_refund(account_id, posted_by, recorded_by)
    answer = sign_in(Role.FINANCE).client.post(f"/approvals/{asked}/approve/", {"key": "k", "reason": ""})
    assert answer.status_code == 422 and "another person has to approve its refund" in text_of(answer.content)
    found = request(asked)
    assert found is not None and found.state == "requested"


def test_the_approver_sees_whose_word_it_is(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    asked = asked_refund(account_id, "karim", "zoe")
    client = sign_in(Role.FINANCE).client
    page = text_of(client.get(f"/approvals/{asked}/").content)
    assert "Payment recorded karim" in page and "Bank transfer, received on 20 Mar 2025" in page
    assert "Payer’s account recorded zoe" in page and "Evidence: statement of 3 March, line 12" in page
    assert client.post(f"/approvals/{asked}/approve/", {"key": "k", "reason": ""}).status_code == 302


def test_cash_is_not_sent_to_a_bank_account(account_id: int) -> None:
    with pytest.raises(Refusal, match="paid in cash"):
        asked_refund(account_id, "karim", "zoe", method="cash")


def test_an_audit_row_shows_whatever_its_details_are_called(sign_in: Callable[..., SignedIn]) -> None:
    from relance.faces.desk.labels import LABELS

    for verb in LABELS["audit"]:
        details = {"items": {"F-1": "1.00"}, "keys": ["a"], "get": None, "0": 0, "": "x", "<b>": "<i>", "values": verb}
        record_audit("somebody", verb, "BRUNO", details)
    record_audit("somebody", "interest_waived", "BRUNO", {"items": ["F-2"]})
    page = sign_in(Role.ADMINISTRATOR).client.get("/audit/")
    assert page.status_code == 200
    shown = text_of(page.content)
    assert "items ['F-2']" in shown or "F-2" in shown
    assert "F-1" in shown and AuditRow.objects.count() > len(LABELS["audit"])
