"""Sealing days, the creditor's chart, journal pages and the trial balance."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from relance.cycle.services import run
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger import models
from relance.ledger.facts import Cheque, DepositOrder, PolicyFacts, ReceiptOrder
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
from relance.ledger.services import change_policy, map_account, post_deposit, post_receipt, seal_due, seal_through
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


ADDED_ONLY = {
    "accountmapping", "allocation", "deposit", "designation", "doubtfulmark", "entry", "exclusion", "interestdecision",
    "interruption", "policy", "posting", "postponement", "reversal", "seal", "sealedtotal",
}  # fmt: skip
MAY_CHANGE = {
    "openitem": {"open_minor", "document_url"},
    "credit": {"open_minor", "by_hand", "payer_iban", "free_from"},
    "request": {"state", "decided_by", "decided_at", "decision_reason", "posting_id"},
}


def _guarded() -> dict[str, dict[str, set[str]]]:
    """By table and function of its triggers: the columns that they fire for (none: all), and DELETE and TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT substr(t.tgrelid::regclass::text, 8), p.proname || CASE WHEN t.tgqual IS NULL THEN '' ELSE ' if' END,
                   t.tgtype & 8 > 0, t.tgtype & 16 > 0, t.tgtype & 32 > 0, t.tgtype & 4 > 0,
                   array(SELECT a.attname::text FROM pg_attribute a
                         WHERE a.attrelid = t.tgrelid AND a.attnum = ANY(t.tgattr::smallint[]))
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE NOT t.tgisinternal AND t.tgrelid::regclass::text LIKE 'ledger\\_%%' AND t.tgenabled = 'O'"""
        )
        found: dict[str, dict[str, set[str]]] = {}
        for table, function, deletes, updates, truncates, inserts, columns in cursor.fetchall():
            assert not inserts, f"imports of {table} would pay for a trigger"
            verbs = {verb for verb, fires in (("DELETE", deletes), ("TRUNCATE", truncates)) if fires}
            verbs |= (set(columns) or {"UPDATE"}) if updates else set()
            found.setdefault(table, {}).setdefault(function, set()).update(verbs)
    return found


def test_every_table_of_the_ledger_is_guarded_column_by_column(db: None) -> None:
    """A new table or column has to be said here: it is added only, or it may change."""
    tables = {model._meta.db_table.removeprefix("ledger_") for model in vars(models).values()
              if isinstance(model, type) and hasattr(model, "_meta")}  # fmt: skip
    assert tables == ADDED_ONLY | set(MAY_CHANGE)
    guarded = _guarded()
    for table in tables:
        assert guarded[table]["ledger_is_never_truncated"] == {"TRUNCATE"}, table
    for table in ADDED_ONLY:
        assert guarded[table]["ledger_is_append_only"] == {"DELETE", "UPDATE"}, table
    with connection.cursor() as cursor:
        for table, changing in MAY_CHANGE.items():
            names = {
                column.name for column in connection.introspection.get_table_description(cursor, f"ledger_{table}")
            }
            assert guarded[table]["ledger_is_append_only"] == {"DELETE"}
            assert guarded[table]["ledger_is_written_once"] == names - changing, table


@pytest.mark.parametrize("table", sorted({f"ledger_{name}" for name in ADDED_ONLY | set(MAY_CHANGE)}))
def test_no_table_is_emptied_at_one_stroke(creditor_id: int, table: str) -> None:
    with (
        pytest.raises(DatabaseError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL relance.truncate_allowed = ''")
        cursor.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_openitem SET number = 'F-X'",
        "UPDATE ledger_openitem SET open_minor = 0, amount_minor = 0",
        "DELETE FROM ledger_openitem",
        "UPDATE ledger_credit SET received_on = '2026-01-01'",
        "UPDATE ledger_credit SET payer_iban = 'FR7630006000011234567890189' WHERE payer_iban <> ''",
        "DELETE FROM ledger_credit",
        "UPDATE ledger_request SET amount_minor = 1",
        "UPDATE ledger_request SET state = 'requested', decided_by = ''",
        "DELETE FROM ledger_request",
        "UPDATE ledger_exclusion SET amount_minor = 1",
        "UPDATE ledger_postponement SET due_on = '2027-01-01'",
        "UPDATE ledger_deposit SET amount_minor = 1",
    ],
)
def test_what_a_document_says_cannot_be_changed(creditor_id: int, statement: str) -> None:
    account = the(ALICE).id
    post_deposit(DepositOrder(creditor_id, "S-1", day("02-01"), "EUR", (Cheque(account, "17", 500),)), "zoe")
    known = ReceiptOrder(account, "P-9", "EUR", 500, day("02-01"), "transfer",
                         payer_iban="FR1420041010050500013M02606")  # fmt: skip
    post_receipt(known, "zoe")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_request (account_id, kind, state, currency, amount_minor, data, reason, requested_by, "
            "requested_on, decided_by, decision_reason) VALUES (%(id)s, 'refund', 'refused', 'EUR', 5, '{}', 'r', 'zoe', "
            "'2026-02-01', 'yan', 'n'); INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, "
            "effective_on, reference) VALUES (%(id)s, 1, 'disputed', 5, '2026-02-01', 'D'); INSERT INTO "
            "ledger_postponement (account_id, item_id, due_on, effective_on, posting_id) "
            "VALUES (%(id)s, 1, '2026-03-01', '2026-02-01', 1)".replace("%(id)s", str(account))
        )
    with pytest.raises(DatabaseError, match=r"only ever added|written once"), transaction.atomic():
        connection.cursor().execute(statement)


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
        (PolicyFacts(small_difference_minor=501), "year end"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(creditor_id: int, wanted: PolicyFacts, reason: str) -> None:
    with pytest.raises(Refusal):
        change_policy(creditor_id, wanted, reason, "zoe")
    assert policy(creditor_id) == PolicyFacts()


def test_the_night_seals_what_the_policy_says_and_logs_the_hash(
    creditor_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert seal_due(day("01-20")) == {}
    change_policy(creditor_id, PolicyFacts(seal_after_days=10), "month end", "zoe")
    run(day("01-20"))
    assert sealed_through(creditor_id) == day("01-10")
    (newest,) = seals(creditor_id, limit=1).rows
    assert f"sealed through 2026-01-10: {newest.seal_hash}" in caplog.text
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
    names = {row.code: (row.name("fr"), row.closing_credit_minor) for row in trial_balance(creditor_id, *JANUARY)}
    assert names["706100"] == ("Abonnements", 10000)
    assert names["44571"] == ("TVA collectée", 3000)


def test_the_trial_balance_names_accounts_as_they_were_called_at_its_end(creditor_id: int) -> None:
    map_account(creditor_id, "706", "706100", "Mistyped", day("01-01"), "zoe")
    map_account(creditor_id, "706", "706100", "Abonnements", day("01-01"), "zoe")
    map_account(creditor_id, "706", "706100", "Forfaits", day("01-20"), "zoe")
    map_account(creditor_id, "706", "706100", "Contrats", day("02-01"), "zoe")

    def name(last: str) -> str:
        rows = trial_balance(creditor_id, day("01-01"), day(last))
        return next(row.name("fr") for row in rows if row.code == "706100")

    assert [name(last) for last in ("01-19", "01-20", "01-31", "02-01")] == [
        "Abonnements", "Forfaits", "Forfaits", "Contrats",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("account", "code", "text", "said"),
    [
        ("411", "416", "02-01", "account 416 is written 416 already on 2026-02-01"),
        ("512", "411", "02-01", "account 411 is written 411 already on 2026-02-01"),
        ("707", "706100", "01-01", "account 706 is written 706100 already on 2026-01-10"),
        ("707", "706100", "02-01", "account 706 is written 706100 already on 2026-02-01"),
        ("708", "707", "01-01", "account 707 is written 707 already on 2026-01-01"),
    ],
)
def test_two_accounts_never_share_a_code(creditor_id: int, account: str, code: str, text: str, said: str) -> None:
    map_account(creditor_id, "706", "706100", "Abonnements", day("01-10"), "zoe")
    map_account(creditor_id, "707", "707100", "Matériel", day("03-01"), "zoe")
    with pytest.raises(Refusal, match=said):
        map_account(creditor_id, account, code, "Mixed", day(text), "zoe")
    assert len(mapping_history(creditor_id)) == 2


def test_a_code_that_is_free_again_can_be_given(creditor_id: int) -> None:
    map_account(creditor_id, "706", "706100", "Abonnements", day("01-10"), "zoe")
    map_account(creditor_id, "707", "706", "Matériel", day("01-10"), "zoe")
    map_account(creditor_id, "706", "706200", "Abonnements", day("02-01"), "zoe")
    map_account(creditor_id, "708", "706100", "Autres", day("02-01"), "zoe")
    assert broken() == []


@pytest.mark.parametrize("on", [dt.date(1, 1, 1), dt.date(1989, 12, 31), dt.date(2200, 1, 1)])
def test_an_act_in_a_mistyped_year_is_refused(creditor_id: int, on: dt.date) -> None:
    slip = DepositOrder(creditor_id, "S-1", on, "EUR", (Cheque(the(ALICE).id, "17", 500),))
    with pytest.raises(Refusal, match="check the year"):
        post_deposit(slip, "zoe")
    with pytest.raises(Refusal, match="check the year"):
        post_receipt(ReceiptOrder(the(ALICE).id, "P-9", "EUR", 500, on, "transfer"), "zoe")


def test_sealing_decades_at_once_is_refused(office: Office, creditor_id: int, caplog: pytest.LogCaptureFixture) -> None:
    office.bill("ALICE", "F-0", "12.00", "1926-01-05", "1926-01-20")
    with pytest.raises(Refusal, match="every day from 1926-01-05 on, more than 20 years"):
        seal_through(creditor_id, day("01-10"), "zoe", TODAY)
    change_policy(creditor_id, PolicyFacts(seal_after_days=10), "month end", "zoe")
    assert seal_due(TODAY) == {creditor_id: 0}
    assert "more than 20 years" in caplog.text
    assert seals(creditor_id).rows == []
    assert seal_through(creditor_id, dt.date(1926, 1, 6), "zoe", TODAY) == 2
    assert broken() == []


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
