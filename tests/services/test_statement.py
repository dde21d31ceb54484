"""Statement of account: it opens, runs, closes, and its open items add up to where it closes."""

import csv
import datetime as dt
import io
import json

import pytest
from click.testing import CliRunner, Result

from relance.faces.console.commands.report import COMMAND
from relance.insight.facts import Statement
from relance.insight.reports.statement import REPORT as STATEMENT
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt
from tests import acts
from tests.bookkeeping import day
from tests.cast import ALICE, BRUNO, CHLOE, Office, the

FEBRUARY = (dt.date(2026, 2, 1), dt.date(2026, 2, 28))


@pytest.fixture(autouse=True)
def chloe(office: Office) -> None:
    """An old invoice half disputed, one with a later due date, one written off, one in pounds, and too much money."""
    office.bill("CHLOE", "F1", "40.00", "2026-01-01", "2026-01-31")
    office.bill("CHLOE", "F2", "30.00", "2026-01-10", "2026-02-10")
    office.bill("CHLOE", "F3", "7.00", "2026-02-01", "2026-02-15")
    office.bill("CHLOE", "F4", "20.00", "2026-02-20", "2026-03-20", currency="GBP")
    acts.dispute(the(CHLOE).id, "F1", 1500, day("2026-02-05"))
    acts.postpone(the(CHLOE).id, "F2", day("2026-03-10"), day("2026-02-06"))
    acts.write_off(the(CHLOE).id, "F3", day("2026-02-20"))
    order = ReceiptOrder(the(CHLOE).id, "P1", "GBP", 2500, day("2026-02-21"), "transfer")
    post_receipt(order, "test")


def _february() -> Statement:
    return STATEMENT.query(the(CHLOE).id, *FEBRUARY, FEBRUARY[1])


def test_each_currency_opens_runs_and_closes() -> None:
    euros, pounds = _february().parts
    assert (euros.currency, euros.opening_minor, euros.closing_minor) == ("EUR", 7000, 7000)
    assert [(line.kind, line.debit_minor, line.credit_minor, line.balance_minor) for line in euros.lines] == [
        ("invoice", 700, 0, 7700),
        ("write_off", 0, 700, 7000),
    ]
    assert (pounds.currency, pounds.opening_minor, pounds.closing_minor) == ("GBP", 0, -500)


def test_open_items_with_their_due_dates_and_disputes_add_up_to_the_closing_balance() -> None:
    euros, pounds = _february().parts
    assert [(item.number, item.due_on, item.open_minor, item.disputed_minor) for item in euros.items] == [
        ("F1", day("2026-01-31"), 4000, 1500),
        ("F2", day("2026-03-10"), 3000, 0),
    ]
    assert (euros.open_minor, euros.disputed_minor, euros.unallocated_minor) == (7000, 1500, 0)
    assert (pounds.items, pounds.unallocated_minor) == ([], 500)
    for part in (euros, pounds):
        assert part.balance_minor == part.closing_minor


def test_it_ties_on_every_day() -> None:
    for on in (day("2025-12-31") + dt.timedelta(days=n) for n in range(62)):
        for part in STATEMENT.query(the(CHLOE).id, on, on, on).parts:
            assert part.balance_minor == part.closing_minor
            assert part.opening_minor + sum(line.debit_minor - line.credit_minor for line in part.lines) == (
                part.closing_minor
            )


def test_an_account_without_documents_has_no_part() -> None:
    assert STATEMENT.query(the(ALICE).id, *FEBRUARY, FEBRUARY[1]).parts == ()


def test_bad_questions_are_refused() -> None:
    with pytest.raises(Refusal, match="ends before it begins"):
        STATEMENT.query(the(BRUNO).id, FEBRUARY[1], FEBRUARY[0], FEBRUARY[1])
    with pytest.raises(Refusal, match="no such account"):
        STATEMENT.query(0, *FEBRUARY, FEBRUARY[1])
    with pytest.raises(Refusal, match="'NOBODY'"):
        _run("NOBODY")


def _run(account: str, *more: str) -> Result:
    arguments = ["statement", account, "--from", "2026-02-01", "--to", "2026-02-28", *more]
    return CliRunner().invoke(COMMAND, arguments, catch_exceptions=False)


def test_the_command_as_json() -> None:
    document = json.loads(_run("CHLOE", "--json").stdout)
    assert (document["account"], document["from"], document["to"]) == ("CHLOE", "2026-02-01", "2026-02-28")
    euros, pounds = document["currencies"]
    assert (euros["opening"], euros["closing"], euros["balance"]) == ("70.00", "70.00", "70.00")
    assert euros["lines"][0] == {
        "on": "2026-02-01", "kind": "invoice", "number": "F3", "due_on": "2026-02-15", "debit": "7.00",
        "credit": "0.00", "balance": "77.00", "note": "",
    }  # fmt: skip
    assert euros["open_items"][0] == {
        "kind": "invoice", "number": "F1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "amount": "40.00",
        "open": "40.00", "disputed": "15.00",
    }  # fmt: skip
    assert (pounds["unallocated"], pounds["balance"]) == ("5.00", "-5.00")


def test_the_command_as_csv_says_what_each_row_is() -> None:
    rows = [row for row in csv.DictReader(io.StringIO(_run("CHLOE", "--csv").stdout)) if row["currency"] == "EUR"]
    assert [(row["row"], row["number"]) for row in rows[:2] + rows[3:]] == [
        ("opening", ""), ("line", "F3"), ("closing", ""), ("open_item", "F1"), ("open_item", "F2"), ("unallocated", ""),
    ]  # fmt: skip
    assert (rows[4]["open"], rows[4]["disputed"], rows[4]["due_on"]) == ("40.00", "15.00", "2026-01-31")


def test_the_command_for_people() -> None:
    shown = _run("CHLOE").stdout
    assert "F1" in shown and "15.00" in shown and "Open on 2026-02-28" in shown
    assert "Nothing was ever posted" in _run("ALICE").stdout
