"""How entries are laid out for auditors, and the vocabulary that they stand on."""

import datetime as dt

import pytest

from relance.ledger import chart
from relance.ledger.journal import (
    BOOKS,
    CSV_COLUMNS,
    FEC_COLUMNS,
    KINDS,
    JournalEntry,
    JournalLine,
    account_name,
    book_of,
    csv_rows,
    entry_label,
    fec_rows,
    plain,
)

DAY = dt.date(2026, 1, 5)


def entry(third_party: str = "A-1", document: str = "F-1", label: str = "", currency: str = "EUR") -> JournalEntry:
    """An invoice of 12.34, sealed in February."""
    lines = (JournalLine("411", "411000", label, 1234, 0), JournalLine("706", "706", "", 0, 1234))
    return JournalEntry(
        7, DAY, "invoice", third_party, "Alice", document, dt.date(2026, 1, 4), currency, dt.date(2026, 2, 1), lines
    )


def test_a_line_of_the_audit_file() -> None:
    debit, credit = fec_rows(entry())
    assert debit == (
        "VE", "Journal des ventes", "7", "20260105", "411000", "Clients", "A-1", "Alice", "F-1", "20260104",
        "Facture F-1", "12,34", "0,00", "", "", "20260201", "", "",
    )  # fmt: skip
    assert credit[4:8] == ("706", "Prestations de services", "", "")
    assert len(debit) == len(FEC_COLUMNS) == 18


def test_a_line_of_the_csv_file() -> None:
    debit, _ = csv_rows("default", entry(), "en")
    assert debit == (
        "default", "VE", "7", "2026-01-05", "411000", "Customers", "A-1", "Alice", "F-1", "2026-01-04", "Invoice F-1",
        "12.34", "0.00", "EUR", "2026-02-01",
    )  # fmt: skip
    assert len(debit) == len(CSV_COLUMNS)


def test_an_entry_without_number_or_seal() -> None:
    loose = JournalEntry(None, DAY, "receipt", "A", "Alice", "P", DAY, "JPY", None, entry().lines)
    assert next(csv_rows("c", loose, "fr"))[2::12] == ("", "")
    assert next(csv_rows("c", loose, "fr"))[11] == "1234"
    assert next(fec_rows(loose))[15] == "", "an auditor reads a date there as validated"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_text_runs_as_a_formula(start: str) -> None:
    hostile = f"{start}1+1"
    for cells in csv_rows(hostile, entry(hostile, hostile, hostile), "fr"):
        assert not [cell for cell in cells if cell.startswith(start)]


@pytest.mark.parametrize("breaks", ["\t", "\n", "\r", "\x0b", "\x00", "\x85", "\u2028", '"'])
def test_no_text_breaks_a_column(breaks: str) -> None:
    assert plain(f" a{breaks}b ") == "a b"
    for row in fec_rows(entry(f"a{breaks}b", f"c{breaks}d", f"e{breaks}f")):
        assert breaks not in "".join(row)


def test_every_kind_is_in_a_book_and_has_a_name() -> None:
    assert {book for book, _, _ in KINDS.values()} <= set(BOOKS)
    kinds = {"late_fee", "indemnity", "interest", "return_charge", "refund", "recovery", "invoice", "reversal"}
    assert kinds | {"receipt", "credit_note", "write_off", "small_difference", "correction"} <= set(KINDS)
    assert (entry_label(entry(), "fr"), entry_label(entry(), "en")) == ("Facture F-1", "Invoice F-1")


def test_money_over_the_counter_is_in_the_cash_book() -> None:
    assert (book_of("receipt", False), book_of("receipt", True), book_of("reversal", True)) == ("BQ", "CA", "CA")
    assert book_of("invoice", True) == "VE"


def test_every_account_of_the_chart_is_one_the_audit_file_takes() -> None:
    """The first three characters of an account are digits of the French chart (LPF A47 A-1)."""
    codes = [account.code for account in chart.ACCOUNTS]
    assert all(len(code) >= 3 and code.isdigit() for code in codes)
    assert len(set(codes)) == len(codes)
    used = {*chart.REVENUE_OF.values(), *chart.RECEIVED_ON.values(), *chart.CHARGED_TO.values(), chart.TAX, chart.BANK,
            chart.CREDIT_NOTE, chart.WRITE_OFF, chart.SMALL_DIFFERENCE, chart.RECOVERY, chart.DOUBTFUL}  # fmt: skip
    assert used <= set(codes)
    assert account_name("999", "fr") == "999"
