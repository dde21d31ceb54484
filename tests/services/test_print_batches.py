"""Letters from order to print house: read again when sealed, archived page by page, sealed once whatever happens."""

import datetime as dt
import threading
from typing import Any

import pypdfium2
import pytest
from django.db import close_old_connections, connection

from relance.kit.refusal import Refusal
from relance.outbound import queries
from relance.outbound.models import Dispatch, PrintBatch, PrintedLetter, PrintPart
from relance.outbound.services import mark_posted, prepare, release, reread, seal, transmit
from tests.services.test_outbound import NIGHT, account, creditor, invoice, keeps_every_law, only_message, order, pay

pytestmark = pytest.mark.django_db(transaction=True)

HOME = {"address1": "12 rue des Lilas", "postcode": "69003", "city": "Lyon"}


def owing(number: str, **fields: Any) -> int:
    """An account with a postal address that owes an invoice; its id."""
    found = account(number, **{**HOME, **fields})
    invoice(found, f"F-{number}")
    return found


def letter_to(account_id: int, **fields: Any) -> Any:
    recipient = f"account {account_id}, 12 rue des Lilas, 69003 LYON"
    return order(account_id, **{"channel": "letter", "recipient": recipient, "template": "formal_notice", **fields})


def page_texts(batch_id: int) -> list[str]:
    """The text of every page of a batch, in order."""
    found = []
    for part in PrintPart.objects.filter(batch_id=batch_id).order_by("ordinal"):
        pdf = pypdfium2.PdfDocument(bytes(part.pdf))
        found += [pdf[number].get_textpage().get_text_bounded() for number in range(len(pdf))]
    return found


def test_letters_wait_for_their_batch_and_are_sealed_once() -> None:
    accounts = [owing(f"L{number}") for number in range(5)]
    for number in range(40):
        invoice(accounts[2], f"F-L2-{number:02d}")
    prepare([letter_to(each) for each in accounts])
    assert release(NIGHT).released == {"letter": 5}
    assert transmit() == 0
    assert reread() == 0
    assert not queries.is_waiting(NIGHT)
    pay(accounts[1], 4_500)
    later = NIGHT + dt.timedelta(days=1)
    batch_id = seal(creditor().id, "letter", later, "ada")
    assert batch_id is not None
    batch = PrintBatch.objects.get()
    assert (batch.state, batch.letter_count, batch.page_count) == ("sealed", 4, 5)
    assert [message.state for message in queries.messages(accounts[1]).rows] == ["withdrawn"]
    texts = page_texts(batch_id)
    letters = list(PrintedLetter.objects.order_by("sequence"))
    assert [(one.sequence, one.first_page, one.page_count) for one in letters] == [
        (1, 1, 1), (2, 2, 2), (3, 4, 1), (4, 5, 1),
    ]  # fmt: skip
    for one in letters:
        own = texts[one.first_page - 1]
        assert f"F-L{accounts.index(one.account_id)}" in own
        assert "24 novembre 2026" in own.replace("\xa0", " ")
    assert "2/2" in texts[2]
    assert seal(creditor().id, "letter", later, "ada") is None
    assert mark_posted(batch_id, later, "ada") == 4
    assert only_message(accounts[0]).state == "sent"
    with pytest.raises(Refusal):
        mark_posted(batch_id, later, "ada")
    assert keeps_every_law()


def test_a_batch_of_people_who_have_all_paid_is_none() -> None:
    alice = owing("P1")
    prepare([letter_to(alice)])
    pay(alice, 4_500)
    assert seal(creditor().id, "letter", NIGHT, "ada") is None
    assert PrintBatch.objects.count() == 0
    assert only_message(alice).state == "withdrawn"


def test_a_letter_without_an_address_goes_by_the_next_channel() -> None:
    alice = owing("N1", address1="", city="")
    prepare([letter_to(alice, context={"channels": ["email"]})])
    assert seal(creditor().id, "letter", NIGHT, "ada") is None
    assert [(message.channel, message.state) for message in queries.messages(alice).rows] == [
        ("email", "prepared"), ("letter", "failed"),
    ]  # fmt: skip
    assert keeps_every_law()


def test_a_seal_that_was_cut_off_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from relance.outbound.services import seal as _seal_service  # noqa: F401

    service = sys.modules["relance.outbound.services.seal"]
    accounts = [owing(f"K{number}") for number in range(5)]
    prepare([letter_to(each) for each in accounts])
    monkeypatch.setattr(service, "LETTERS_PER_PART", 2)
    real, calls = service._keep, []

    def dies(*arguments: Any) -> int:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return int(real(*arguments))

    monkeypatch.setattr(service, "_keep", dies)
    with pytest.raises(KeyboardInterrupt):
        seal(creditor().id, "letter", NIGHT, "ada")
    assert PrintBatch.objects.get().state == "sealing"
    assert Dispatch.objects.filter(state="sealed").count() == 2
    monkeypatch.setattr(service, "_keep", real)
    batch_id = seal(creditor().id, "letter", NIGHT, "ada")
    assert PrintBatch.objects.get().letter_count == 5
    assert [one.sequence for one in PrintedLetter.objects.order_by("sequence")] == [1, 2, 3, 4, 5]
    texts = page_texts(batch_id or 0)
    assert [texts.index(text) for text in texts] == list(range(5)), "every letter once"
    assert keeps_every_law()


def test_two_at_once_seal_one_batch() -> None:
    prepare([letter_to(owing(f"C{number}")) for number in range(12)])
    made: list[object] = []

    def run() -> None:
        try:
            made.append(seal(creditor().id, "letter", NIGHT, "ada"))
        except Refusal as refusal:
            made.append(str(refusal))
        close_old_connections()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, int) for one in made) == 1
    assert PrintedLetter.objects.count() == 12
    assert PrintBatch.objects.count() == 1


def test_only_paper_is_sealed() -> None:
    with pytest.raises(Refusal, match="email"):
        seal(creditor().id, "email", NIGHT, "ada")
