"""The allocation screen: what it proposes, what it tells before anything is written, confirming, undoing, and two
people at once.
"""

import datetime as dt
import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, AllocationLine, ExclusionKind, ReceiptOrder
from relance.ledger.queries import allocations_of, credits_of, open_items
from relance.ledger.services import allocate_by_hand, exclude, post_receipt, undo_allocations
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.acts import correct, split, write_off
from tests.cast import Office
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import queries_of, text_of


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.SUPERVISOR, "en").client


@pytest.fixture
def credit_id(account_id: int) -> int:
    """A payment of 50.00 of Bruno's that waits for a person."""
    made = post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 5000, TODAY, "transfer"), "test")
    undo_allocations(Act(account_id, TODAY, "test", "wrong"), [one.id for one in allocations_of(account_id)])
    return made.credit_id


def items(account_id: int) -> dict[str, tuple[int, int]]:
    """Open items by number: id and what is open."""
    return {item.number: (item.id, item.open_minor) for item in open_items(account_id, TODAY)}


def choice(account_id: int, credit_id: int, seen: int = 5000, **amounts: str) -> dict[str, str]:
    """What the form sends."""
    by_number = items(account_id)
    typed = {f"item-{by_number[number.replace('_', '-')][0]}": text for number, text in amounts.items()}
    return {"currency": "EUR", "key": "k1", "credit": str(credit_id), f"seen-{credit_id}": str(seen), **typed}


def value_of(content: bytes, item_id: int) -> str:
    found = re.search(rf'name="item-{item_id}"[^>]*value="([^"]*)"', content.decode())
    assert found is not None
    return found.group(1)


def test_it_proposes_the_oldest_first(account_id: int, credit_id: int, client: Client) -> None:
    content = client.get(f"/accounts/{account_id}/allocate/").content
    known = items(account_id)
    assert value_of(content, known["B-1"][0]) == "45.50" and value_of(content, known["B-2"][0]) == "4.50"
    page = text_of(content)
    assert "B-1: settled with €45.50" in page and "B-2: €4.50 settled, €15.50 stays open" in page
    assert "TR-1: used up" in page and "€50.00 of €50.00 used" in page
    one = client.get(f"/accounts/{account_id}/allocate/?item={known['B-2'][0]}").content
    assert value_of(one, known["B-2"][0]) == "20.00" and value_of(one, known["B-1"][0]) == ""


def test_a_disputed_part_is_left_to_be_typed(account_id: int, credit_id: int, client: Client) -> None:
    item_id = items(account_id)["B-1"][0]
    exclude(Act(account_id, TODAY, "test", "price"), item_id, ExclusionKind.DISPUTED, 1000, "T-1")
    assert value_of(client.get(f"/accounts/{account_id}/allocate/").content, item_id) == "35.50"


def test_the_effect_follows_the_typing_and_writes_nothing(account_id: int, credit_id: int, client: Client) -> None:
    before = items(account_id)
    sent = choice(account_id, credit_id, B_2="12,50") | {"language": "en"}
    bad = client.post(f"/accounts/{account_id}/allocate/", sent, headers={"HX-Request": "true"})
    assert "cannot be read as one amount" in text_of(bad.content)
    sent = choice(account_id, credit_id, B_2="12.50")
    told = client.post(f"/accounts/{account_id}/allocate/", sent, headers={"HX-Request": "true"})
    assert told.status_code == 200
    assert "B-2: €12.50 settled, €7.50 stays open" in text_of(told.content)
    assert "TR-1: €37.50 stays unallocated" in text_of(told.content)
    filled = client.post(f"/accounts/{account_id}/allocate/", sent | {"fill": "yes"}, headers={"HX-Request": "true"})
    assert value_of(filled.content, before["B-1"][0]) == "45.50"
    assert items(account_id) == before and allocations_of(account_id) == []


def test_confirming_posts_once_with_an_audit_row(account_id: int, credit_id: int, client: Client) -> None:
    sent = choice(account_id, credit_id, B_2="12.50") | {"reason": "the payer's wish"}
    assert client.post(f"/accounts/{account_id}/allocate/", sent).status_code == 302
    assert items(account_id)["B-2"][1] == 750 and items(account_id)["B-1"][1] == 4550
    again = client.post(f"/accounts/{account_id}/allocate/", sent, follow=True)
    assert "This form was sent before" in text_of(again.content)
    assert items(account_id)["B-2"][1] == 750
    (row,) = [row for row in audit_rows().rows if row.verb == "allocated"]
    assert row.details["lines"] == [["TR-1", "B-2", "12.50"]]
    assert "Payment allocated by hand" in text_of(client.get(f"/accounts/{account_id}/").content)


def test_a_stale_choice_is_refused_and_shows_what_is_there_now(account_id: int, credit_id: int, client: Client) -> None:
    sent = choice(account_id, credit_id, B_1="30.00")
    line = AllocationLine(credit_id, items(account_id)["B-2"][0], 1000)
    allocate_by_hand(Act(account_id, TODAY, "somebody else"), [line])
    answer = client.post(f"/accounts/{account_id}/allocate/", sent)
    assert answer.status_code == 422
    page = text_of(answer.content)
    assert "somebody allocated it meanwhile" in page and "€40.00" in page
    assert items(account_id)["B-1"][1] == 4550
    seen = re.search(rf'name="seen-{credit_id}" value="(\d+)"', answer.content.decode())
    assert seen is not None and seen.group(1) == "4000"
    assert client.post(f"/accounts/{account_id}/allocate/", sent | {f"seen-{credit_id}": "4000"}).status_code == 302


def test_a_payment_that_is_gone_is_said(account_id: int, credit_id: int, client: Client) -> None:
    sent = choice(account_id, credit_id, B_1="30.00")
    line = AllocationLine(credit_id, items(account_id)["B-1"][0], 4550)
    other = AllocationLine(credit_id, items(account_id)["B-2"][0], 450)
    allocate_by_hand(Act(account_id, TODAY, "somebody else"), [line, other])
    answer = client.post(f"/accounts/{account_id}/allocate/", sent)
    assert answer.status_code == 422
    assert text_of(answer.content).count("somebody allocated it meanwhile") == 1
    assert value_of(answer.content, items(account_id)["B-2"][0]) == ""


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [
        ({"B_1": "45.51"}, "More than is open."),
        ({"B_1": "45.50", "B_2": "4.51"}, "more than the chosen payments have"),
        ({"B_1": "1,234"}, "more decimals"),
        ({}, "Choose a payment and type"),
        ({"B_1": "0"}, "Choose a payment and type"),
    ],
)
def test_what_cannot_be_is_said(
    account_id: int, credit_id: int, client: Client, amounts: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"/accounts/{account_id}/allocate/", choice(account_id, credit_id, **amounts))
    assert answer.status_code == 422
    assert sentence in text_of(answer.content)
    assert allocations_of(account_id) == []


def test_undoing_needs_a_reason_and_leaves_the_payment_to_a_person(account_id: int, client: Client) -> None:
    made = post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 5000, TODAY, "transfer"), "test")
    first = allocations_of(account_id)[0]
    address = f"/accounts/{account_id}/allocate/undo/"
    assert client.get(address).status_code == 302, "nothing chosen"
    assert first.item_number in text_of(client.get(f"{address}?allocation={first.id}").content)
    sent = {"allocation": str(first.id), "key": "k1"}
    assert client.post(address, sent | {"reason": ""}).status_code == 422
    assert len(allocations_of(account_id)) == 2
    answer = client.post(address, sent | {"reason": "wrong invoice"})
    assert answer["Location"].endswith(f"?credit={made.credit_id}")
    assert len(allocations_of(account_id)) == 1
    (credit,) = [one for one in credits_of(account_id, TODAY) if one.id == made.credit_id]
    assert credit.by_hand and credit.open_minor == first.amount_minor
    assert client.post(address, sent | {"reason": "wrong invoice"}).status_code == 302, "sent twice"
    refused = client.post(address, sent | {"reason": "again", "key": "k2"})
    assert refused.status_code == 422 and "already undone" in text_of(refused.content)
    assert [row.verb for row in audit_rows().rows].count("allocation_undone") == 1


def test_a_payment_goes_back_to_the_policy(account_id: int, credit_id: int, client: Client) -> None:
    address = f"/accounts/{account_id}/credits/{credit_id}/release/"
    assert "€50.00 goes to open items by policy" in text_of(client.get(address).content)
    assert client.post(address, {"reason": "no wish after all", "key": "k1"}).status_code == 302
    assert [one.amount_minor for one in allocations_of(account_id)] and items(account_id).keys() == {"B-2"}
    assert audit_rows().rows[0].verb == "credit_released"


def test_currencies_stay_apart(account_id: int, credit_id: int, client: Client, tmp_path: Path) -> None:
    Office(tmp_path).bill("BRUNO", "US-1", "99.00", "2025-03-01", "2025-03-31", currency="USD")
    euros = text_of(client.get(f"/accounts/{account_id}/allocate/").content)
    assert "TR-1" in euros and "US-1" not in euros
    dollars = text_of(client.get(f"/accounts/{account_id}/allocate/?currency=USD").content)
    assert "US-1" in dollars and "TR-1" not in dollars


def test_more_items_ask_no_more(account_id: int, credit_id: int, client: Client, tmp_path: Path) -> None:
    few = queries_of(client, f"/accounts/{account_id}/allocate/")
    rows = [
        {"account": "BRUNO", "number": f"L-{n:03}", "amount": "1.00", "issued_on": "2025-01-01", "due_on": "2025-04-30"}
        for n in range(40)
    ]
    Office(tmp_path).bring("invoices", *rows)
    assert queries_of(client, f"/accounts/{account_id}/allocate/") == few


def test_what_goes_with_a_document_is_not_undone_here(account_id: int, client: Client, tmp_path: Path) -> None:
    Office(tmp_path).bill("BRUNO", "B-3", "8.00", "2025-03-01", "2025-03-31")
    correct(account_id, "B-3", TODAY)
    write_off(account_id, "B-1", TODAY)
    split(account_id, "B-2", [(TODAY, 500), (dt.date(2025, 4, 30), 1500)], TODAY)
    post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 500, TODAY, "transfer"), "test")
    rows = {one.item_number: one for one in allocations_of(account_id)}
    assert {number: one.belongs_to for number, one in rows.items()} == {
        "B-1": "write_off", "B-2": "split", "B-3": "correction", "B-2/1": "",
    }  # fmt: skip
    content = client.get(f"/accounts/{account_id}/allocate/").content
    page = text_of(content)
    assert re.findall(rb'name="allocation" value="(\d+)"', content) == [str(rows["B-2/1"].id).encode()]
    assert "by hand" not in page
    assert all(word in page for word in ("Write-off", "Spread over instalments", "Correction"))
    for one in rows.values():
        if one.belongs_to:
            with pytest.raises(Refusal, match="taken back as a whole"):
                undo_allocations(Act(account_id, TODAY, "test", "wrong"), [one.id])
    assert "by hand" not in text_of(client.get(f"/accounts/{account_id}/items/{rows['B-1'].item_id}/").content)


def test_nothing_to_undo_has_no_button(account_id: int, client: Client) -> None:
    write_off(account_id, "B-1", TODAY)
    assert "Undo the chosen ones" not in text_of(client.get(f"/accounts/{account_id}/allocate/").content)


def test_many_allocations_come_in_pages(
    account_id: int, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relance.faces.desk.views.allocation.ALLOCATIONS_PER_PAGE", 2)
    for number, day in enumerate((14, 16, 16, 16, 19)):
        order = ReceiptOrder(account_id, f"TR-{number}", "EUR", 100, dt.date(2025, 3, day), "transfer")
        post_receipt(order, "test")
    whole = [one.id for one in allocations_of(account_id)]
    seen: list[int] = []
    address: str | None = f"/accounts/{account_id}/allocate/?currency=EUR"
    while address:
        content = client.get(address).content.decode()
        seen += [int(found) for found in re.findall(r'name="allocation" value="(\d+)"', content)]
        following = re.search(r'rel="next" href="([^"]+)"', content)
        address = f"/accounts/{account_id}/allocate/{html.unescape(following.group(1))}" if following else None
    assert seen == whole and len(whole) == 5
    first = client.get(f"/accounts/{account_id}/allocate/").content
    assert first.count(b'name="allocation"') == 2 and "5 in all" in text_of(first)
    assert client.get(f"/accounts/{account_id}/allocate/?after=nonsense").content.count(b'name="allocation"') == 2


def test_an_agent_does_not_allocate(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.AGENT).client
    assert agent.get(f"/accounts/{account_id}/allocate/").status_code == 403
    assert "allocate/" not in agent.get(f"/accounts/{account_id}/").content.decode()


def test_it_speaks_french(account_id: int, credit_id: int, sign_in: Callable[..., SignedIn]) -> None:
    page = text_of(sign_in(Role.FINANCE, "fr").client.get(f"/accounts/{account_id}/allocate/").content)
    assert "B-1 : soldée par 45,50 €" in page and "Lettrer des paiements" in page
