"""The account ledger and the statement of account: balances after each line, periods, currencies, CSV, printing."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from relance.ledger.facts import Act, ReceiptOrder
from relance.ledger.queries import balances, open_items
from relance.ledger.services import post_receipt, reverse_receipt, split
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import CHLOE, Office, the
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.SUPERVISOR, "en").client


def test_every_document_stands_with_the_balance_after_it(account_id: int, client: Client) -> None:
    receipt = post_receipt(ReceiptOrder(account_id, "CHQ-1", "EUR", 5000, dt.date(2025, 3, 18), "cheque"), "test")
    reverse_receipt(account_id, receipt.credit_id, TODAY, "unpaid", "test")
    page = text_of(client.get(f"/accounts/{account_id}/ledger/").content)
    lines = page[page.index("Debit") :]
    places = [lines.index(words) for words in ("Reversal", "Payment CHQ-1", "Invoice B-2", "Invoice B-1")]
    assert places == sorted(places), "newest first"
    assert "€50.00 €65.50" in lines[: lines.index("Payment CHQ-1")]
    assert "Cheque €50.00 €15.50" in lines
    assert "due on 9 Apr 2025 €20.00 €65.50" in lines
    assert "4 lines" in lines


def test_lines_lead_to_their_item_and_payment(account_id: int, client: Client) -> None:
    receipt = post_receipt(ReceiptOrder(account_id, "CHQ-1", "EUR", 5000, TODAY, "cheque"), "test")
    content = client.get(f"/accounts/{account_id}/ledger/").content.decode()
    item = open_items(account_id, TODAY)[0]
    for place in (f"items/{item.id}", f"credits/{receipt.credit_id}"):
        assert f'href="/accounts/{account_id}/{place}/"' in content
        assert client.get(f"/accounts/{account_id}/{place}/").status_code == 200


def test_a_period_is_shown_alone_with_its_balances(account_id: int, client: Client) -> None:
    page = text_of(client.get(f"/accounts/{account_id}/ledger/?from=2025-03-01&to=2025-03-15").content)
    assert "Invoice B-2" in page and "Invoice B-1" not in page and "€65.50" in page
    empty = text_of(client.get(f"/accounts/{account_id}/ledger/?from=2024-01-01&to=2024-12-31").content)
    assert "Nothing in this period" in empty


@pytest.mark.parametrize(
    "query", ["from=x&to=%00", "from=2025-03-01&to=2024-01-01", "after=x", "after=2025-01-01|x", "currency=%00"]
)
def test_a_damaged_address_shows_the_ledger(account_id: int, client: Client, query: str) -> None:
    assert client.get(f"/accounts/{account_id}/ledger/?{query}").status_code == 200
    assert client.get(f"/accounts/{account_id}/statement/?{query}").status_code == 200
    assert client.get(f"/accounts/{account_id}/allocate/?{query}&credit=²&item=-1").status_code == 200


def test_one_currency_at_a_time(account_id: int, client: Client, tmp_path: Path) -> None:
    Office(tmp_path).bill("BRUNO", "US-1", "99.00", "2025-03-01", "2025-03-31", currency="USD")
    euros = text_of(client.get(f"/accounts/{account_id}/ledger/").content)
    assert "B-1" in euros and "US-1" not in euros
    dollars = client.get(f"/accounts/{account_id}/ledger/?currency=USD").content
    assert "US-1" in text_of(dollars) and "B-1" not in text_of(dollars)
    assert 'aria-current="page">USD' in dollars.decode()


def test_a_long_ledger_is_paged_with_its_balances(account_id: int, client: Client, tmp_path: Path) -> None:
    short = queries_of(client, f"/accounts/{account_id}/ledger/")
    rows = [
        {"account": "BRUNO", "number": f"L-{n:03}", "amount": "1.00", "issued_on": "2025-01-01", "due_on": "2025-04-30"}
        for n in range(60)
    ]
    Office(tmp_path).bring("invoices", *rows)
    assert queries_of(client, f"/accounts/{account_id}/ledger/") == short
    answer = client.get(f"/accounts/{account_id}/ledger/")
    page = answer.content.decode()
    assert "62 lines" in text_of(answer.content)
    after = page.split("after=", 1)[1].split('"', 1)[0]
    second = client.get(f"/accounts/{account_id}/ledger/?after={after}", headers={"HX-Request": "true"})
    assert "<html" not in second.content.decode()
    assert "€1.00 €1.00" in text_of(second.content), "the oldest line begins the balance"


def test_the_ledger_as_csv_is_audited_and_needs_its_permission(
    account_id: int, client: Client, sign_in: Callable[..., SignedIn]
) -> None:
    lines = b"".join(client.get(f"/accounts/{account_id}/ledger/export.csv")).decode("utf-8-sig").splitlines()
    assert lines[0] == "Day,Kind,Number,Note,Due,Currency,Debit,Credit,Balance"
    assert lines[1] == "2025-03-10,Invoice,B-2,,2025-04-09,EUR,20.00,,65.50"
    assert lines[2].endswith(",45.50,,45.50")
    assert audit_rows().rows[0].verb == "ledger_exported"
    agent = sign_in(Role.AGENT).client
    assert agent.get(f"/accounts/{account_id}/ledger/").status_code == 200
    assert agent.get(f"/accounts/{account_id}/ledger/export.csv").status_code == 403


def test_a_split_is_marked_as_adding_up_to_nothing(account_id: int, client: Client) -> None:
    item = open_items(account_id, TODAY)[0]
    parts = [(dt.date(2025, 4, 30), 2000), (dt.date(2025, 5, 31), 2550)]
    split(Act(account_id, TODAY, "test", "agreed"), item.id, parts)
    page = text_of(client.get(f"/accounts/{account_id}/ledger/").content)
    assert page.count("spreads only, adds up to nothing") == 3
    assert "Instalment B-1/1" in page


def test_the_statement_opens_closes_and_ties(portfolio: None, client: Client) -> None:
    account_id = the(CHLOE).id
    with at_most(20):
        page = text_of(client.get(f"/accounts/{account_id}/statement/?from=2025-03-01&to=2025-03-20").content)
    assert "Télécom Rivage" in page and "Account CHLOE, from 1 Mar 2025 to 20 Mar 2025" in page
    assert "Opening balance €120.00" in page and "Closing balance €100.00" in page
    assert "Owed in all €100.00" in page
    assert balances([account_id], TODAY)[account_id][0].total_minor == 10000
    before = text_of(client.get(f"/accounts/{account_id}/statement/?from=2025-02-01&to=2025-02-28").content)
    assert "Owed in all €120.00" in before, "as it was on the period's last day"
    lines = b"".join(client.get(f"/accounts/{account_id}/statement/export.csv?from=2025-03-01")).decode("utf-8-sig")
    assert "2025-03-20,Closing balance,,,EUR,,,100.00" in lines
    assert audit_rows().rows[0].verb == "statement_exported"


def test_the_statement_in_french_can_be_printed(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    content = sign_in(Role.AGENT, "fr").client.get(f"/accounts/{account_id}/statement/").content
    assert "Relevé de compte" in text_of(content) and "Solde de clôture" in text_of(content)
    assert "data-print" in content.decode()
