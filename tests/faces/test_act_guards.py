"""What keeps acts of the desk from slips: days far ahead, and what is there when one looks."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from relance.ledger.queries import open_items
from relance.staff.facts import Role
from tests.acts import postpone
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_account_acts import item_id
from tests.faces.test_pages import text_of


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
