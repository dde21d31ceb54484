"""The account ledger: every document in order with the balance after it, in whole or a page at a time."""

import datetime as dt
import random

import pytest

from relance.ledger import queries
from relance.ledger.facts import LedgerLine, ReceiptOrder
from relance.ledger.services import post_receipt, reverse_receipt
from tests import acts
from tests.bookkeeping import day, receive
from tests.cast import ALICE, BRUNO, CHLOE, Office, the

ALWAYS = dt.date(2020, 1, 1)
YEAR_END = dt.date(2026, 12, 31)


def told(lines: list[LedgerLine]) -> list[tuple[str, str, str, int, int, int]]:
    return [
        (line.on.isoformat(), line.kind, line.number, line.debit_minor, line.credit_minor, line.balance_minor)
        for line in lines
    ]


@pytest.fixture
def returned(office: Office) -> Office:
    """Bruno's January: an invoice, a payment that covers it and more, the return of that payment, a credit note."""
    office.bill("BRUNO", "F1", "30.00", "2026-01-01", "2026-01-31")
    credit_id = receive(BRUNO, "P1", 4000, "2026-01-10")
    reverse_receipt(the(BRUNO).id, credit_id, day("2026-01-20"), "returned by the bank", "test")
    office.bring("credits", {"account": "BRUNO", "number": "C1", "issued_on": "2026-01-20", "amount": "5.00",
                             "invoice": "F1", "reason": "line fault"})  # fmt: skip
    return office


def test_documents_and_reversals_stand_in_order_with_the_balance_after_each(returned: Office) -> None:
    opening, lines, closing = queries.account_ledger(the(BRUNO).id, "EUR", ALWAYS, YEAR_END, YEAR_END)
    assert (opening, closing) == (0, 2500)
    assert told(lines) == [
        ("2026-01-01", "invoice", "F1", 3000, 0, 3000),
        ("2026-01-10", "receipt", "P1", 0, 4000, -1000),
        ("2026-01-20", "reversal", "P1", 4000, 0, 3000),
        ("2026-01-20", "credit_note", "C1", 0, 500, 2500),
    ]
    assert [line.note for line in lines] == ["", "transfer", "returned by the bank", "line fault"]
    assert [line.due_on for line in lines] == [day("2026-01-31"), None, None, None]


def test_a_period_opens_with_what_was_owed_before_it(returned: Office) -> None:
    opening, lines, closing = queries.account_ledger(
        the(BRUNO).id, "EUR", day("2026-01-10"), day("2026-01-19"), YEAR_END
    )
    assert (opening, closing) == (3000, -1000)
    assert told(lines) == [("2026-01-10", "receipt", "P1", 0, 4000, -1000)]
    quiet = queries.account_ledger(the(BRUNO).id, "EUR", day("2026-03-01"), day("2026-03-31"), YEAR_END)
    assert quiet == (2500, [], 2500)


def test_seen_from_an_earlier_day_later_documents_are_not_there(returned: Office) -> None:
    _, lines, closing = queries.account_ledger(the(BRUNO).id, "EUR", ALWAYS, YEAR_END, day("2026-01-10"))
    assert ([line.number for line in lines], closing) == (["F1", "P1"], -1000)


def test_the_balance_of_any_day_is_that_of_its_open_items(returned: Office) -> None:
    account_id = the(BRUNO).id
    for on in (day("2026-01-01") + dt.timedelta(days=n) for n in range(30)):
        _, _, closing = queries.account_ledger(account_id, "EUR", ALWAYS, on, on)
        (balance,) = queries.balances([account_id], on)[account_id]
        assert closing == balance.total_minor


def test_a_split_nets_to_nothing_and_says_what_it_spreads(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    acts.split(the(ALICE).id, "F1", [(day("2026-02-28"), 1000), (day("2026-03-31"), 2000)], day("2026-02-02"))
    _, lines, closing = queries.account_ledger(the(ALICE).id, "EUR", ALWAYS, YEAR_END, YEAR_END)
    assert closing == 3000
    spread = [line for line in lines if line.only_spreads]
    assert [(line.kind, line.number) for line in spread] == [
        ("split", "SPL-1-F1"), ("instalment", "F1/1"), ("instalment", "F1/2"),
    ]  # fmt: skip
    assert sum(line.debit_minor - line.credit_minor for line in spread) == 0
    assert [line.note for line in spread[1:]] == ["F1", "F1"]
    assert [line.number for line in lines if not line.only_spreads] == ["F1"]


def test_the_due_date_is_the_one_in_force_on_the_day_looked_from(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    for due_on, on in (("2026-02-28", "2026-02-02"), ("2026-03-31", "2026-02-20")):
        acts.postpone(the(ALICE).id, "F1", day(due_on), day(on))
    for as_of, due_on in (("2026-02-01", "2026-01-31"), ("2026-02-10", "2026-02-28"), ("2026-02-20", "2026-03-31")):
        _, (line,), _ = queries.account_ledger(the(ALICE).id, "EUR", ALWAYS, YEAR_END, day(as_of))
        assert line.due_on == day(due_on)


def test_currencies_and_accounts_stay_apart(office: Office) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "20.00", "2026-02-01", "2026-02-28", currency="GBP")
    office.bill("CHLOE", "F1", "99.00", "2026-01-01", "2026-01-31")
    assert queries.currencies_of(the(ALICE).id, YEAR_END) == ["EUR", "GBP"]
    assert queries.currencies_of(the(ALICE).id, day("2026-01-15")) == ["EUR"]
    pounds = ReceiptOrder(the(ALICE).id, "P1", "GBP", 2000, day("2026-02-02"), "transfer")
    reverse_receipt(the(ALICE).id, post_receipt(pounds, "test").credit_id, day("2026-02-09"), "returned", "test")
    _, lines, closing = queries.account_ledger(the(ALICE).id, "GBP", ALWAYS, YEAR_END, YEAR_END)
    assert ([line.kind for line in lines], closing) == (["invoice", "receipt", "reversal"], 2000)
    _, lines, closing = queries.account_ledger(the(ALICE).id, "EUR", ALWAYS, YEAR_END, YEAR_END)
    assert ([line.kind for line in lines], closing) == (["invoice"], 3000)
    assert queries.account_ledger(the(BRUNO).id, "EUR", ALWAYS, YEAR_END, YEAR_END) == (0, [], 0)


def test_pages_give_the_same_lines_newest_first(office: Office) -> None:
    """Many documents share a day, so the page ends inside one."""
    draw = random.Random(7)
    for number in range(16):
        on = day("2026-01-01") + dt.timedelta(days=draw.randrange(4))
        office.bill("CHLOE", f"F{number}", f"{draw.randrange(10, 99)}.00", on.isoformat(), "2026-02-28")
    for number in range(6):
        receive(CHLOE, f"P{number}", 1000, f"2026-01-0{draw.randrange(1, 6)}")
    period = (the(CHLOE).id, "EUR", day("2026-01-02"), day("2026-01-04"), YEAR_END)
    _, whole, closing = queries.account_ledger(*period)
    found: list[LedgerLine] = []
    after = None
    while True:
        page = queries.account_ledger_page(*period, after=after, limit=5)
        assert (page.total, page.total_is_exact) == (len(whole), True)
        found.extend(page.rows)
        after = page.next_after
        if after is None:
            break
        assert len(page.rows) == 5
    assert found == whole[::-1]
    assert len(found) > 10
    assert found[0].balance_minor == closing


def test_an_empty_account_has_an_empty_page(office: Office) -> None:
    page = queries.account_ledger_page(the(ALICE).id, "EUR", ALWAYS, YEAR_END, YEAR_END)
    assert (page.rows, page.next_after, page.total) == ([], None, 0)


@pytest.mark.parametrize("after", ["", "2026-01-01", "yesterday|1"])
def test_a_page_after_nonsense_raises(office: Office, after: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|invalid literal"):
        queries.account_ledger_page(the(ALICE).id, "EUR", ALWAYS, YEAR_END, YEAR_END, after=after)
