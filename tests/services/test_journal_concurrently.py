"""Sealing while others post: a receipt is in the seal, or it is refused; neither waits for long."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import PolicyFacts, ReceiptOrder
from relance.ledger.laws import LAWS
from relance.ledger.queries import seals
from relance.ledger.services import change_policy, post_receipt, seal_due, seal_through
from relance.ledger.services import journal as sealing
from tests.cast import ALICE, CAST, Office, the

TODAY = dt.date(2026, 6, 1)


def broken() -> list[str]:
    """The laws of the ledger that do not hold."""
    return [report.law for report in check(LAWS) if report.offenders]


def day(text: str) -> dt.date:
    """A day of 2026 written MM-DD."""
    return dt.date.fromisoformat(f"2026-{text}")


@pytest.fixture
def creditor_id(office: Office) -> int:
    """The creditor of an account with an invoice of the 5th of January."""
    office.bill("ALICE", "F-1", "120.00", "2026-01-05", "2026-01-20")
    return the(ALICE).creditor_id


@pytest.fixture
def neighbour(creditor_id: int) -> Iterator[psycopg.Connection]:
    """Another connection to the test database, as another process has."""
    settings = connection.get_connection_params()
    with psycopg.connect(
        host=settings["host"], port=settings.get("port"), user=settings["user"], dbname=settings["dbname"],
        password=settings.get("password"),
    ) as other:  # fmt: skip
        yield other


def test_a_posting_under_way_keeps_the_journal_unsealed(
    creditor_id: int, neighbour: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SECONDS_TO_WAIT", 1)
    neighbour.execute("SELECT pg_advisory_xact_lock_shared(hashtext('relance.ledger.journal'), %s::int)", [creditor_id])
    with pytest.raises(Refusal, match="kept the journal busy"):
        seal_through(creditor_id, day("01-10"), "zoe", TODAY)
    change_policy(creditor_id, PolicyFacts(seal_after_days=10), "month end", "zoe")
    assert seal_due(day("02-01")) == {creditor_id: 0}
    neighbour.rollback()
    assert seal_through(creditor_id, day("01-10"), "zoe", TODAY) == 6


def test_while_a_day_is_sealed_no_posting_begins(creditor_id: int, neighbour: psycopg.Connection) -> None:
    """The seal is written but not committed: a posting that shares the journal has to wait for it."""
    seal_through(creditor_id, day("01-10"), "zoe", TODAY)
    (free,) = neighbour.execute(
        "SELECT pg_try_advisory_xact_lock_shared(hashtext('relance.ledger.journal'), %s::int)", [creditor_id]
    ).fetchone() or (None,)
    assert free is False


@pytest.mark.django_db(transaction=True)
def test_posting_and_sealing_at_once_put_nothing_into_a_sealed_day(tmp_path: Path) -> None:
    """Three clerks post receipts of the 10th while the 10th is sealed: each is in the seal, or refused."""
    office = Office(tmp_path)
    office.open_accounts(*CAST)
    for person in CAST:
        office.bill(person["number"], f"F-{person['number']}", "9000.00", "2026-01-05", "2026-01-20")
    accounts = [the(person).id for person in CAST]
    started = threading.Barrier(4)

    def post(clerk: int) -> int:
        started.wait()
        try:
            for number in count(1):
                account = accounts[(clerk + number) % len(accounts)]
                order = ReceiptOrder(account, f"P-{clerk}-{number}", "EUR", 100, day("01-10"), "transfer")
                post_receipt(order, f"clerk {clerk}")
        except Refusal as refusal:
            assert "sealed through 2026-01-10" in str(refusal)
            return number - 1
        finally:
            connection.close()
        raise AssertionError("a clerk never stops by himself")

    def seal() -> int:
        started.wait()
        try:
            time.sleep(0.3)
            return seal_through(the(ALICE).creditor_id, day("01-10"), "zoe", TODAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        posting = [people.submit(post, clerk) for clerk in range(3)]
        assert people.submit(seal).result() == 6
        posted = sum(clerk.result() for clerk in posting)
    assert posted > 3
    newest = seals(the(ALICE).creditor_id).rows[0]
    assert (newest.day, newest.document_count) == (day("01-10"), posted)
    assert broken() == []
