"""A receipt on an account with thousands of open items costs what it costs on one with ten: counted, not timed."""

import datetime as dt

import pytest
from django.db import connection

from relance.cycle.services import run
from relance.dunning.queries import positions_of
from relance.dunning.services import import_scenario
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt
from tests.cast import ALICE, BRUNO, Office, the
from tests.simulation.month import SCENARIO

NIGHT = dt.date(2026, 3, 2)
MANY = 4_000


def owe(account_id: int, item_count: int, days_late: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, "
            "tax_minor, open_minor, document_url) SELECT %s, 'invoice', 'X' || k, 'service', 'EUR', DATE '2000-01-01', "
            "%s::date - k %% 300, 2500, 0, 2500, '' FROM generate_series(1, %s) k",
            [account_id, NIGHT - dt.timedelta(days=days_late), item_count],
        )


def effort(account_id: int, number: str) -> tuple[int, int, int]:
    """Statements sent, rows fetched, and rows of the item table that the server read for one receipt."""
    sent: list[int] = []

    def watch(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        done = execute(sql, params, many, context)
        sent.append(max(0, context["cursor"].rowcount) if sql.lstrip().upper().startswith(("SELECT", "WITH")) else 0)
        return done

    before = items_read()
    with connection.execute_wrapper(watch):
        post_receipt(ReceiptOrder(account_id, number, "EUR", 6000, NIGHT, "transfer"), "test", number)
    return len(sent), sum(sent), items_read() - before


def items_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'ledger_openitem'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("days_late", [-310, 10], ids=["nobody pursues it", "an episode is open"])
def test_a_receipt_reads_no_more_than_it_needs(office: Office, days_late: int) -> None:
    few, many = the(ALICE).id, the(BRUNO).id
    owe(few, 10, days_late)
    owe(many, MANY, days_late)
    import_scenario(SCENARIO, "test")
    run(NIGHT)
    assert len(positions_of([few, many])) == (2 if days_late > 0 else 0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for account_id in (few, many):
        effort(account_id, "warm")
    statements, _, _ = effort(few, "P1")
    statements_many, fetched, read = effort(many, "P1")
    assert statements_many == statements
    assert fetched < 200
    assert read < 600
