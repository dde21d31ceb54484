"""The ledger refuses in the reader's language on the desk, and in English on the command line."""

import datetime as dt
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import translation

from relance.customers.queries import account
from relance.faces.console.main import cli
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, AllocationLine, ReceiptOrder
from relance.ledger.queries import allocations_of, credits_of, open_items
from relance.ledger.services import (
    allocate_by_hand,
    correct_item,
    mark_doubtful,
    post_receipt,
    request_write_off,
    seal_through,
    split,
    undo_allocations,
)
from relance.staff.facts import Role
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import text_of

YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def client(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.FINANCE, "fr").client


@pytest.fixture
def credit_id(account_id: int) -> int:
    """A payment of 50.00 of Bruno's, by policy on B-1 and B-2."""
    return post_receipt(ReceiptOrder(account_id, "TR-1", "EUR", 5000, TODAY, "transfer"), "test").credit_id


def item_id(account_id: int, number: str) -> int:
    (found,) = (item.id for item in open_items(account_id, TODAY) if item.number == number)
    return found


def refused(client: Client, address: str, sent: dict[str, str | list[str]]) -> str:
    answer = client.post(address, sent)
    assert answer.status_code == 422
    return text_of(answer.content)


def test_reversing_twice(account_id: int, credit_id: int, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = [credit for credit in credits_of(account_id, TODAY) if credit.id == credit_id]
    address = f"/accounts/{account_id}/payments/{credit_id}/reverse/"
    form: dict[str, str | list[str]] = {"reversed_on": TODAY.isoformat(), "reason": "chèque impayé", "key": "k1"}
    assert client.post(address, form).status_code == 302
    # As the page is for whoever opened it before.
    monkeypatch.setattr("relance.faces.desk.views.payments.found_credit", lambda *_ids: before)
    page = refused(client, address, form | {"key": "k2"})
    assert "Le paiement « TR-1 » est déjà annulé, le 2025-03-20 ; il n’en reste rien à annuler." in page


def test_a_sealed_day(account_id: int, client: Client) -> None:
    made = post_receipt(ReceiptOrder(account_id, "TR-2", "EUR", 1000, dt.date(2025, 3, 14), "transfer"), "test")
    found = account(account_id)
    assert found is not None
    seal_through(found.creditor_id, YESTERDAY, "tests", TODAY)
    page = refused(
        client,
        f"/accounts/{account_id}/payments/{made.credit_id}/reverse/",
        {"reversed_on": "2025-03-17", "reason": "chèque impayé", "key": "k1"},
    )
    assert "Le journal est scellé jusqu’au 2025-03-19, et le 2025-03-17 n’est pas postérieur" in page


def test_somebody_was_faster(account_id: int, credit_id: int, client: Client) -> None:
    undo_allocations(Act(account_id, TODAY, "test", "wrong"), [one.id for one in allocations_of(account_id)])
    b_1 = item_id(account_id, "B-1")
    sent: dict[str, str | list[str]] = {
        "currency": "EUR", "key": "k1", "credit": str(credit_id), f"seen-{credit_id}": "6000", f"item-{b_1}": "45,50",
    }  # fmt: skip
    page = refused(client, f"/accounts/{account_id}/allocate/", sent)
    assert "Il reste 50.00 EUR de TR-1, et non ce que vous aviez vu : quelqu’un l’a lettré entre-temps" in page


def test_a_write_off_asked_for_twice_and_a_credit_note_again(account_id: int, client: Client) -> None:
    b_1 = str(item_id(account_id, "B-1"))
    address = f"/accounts/{account_id}/write-off/"
    assert client.post(address, {"items": b_1, "reason": "disparu", "key": "k1"}).status_code == 302
    page = refused(client, address, {"items": b_1, "reason": "disparu", "key": "k2"})
    assert "Un passage en pertes de B-1 est déjà demandé ; décidez d’abord celui-là." in page
    note: dict[str, str | list[str]] = {"amount": "5,00", "number": "AV-1", "currency": "EUR", "reason": "geste",
                                        "item": ""}  # fmt: skip
    address = f"/accounts/{account_id}/credit-note/"
    assert client.post(address, note | {"key": "k3"}).status_code == 302
    page = refused(client, address, note | {"key": "k4", "amount": "6,00"})
    assert "L’avoir « AV-1 » est déjà enregistré pour 5.00 EUR au 2025-03-20" in page


Do = Callable[[Act, int, int], object]


@pytest.mark.parametrize(
    ("do", "reason", "french", "english"),
    [
        (
            lambda act, item, credit: allocate_by_hand(act, [AllocationLine(credit, item, 9999)]),
            "", "Il reste 0.00 EUR de TR-1, moins que les 99.99 à lettrer ; réduisez le montant.",
            "TR-1 has 0.00 EUR left, less than the 99.99 to allocate; lower the amount",
        ),
        (
            lambda act, item, _credit: split(act, item, [(TODAY, 500), (TODAY + dt.timedelta(30), 1)]),
            "convenu", "Les échéances totalisent 5.01 EUR, mais 15.50 EUR sont ouverts ; faites-les correspondre.",
            "the instalments add up to 5.01 EUR, but 15.50 EUR is open; make them equal",
        ),
        (
            lambda act, item, _credit: split(act, item, [(YESTERDAY, 500), (TODAY, 1050)]),
            "convenu", "La première échéance est le 2025-03-19, avant le 2025-03-20 ; donnez-lui ce jour ou un jour "
            "postérieur.",
            "the first instalment is due on 2025-03-19, before 2025-03-20; give it that day or a later one",
        ),
        (
            lambda act, item, _credit: correct_item(act, item),
            " ", "Il faut un motif pour une correction ; dites pourquoi.", "a correction needs a reason; say why",
        ),
        (
            lambda act, _item, _credit: mark_doubtful(act, []),
            "insolvable", "Indiquez les postes à classer en douteux.", "name the items to mark as doubtful",
        ),
        (
            lambda act, _item, _credit: request_write_off(act, [0], recovers_vat=False),
            "disparu", "Ce compte n’a pas ce poste.", "there is no such item on this account",
        ),
    ],
)  # fmt: skip
def test_sentences_with_names_and_amounts(
    account_id: int, credit_id: int, do: Do, reason: str, french: str, english: str
) -> None:
    act = Act(account_id, TODAY, "fiona", reason)
    for language, sentence in (("fr", french), ("en", english)):
        with translation.override(language), pytest.raises(Refusal) as refusal:
            do(act, item_id(account_id, "B-2"), credit_id)
        assert str(refusal.value) == sentence


def test_the_command_line_speaks_english_whoever_used_the_desk(portfolio: None, client: Client) -> None:
    assert "Comptes" in text_of(client.get("/").content), "a page in French"
    result = CliRunner(env={"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr"}).invoke(
        cli, ["seal", "--through", TODAY.isoformat()]
    )
    assert isinstance(result.exception, Refusal)
    assert str(result.exception) == "2025-03-20 is not over yet; seal a day before 2025-03-20"
