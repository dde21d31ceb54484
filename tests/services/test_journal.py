"""Sealing days, the creditor's chart, journal pages and the trial balance."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from relance.cycle.services import run
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import PolicyFacts, ReceiptOrder
from relance.ledger.laws import LAWS
from relance.ledger.queries import (
    account_mappings,
    journal_entries,
    journal_page,
    mapping_history,
    policy,
    sealed_through,
    seals,
    trial_balance,
)
from relance.ledger.queries import journal as reading
from relance.ledger.services import change_policy, map_account, post_receipt, seal_due, seal_through
from tests.cast import ALICE, Office, the

TODAY = dt.date(2026, 6, 1)
JANUARY = (dt.date(2026, 1, 1), dt.date(2026, 1, 31))


@pytest.fixture
def creditor_id(office: Office) -> int:
    """The creditor of two accounts with two invoices and a payment in January."""
    office.bill("ALICE", "F-1", "120.00", "2026-01-05", "2026-01-20", tax_amount="20.00")
    office.bill("BRUNO", "F-2", "60.00", "2026-01-07", "2026-01-22", tax_amount="10.00", nature="equipment")
    office.pay("ALICE", "P-1", "120.00", "2026-01-20")
    return the(ALICE).creditor_id


def broken() -> list[str]:
    """The laws of the ledger that do not hold."""
    return [report.law for report in check(LAWS) if report.offenders]


def day(text: str) -> dt.date:
    """A day of 2026 written MM-DD."""
    return dt.date.fromisoformat(f"2026-{text}")


def test_every_day_is_sealed_from_the_first_entry_on(creditor_id: int) -> None:
    assert seal_through(creditor_id, day("03-10"), "zoe", TODAY) == 65
    page = seals(creditor_id, limit=100)
    assert [page.rows[0].day, page.rows[-1].day, page.total] == [day("03-10"), day("01-05"), 65]
    by_day = {seal.day: seal for seal in page.rows}
    first, second, third = (by_day[day(text)] for text in ("01-05", "01-06", "01-07"))
    assert (first.first_number, first.document_count, first.entry_count) == (1, 1, 2)
    assert (second.first_number, second.document_count, second.entry_count) == (2, 0, 0)
    assert (third.first_number, third.document_count, third.sealed_by) == (2, 1, "zoe")
    assert second.previous_hash == first.seal_hash
    assert len({seal.seal_hash for seal in page.rows}) == 65
    assert broken() == []


def test_the_list_of_seals_goes_on_page_by_page(creditor_id: int) -> None:
    seal_through(creditor_id, day("01-09"), "zoe", TODAY)
    first = seals(creditor_id, limit=3)
    assert [seal.day.day for seal in first.rows] == [9, 8, 7]
    second = seals(creditor_id, after=first.next_after, limit=3)
    assert ([seal.day.day for seal in second.rows], second.next_after) == ([6, 5], None)


def test_sealing_again_seals_only_what_is_new(creditor_id: int) -> None:
    assert seal_through(creditor_id, day("01-10"), "zoe", TODAY) == 6
    assert seal_through(creditor_id, day("01-10"), "zoe", TODAY) == 0
    assert seal_through(creditor_id, day("01-12"), "zoe", TODAY) == 2
    assert sealed_through(creditor_id) == day("01-12")
    assert broken() == []


def test_sealing_in_two_goes_gives_the_same_hashes_as_in_one(creditor_id: int) -> None:
    with transaction.atomic():
        seal_through(creditor_id, day("02-20"), "zoe", TODAY)
        at_once = [seal.seal_hash for seal in seals(creditor_id).rows]
        transaction.set_rollback(True)
    for text in ("01-06", "01-20", "02-20"):
        seal_through(creditor_id, day(text), "yan", TODAY)
    assert [seal.seal_hash for seal in seals(creditor_id).rows] == at_once


def test_a_long_day_is_hashed_in_buckets_and_in_order(creditor_id: int) -> None:
    """More rows on one day than a bucket holds: the law, which reads them anew, finds the same hash."""
    account = the(ALICE).id
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
            "SELECT %s, 900000 + n, '2026-01-05', 'EUR', '411', '706', n FROM generate_series(1, 2500) AS n",
            [account],
        )
    seal_through(creditor_id, day("01-08"), "zoe", TODAY)
    seal = next(seal for seal in seals(creditor_id).rows if seal.day == day("01-05"))
    assert (seal.document_count, seal.entry_count) == (2501, 2502)
    sealed = {"ledger.sealed_days_unchanged", "ledger.sealed_days_closed", "ledger.seal_chain", "ledger.sealed_totals"}
    assert not sealed & set(broken())


@pytest.mark.parametrize("text", ["06-01", "06-02"])
def test_a_day_that_is_not_over_is_not_sealed(creditor_id: int, text: str) -> None:
    with pytest.raises(Refusal, match="not over yet"):
        seal_through(creditor_id, day(text), "zoe", TODAY)
    assert sealed_through(creditor_id) is None


def test_a_day_before_the_last_seal_is_refused(creditor_id: int) -> None:
    seal_through(creditor_id, day("01-10"), "zoe", TODAY)
    with pytest.raises(Refusal, match="sealed through 2026-01-10"):
        seal_through(creditor_id, day("01-09"), "zoe", TODAY)


def test_nothing_is_sealed_before_there_is_an_entry(creditor_id: int) -> None:
    assert seal_through(creditor_id, day("01-04"), "zoe", TODAY) == 0
    assert seals(creditor_id).rows == []


def test_numbers_begin_again_with_the_year(office: Office) -> None:
    office.bill("ALICE", "F-1", "12.00", "2025-12-30", "2026-01-20")
    office.bill("ALICE", "F-2", "12.00", "2026-01-02", "2026-01-20")
    office.bill("ALICE", "F-3", "12.00", "2026-01-03", "2026-01-20")
    creditor = the(ALICE).creditor_id
    numbered = [(2025, 1), (2026, 1), (2026, 2)]
    period = (dt.date(2025, 1, 1), day("02-01"))
    assert [(entry.booked_on.year, entry.number) for entry in journal_entries(creditor, *period)] == numbered
    seal_through(creditor, day("01-02"), "zoe", TODAY)
    assert [(entry.booked_on.year, entry.number) for entry in journal_entries(creditor, *period)] == numbered
    assert [entry.number for entry in journal_entries(creditor, day("01-03"), day("01-31"))] == [2]
    office.bill("ALICE", "F-4", "12.00", "2026-01-05", "2026-01-20")
    assert [entry.number for entry in journal_entries(creditor, day("01-05"), day("01-31"))] == [3]
    assert broken() == []


def test_documents_in_another_currency_have_no_number_and_leave_no_gap(office: Office) -> None:
    office.bill("ALICE", "F-1", "12.00", "2026-01-05", "2026-01-20")
    office.bill("ALICE", "F-2", "12.00", "2026-01-05", "2026-01-20", currency="CHF")
    office.bill("ALICE", "F-3", "12.00", "2026-01-06", "2026-01-20")
    creditor = the(ALICE).creditor_id
    expected = {"F-1": 1, "F-2": None, "F-3": 2}
    assert {entry.document: entry.number for entry in journal_entries(creditor, *JANUARY)} == expected
    seal_through(creditor, day("01-31"), "zoe", TODAY)
    assert {entry.document: entry.number for entry in journal_entries(creditor, *JANUARY)} == expected
    assert [entry.document for entry in journal_entries(creditor, *JANUARY, "CHF")] == ["F-2"]
    assert broken() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = 1",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_allocation",
        "UPDATE ledger_seal SET sealed_by = 'nobody'",
        "DELETE FROM ledger_sealedtotal",
        "DELETE FROM ledger_policy",
        "UPDATE ledger_accountmapping SET code = '1'",
    ],
)
def test_the_database_lets_nobody_change_what_was_written(creditor_id: int, statement: str) -> None:
    map_account(creditor_id, "411", "411000", "Clients", day("01-01"), "zoe")
    change_policy(creditor_id, PolicyFacts(seal_after_days=30), "audit", "zoe")
    seal_through(creditor_id, day("01-31"), "zoe", TODAY)
    with (
        pytest.raises(DatabaseError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_account_is_mapped_from_its_day_on(creditor_id: int) -> None:
    map_account(creditor_id, "411", "411000", "Clients France", day("01-07"), "zoe")
    codes = {entry.document: entry.lines[0].code for entry in journal_entries(creditor_id, *JANUARY)}
    assert codes == {"F-1": "411", "F-2": "411000", "P-1": "512"}
    before = {facts.account: facts for facts in account_mappings(creditor_id, day("01-06"))}
    after = {facts.account: facts for facts in account_mappings(creditor_id, day("01-07"))}
    assert (before["411"].code, before["411"].name("en"), before["411"].valid_from) == ("411", "Customers", None)
    assert (after["411"].code, after["411"].name("en")) == ("411000", "Clients France")
    assert len(before) == len(after) > 15


def test_the_newest_word_on_a_day_holds(creditor_id: int) -> None:
    map_account(creditor_id, "411", "411000", "Clients", day("01-05"), "zoe")
    map_account(creditor_id, "411", "411100", "Clients", day("01-05"), "zoe")
    first = next(iter(journal_entries(creditor_id, *JANUARY)))
    assert first.lines[0].code == "411100"
    assert [facts.code for facts in mapping_history(creditor_id)] == ["411000", "411100"]


@pytest.mark.parametrize(
    ("account", "code", "label", "text", "said"),
    [
        ("999", "411000", "Clients", "03-01", "no account of the ledger"),
        ("411", "41", "Clients", "03-01", "no account code"),
        ("411", "411-000", "Clients", "03-01", "no account code"),
        ("411", "4" * 21, "Clients", "03-01", "no account code"),
        ("411", "C411", "Clients", "03-01", "first three characters are digits"),
        ("411", "411000", " ", "03-01", "a name"),
        ("411", "411000", "Clients", "01-31", "sealed through 2026-01-31"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    creditor_id: int, account: str, code: str, label: str, text: str, said: str
) -> None:
    seal_through(creditor_id, day("01-31"), "zoe", TODAY)
    with pytest.raises(Refusal, match=said):
        map_account(creditor_id, account, code, label, day(text), "zoe")
    assert mapping_history(creditor_id) == []


def test_a_policy_is_changed_with_a_reason(creditor_id: int) -> None:
    assert policy(creditor_id) == PolicyFacts()
    wanted = PolicyFacts(small_difference_minor=200, seal_after_days=5)
    change_policy(creditor_id, wanted, "closing of the month", "zoe")
    change_policy(creditor_id, wanted, "once more", "zoe")
    assert policy(creditor_id) == wanted
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, changed_by FROM ledger_policy WHERE creditor_id = %s", [creditor_id])
        assert cursor.fetchall() == [("closing of the month", "zoe")]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (PolicyFacts(seal_after_days=5), " "),
        (PolicyFacts(seal_after_days=0), "soon"),
        (PolicyFacts(small_difference_minor=-1), "mistyped"),
        (PolicyFacts(interest_minimum_minor=-1), "mistyped"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(creditor_id: int, wanted: PolicyFacts, reason: str) -> None:
    with pytest.raises(Refusal):
        change_policy(creditor_id, wanted, reason, "zoe")
    assert policy(creditor_id) == PolicyFacts()


def test_the_night_seals_what_the_policy_says(creditor_id: int) -> None:
    assert seal_due(day("01-20")) == {}
    change_policy(creditor_id, PolicyFacts(seal_after_days=10), "month end", "zoe")
    run(day("01-20"))
    assert sealed_through(creditor_id) == day("01-10")
    run(day("01-21"))
    assert sealed_through(creditor_id) == day("01-11")
    assert seal_due(day("01-21")) == {}


def test_a_receipt_is_not_dated_in_a_sealed_day(creditor_id: int) -> None:
    seal_through(creditor_id, day("01-20"), "zoe", TODAY)
    order = ReceiptOrder(the(ALICE).id, "P-9", "EUR", 500, day("01-20"), "transfer")
    with pytest.raises(Refusal, match="sealed through 2026-01-20"):
        post_receipt(order, "zoe")
    assert broken() == []


def test_the_trial_balance_adds_up_whether_days_are_sealed_or_not(creditor_id: int) -> None:
    def rows() -> dict[str, tuple[int, ...]]:
        found = trial_balance(creditor_id, day("01-07"), day("01-31"))
        for name in ("opening", "movement", "closing"):
            debit = sum(getattr(row, f"{name}_debit_minor") for row in found)
            assert debit == sum(getattr(row, f"{name}_credit_minor") for row in found) > 0
        return {
            row.code: (
                row.opening_debit_minor, row.opening_credit_minor, row.movement_debit_minor,
                row.movement_credit_minor, row.closing_debit_minor, row.closing_credit_minor,
            )
            for row in found
        }  # fmt: skip

    expected = {
        "411": (12000, 0, 6000, 12000, 6000, 0),
        "44571": (0, 2000, 0, 1000, 0, 3000),
        "512": (0, 0, 12000, 0, 12000, 0),
        "706": (0, 10000, 0, 0, 0, 10000),
        "707": (0, 0, 0, 5000, 0, 5000),
    }
    assert rows() == expected
    for text in ("01-05", "01-10", "02-10"):
        seal_through(creditor_id, day(text), "zoe", TODAY)
        assert rows() == expected


def test_the_trial_balance_speaks_the_creditors_chart(creditor_id: int) -> None:
    map_account(creditor_id, "706", "706100", "Abonnements", day("01-01"), "zoe")
    map_account(creditor_id, "707", "706100", "Abonnements", day("01-01"), "zoe")
    names = {row.code: (row.name("fr"), row.closing_credit_minor) for row in trial_balance(creditor_id, *JANUARY)}
    assert names["706100"] == ("Abonnements", 15000)
    assert names["44571"] == ("TVA collectée", 3000)


def test_a_ledger_account_is_followed_down_to_its_entries(creditor_id: int) -> None:
    page = journal_page(creditor_id, *JANUARY, code="411")
    assert [(row.booked_on, row.document, row.kind, row.book) for row in page.rows] == [
        (day("01-05"), "F-1", "invoice", "VE"),
        (day("01-05"), "F-1", "invoice", "VE"),
        (day("01-07"), "F-2", "invoice", "VE"),
        (day("01-07"), "F-2", "invoice", "VE"),
        (day("01-20"), "P-1", "receipt", "BQ"),
    ]
    moved = sum(row.amount_minor if row.debit == "411" else -row.amount_minor for row in page.rows)
    assert moved == 6000
    (paid,) = journal_page(creditor_id, *JANUARY, code="512").rows
    assert (paid.account_number, paid.account_name, paid.is_sealed) == ("ALICE", "Alice Ponctuelle", False)
    seal_through(creditor_id, day("01-31"), "zoe", TODAY)
    assert journal_page(creditor_id, *JANUARY, code="512").rows[0].is_sealed


def test_a_document_is_found_by_its_number(creditor_id: int) -> None:
    assert [row.kind for row in journal_page(creditor_id, *JANUARY, document="F-1").rows] == ["invoice", "invoice"]
    assert [row.credit for row in journal_page(creditor_id, *JANUARY, code="706", document="F-1").rows] == ["706"]
    assert journal_page(creditor_id, *JANUARY, document="F-9").rows == []


def test_entries_are_found_under_the_code_of_their_day(creditor_id: int) -> None:
    map_account(creditor_id, "411", "411000", "Clients", day("01-07"), "zoe")
    assert {row.document for row in journal_page(creditor_id, *JANUARY, code="411").rows} == {"F-1"}
    assert {row.document for row in journal_page(creditor_id, *JANUARY, code="411000").rows} == {"F-2", "P-1"}
    assert journal_page(creditor_id, *JANUARY, code="411100").rows == []


@pytest.mark.parametrize("many", [3, 10_000])
def test_the_journal_goes_on_page_by_page(
    creditor_id: int, office: Office, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there are more rows than are counted, the days are searched a few at a time, and ids fall."""
    office.bill("CHLOE", "F-0", "12.00", "2026-01-02", "2026-01-22", tax_amount="2.00")
    monkeypatch.setattr(reading, "COUNT_LIMIT", many)
    whole = journal_page(creditor_id, *JANUARY)
    assert (len(whole.rows), whole.total, whole.total_is_exact) == (7, min(7, many), many > 7)
    assert whole.next_after is None
    found, after = [], None
    while True:
        page = journal_page(creditor_id, *JANUARY, after=after, limit=2)
        assert page.total == whole.total
        found += page.rows
        after = page.next_after
        if after is None:
            break
    assert found == list(whole.rows)
