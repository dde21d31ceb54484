"""Cheque deposit slips: typed row by row, checked row by row, posted whole or not at all, printed, and bounced."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from relance.ledger.queries import balances, credits_of, deposits
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_approvals import key_of
from tests.faces.test_pages import at_most, queries_of, text_of

NEW = "/deposits/new/"


def slip(client: Client, *rows: tuple[str, str, str, str], **more: str) -> dict[str, Any]:
    """The form as it was first shown, with these rows (account, cheque, amount, invoice)."""
    page = client.get(NEW).content.decode()
    drawn = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page) for name in ("number", "key")}
    columns = zip(*rows, strict=True) if rows else ([], [], [], [])
    return {
        **{name: found.group(1) for name, found in drawn.items() if found},
        "deposited_on": TODAY.isoformat(), "creditor": "default", "currency": "EUR", "do": "post",
        **{name: list(values) for name, values in zip(("account", "cheque", "amount", "invoice"), columns, strict=True)},
        **more,
    }  # fmt: skip


def test_a_slip_is_posted_once_and_printed(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "fr").client
    form = slip(
        client, ("BRUNO", "0001", "45,50", ""), ("", "", "", ""), ("CHLOE", "0002", "60,00", "C-1"), control="105,50"
    )
    answer = client.post(NEW, form)
    assert answer.status_code == 302
    again = client.post(NEW, form)
    assert again["Location"] == answer["Location"]
    assert [row.verb for row in audit_rows().rows].count("cheques_deposited") == 1
    (posted,) = deposits().rows
    assert (posted.cheque_count, posted.amount_minor, posted.posted_by) == (2, 10550, "the-finance")
    page = text_of(client.get(answer["Location"]).content)
    assert "Bordereau de remise de chèques" in page and "Télécom Rivage" in page
    assert "0001" in page and "Bruno Promet" in page and "45,50 €" in page and "105,50 €" in page
    assert posted.number in text_of(client.get("/deposits/").content)


def test_a_bounced_cheque_is_reversed_from_its_slip(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    address = client.post(NEW, slip(client, ("BRUNO", "7", "45.50", ""), control="45.50"))["Location"]
    (credit,) = credits_of(account_id, TODAY)
    link = f"/accounts/{account_id}/payments/{credit.id}/reverse/"
    assert f'href="{link}"' in client.get(address).content.decode()
    client.post(link, {"reversed_on": TODAY.isoformat(), "reason": "no funds", "key": key_of(client, link)})
    page = text_of(client.get(address).content)
    assert "bounced on 20 Mar 2025" in page and "1 bounced" in page
    assert balances([account_id], TODAY)[account_id][0].overdue_minor == 4550
    assert f'href="{link}"' not in sign_in(Role.AUDITOR).client.get(address).content.decode()


@pytest.mark.parametrize(
    ("rows", "control", "sentences"),
    [
        ([("BRUNO", "1", "10.00", "")], "11.00", ["The rows come to €10.00, €1.00 away from this."]),
        ([("BRUNO", "1", "10.00", "")], "", ["Type the total of the bank’s slip."]),
        ([("BRUNO", "1", "10.00", "")], "ten", ["cannot be read"]),
        ([], "10.00", ["Enter at least one cheque."]),
        ([("NOBODY", "1", "10.00", "")], "10.00", ["No account has this number.", "Nothing was posted"]),
        ([("", "1", "10.00", "")], "10.00", ["Whose cheque is it?"]),
        ([("BRUNO", "", "10.00", "")], "10.00", ["Copy the number from the cheque."]),
        ([("BRUNO", "1", "", "")], "10.00", ["Enter the cheque’s amount."]),
        ([("BRUNO", "1", "10.005", "")], "10.00", ["more decimals"]),
        ([("BRUNO", "1", "-5", "")], "10.00", ["must be above zero"]),
        ([("BRUNO", "1", "10.00", "F-1")], "10.00", ["No open invoice of this account has this number."]),
        ([("BRUNO", "1", "5.00", ""), ("BRUNO", "1", "5.00", "")], "10.00", ["on the slip twice"]),
    ],
)
def test_nothing_is_posted_while_a_row_is_wrong(
    portfolio: None, sign_in: Callable[..., SignedIn], rows: list[tuple[str, str, str, str]], control: str,
    sentences: list[str],
) -> None:  # fmt: skip
    client = sign_in(Role.FINANCE).client
    good = [("CHLOE", "9", "1.00", "")] if rows and len(rows) == 1 and control == "10.00" else []
    answer = client.post(NEW, slip(client, *rows, *good, control=control))
    assert answer.status_code == 422
    page = text_of(answer.content)
    for sentence in sentences:
        assert sentence in page
    assert deposits().total == 0


def test_a_slip_of_another_day_or_without_its_key_is_refused(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    form = slip(client, ("BRUNO", "1", "10.00", ""), control="10.00")
    assert client.post(NEW, form | {"deposited_on": "2025-03-21"}).status_code == 422
    assert client.post(NEW, form | {"key": ""}).status_code == 422
    assert client.post(NEW, form | {"creditor": "other"}).status_code == 422
    assert client.post(NEW, form).status_code == 302
    other = client.post(NEW, form | {"amount": ["11.00"], "control": "11.00"})
    assert other.status_code == 422 and "already posted" in text_of(other.content)
    assert deposits().total == 1


def test_the_first_button_adds_a_row_and_loses_nothing(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    page = client.get(NEW).content.decode()
    form_part = page[page.index('id="deposit-form"') :]
    assert re.search(r"<button[^>]*", form_part).group(0).count('value="row"') == 1  # type: ignore[union-attr]
    form = slip(client, *[("BRUNO", str(place), "1.00", "") for place in range(3)]) | {"do": "row"}
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post(NEW, form, headers=headers)
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert shown.count('name="account"') == 4 and "Bruno Promet" in shown
        assert "3 cheques · €3.00" in text_of(answer.content)
        assert ("<html" in shown) is (not headers)
    assert deposits().total == 0


def test_running_total_and_lookup(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    form = slip(client, ("BRUNO", "1", "10.00", ""), ("CHLOE", "2", "x", ""), ("", "", "2.50", ""))
    assert "3 cheques · €12.50" in text_of(client.post("/deposits/new/total/", form).content)
    exact = client.get("/deposits/new/account/?place=2&account=BRUNO").content.decode()
    assert "Bruno Promet" in exact and 'id="invoices-2"' in exact and 'value="B-1"' in exact
    assert 'value="CHLOE"' in client.get("/deposits/new/account/?place=0&account=conteste").content.decode()
    assert "no such account" in client.get("/deposits/new/account/?place=x&account=zzz%00").content.decode()


def test_rows_are_bounded(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    form = slip(client, *[("BRUNO", str(place), "1.00", "") for place in range(210)], control="200.00")
    assert client.post(NEW, form | {"do": "row"}).content.decode().count('name="account"') == 200
    answer = client.post(NEW, form)
    assert answer.status_code == 422 and "A slip takes 200 cheques at most" in text_of(answer.content)
    assert deposits().total == 0


def test_who_may(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    auditor = sign_in(Role.AUDITOR).client
    assert "No slip yet" in text_of(auditor.get("/deposits/").content)
    assert auditor.get(NEW).status_code == 403
    assert sign_in(Role.AGENT).client.get("/deposits/").status_code == 403
    assert auditor.get("/deposits/99/").status_code == 404


def test_query_counts(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    two = slip(client, ("BRUNO", "1", "1.00", ""), ("CHLOE", "2", "1.00", ""), control="2.00")
    address = client.post(NEW, two)["Location"]
    client.get(address)
    with at_most(9):
        client.get(address)
    with at_most(9):
        client.get("/deposits/")
    row_query = {"do": "row", "creditor": "default", "currency": "EUR"}
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for size in (2, 30):
        form = slip(client, *[("BRUNO", str(place), "1.00", "") for place in range(size)]) | row_query
        with CaptureQueriesContext(connection) as captured:
            client.post(NEW, form)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert queries_of(client, "/deposits/") <= 9
