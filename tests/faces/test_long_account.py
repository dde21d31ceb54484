"""An account of very many documents: its pages show a part, say so, and ask the database for no more than that part."""

from collections.abc import Callable

import pytest
from django.test import Client

from relance.customers.queries import account_by_number
from relance.ledger import queries as ledger
from relance.staff.facts import Role
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.long_account import lengthen
from tests.faces.test_deposits import slip
from tests.faces.test_pages import at_most, text_of

ITEMS = 3_000
OPEN = ITEMS * 6 // 10 + 1
"""Fabre's own invoice is open too."""


@pytest.fixture
def fabre(portfolio: None) -> int:
    found = account_by_number("FABRE")
    assert found is not None
    lengthen(found.id, ITEMS)
    return found.id


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.ADMINISTRATOR, "en").client


@pytest.mark.parametrize(
    ("place", "kilobytes", "queries"),
    [
        ("", 265, 60),
        ("?items=all", 430, 60),
        ("timeline/?limit=2000", 260, 20),
        ("payments/new/", 30, 18),
        ("credit-note/", 30, 18),
        ("write-off/", 50, 16),
        ("interest/", 50, 20),
        ("allocate/", 130, 20),
        ("statement/?from=2020-01-01", 500, 24),
    ],
)
def test_pages_stay_small(fabre: int, client: Client, place: str, kilobytes: int, queries: int) -> None:
    address = f"/accounts/{fabre}/{place}"
    with at_most(queries):
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < kilobytes * 1_000


def test_the_account_shows_its_oldest_items_and_pages_the_others(fabre: int, client: Client) -> None:
    page = text_of(client.get(f"/accounts/{fabre}/").content)
    assert f"50 of {OPEN:,}" in page and "LONG-000005" in page and "LONG-000200" not in page
    first = client.get(f"/accounts/{fabre}/?items=all")
    after = first.content.decode().split("items=all&amp;after=", 1)[1].split('"', 1)[0]
    second = text_of(client.get(f"/accounts/{fabre}/?items=all&after={after}").content)
    assert "LONG-000205" in second and "LONG-000004" not in second
    assert client.get(f"/accounts/{fabre}/?items=all&after=x").status_code == 200


def test_pages_of_open_items_hold_every_item_once(fabre: int) -> None:
    whole = [item.id for item in ledger.open_items(fabre, TODAY)]
    seen: list[int] = []
    after: str | None = None
    while True:
        page = ledger.open_item_page(fabre, TODAY, after=after, limit=700)
        assert page.total == OPEN
        seen += [item.id for item in page.rows]
        after = page.next_after
        if after is None:
            break
    assert seen == whole


def test_any_open_item_can_be_named_by_its_number(fabre: int, client: Client) -> None:
    address = f"/accounts/{fabre}/payments/new/"
    assert "LONG-002999" not in client.get(address).content.decode()
    form = {"amount": "40.00", "currency": "EUR", "received_on": TODAY.isoformat(), "method": "transfer",
            "invoice": "", "reference": "NEW-1"}  # fmt: skip
    unknown = client.post(address, form | {"other": "LONG-999999"})
    assert unknown.status_code == 422 and "No open item of this account has this number." in text_of(unknown.content)
    assert client.post(address, form | {"other": "LONG-002999"}).status_code == 302
    (credit,) = ledger.credits_of(fabre, TODAY, number="NEW-1")
    assert [line.item_number for line in ledger.allocations_of(fabre, credit_id=credit.id)] == ["LONG-002999"]


def test_a_slip_of_one_account_lists_its_invoices_once(fabre: int, client: Client) -> None:
    rows = [("FABRE", str(place), "1.00", "LONG-002995" if place else "") for place in range(200)]
    answer = client.post("/deposits/new/", slip(client, *rows) | {"do": "row"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count("LONG-000005") == 1 and page.count('list="invoices-0"') == 200
    assert len(answer.content) < 500_000


def test_the_allocation_form_stays_under_the_limit_of_fields(fabre: int, client: Client) -> None:
    with_free = 1_100
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor, "
            "method, named_item, reason, posted_by, by_hand) SELECT %s, 'receipt', 'MORE-' || n, 'EUR', %s, 500, 500, "
            "'transfer', '', '', '', TRUE FROM generate_series(1, %s) n",
            [fabre, TODAY, with_free],
        )
    page = client.get(f"/accounts/{fabre}/allocate/").content.decode()
    form = page[page.index('id="allocation-form"') : page.index('id="allocated-title"')]
    assert form.count("<input") < 400
    assert f"the oldest 100 of {with_free + ITEMS // 72:,}" in text_of(page.encode())
