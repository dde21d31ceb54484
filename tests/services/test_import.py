"""The CSV import: what each file writes, what a second import changes, and which rows are rejected with what words."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from django.db import connection

from relance.customers.facts import AccountsChanged
from relance.customers.imports import accounts as accounts_import
from relance.customers.queries import account_by_number, creditors
from relance.intake import services as intake
from relance.intake.facts import FileReport
from relance.intake.queries import imported_files
from relance.intake.services import find_files, import_paths
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import ItemsPosted
from relance.ledger.imports import invoices as invoices_import
from relance.ledger.laws import LAWS

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 3, 1)
ACCOUNTS = "number,name\nA1,Alice\nA2,Bruno\n"
INVOICE = "account,number,issued_on,due_on,amount"


class Folder:
    """Writes files as the operator would and imports them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def bring(self, name: str, content: str | bytes, as_of: dt.date = AS_OF) -> FileReport:
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_paths([path], as_of, imported_by="tests")[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def known(folder: Folder) -> Folder:
    """A folder whose accounts A1 and A2 are imported."""
    folder.bring("accounts.csv", ACCOUNTS)
    return folder


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def counts(report: FileReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.rejected


def errors(report: FileReport) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.message) for error in report.errors]


def assert_laws_hold() -> None:
    assert {report.law: report.examples for report in check(LAWS) if report.offenders} == {}


def test_the_published_sample_comes_in_whole_and_a_second_time_changes_nothing(samples: Path) -> None:
    first = import_paths([samples / "late_payers"], AS_OF)
    assert [(report.file, *counts(report)) for report in first] == [
        ("accounts.csv", 100, 0, 0, 0),
        ("invoices.csv", 2466, 0, 0, 0),
        ("payments.csv", 2466, 0, 0, 0),
    ]
    assert rows("SELECT sum(amount_minor), sum(open_minor) FROM ledger_openitem") == [(14_770_318, 0)]
    with connection.cursor() as cursor:
        # Outside a test the server counts its tables by itself; without it the laws' joins would be guessed badly.
        cursor.execute("ANALYZE")
    assert_laws_hold()
    before = rows("SELECT count(*), max(id) FROM ledger_entry")
    second = import_paths([samples / "late_payers"], AS_OF)
    assert [counts(report) for report in second] == [(0, 0, 100, 0), (0, 0, 2466, 0), (0, 0, 2466, 0)]
    assert rows("SELECT count(*), max(id) FROM ledger_entry") == before


def test_all_seven_files_of_a_folder_in_the_order_that_each_needs(folder: Folder) -> None:
    files = {
        "payments.csv": "account,reference,received_on,amount\nA1,P1,2026-02-01,50\n",
        "mandates.csv": "account,umr,signed_on,iban\nA1,M1,2025-01-01,FR76 3000 6000 0112 3456 7890 189\n",
        "credits.csv": "account,number,issued_on,amount,invoice,reason\nA1,N1,2026-01-20,20.00,F1,wrong price\n",
        "invoices.csv": f"{INVOICE},tax_amount\nA1,F1,2026-01-01,2026-01-31,120.00,20.00\n",
        "services.csv": "account,identifier,kind\nA1,+33600000001,mobile\n",
        "accounts.csv": "number,name,creditor\nA1,Alice,nord\n",
        "creditors.csv": "code,name,vat_on_debits\nnord,Nord Télécom,yes\n",
        "readme.txt": "not ours",
        "notes.csv": "not,ours\n",
    }
    for name, content in files.items():
        (folder.path / name).write_text(content)
    reports = import_paths([folder.path], AS_OF)
    assert [report.file.removesuffix(".csv") for report in reports] == [
        "creditors", "accounts", "services", "invoices", "credits", "payments", "mandates",
    ]  # fmt: skip
    assert [counts(report) for report in reports] == [(1, 0, 0, 0)] * 7
    assert [path.name for path in find_files([folder.path]).ignored] == ["notes.csv"]
    assert rows("SELECT number, amount_minor, open_minor FROM ledger_openitem") == [("F1", 12_000, 5_000)]
    assert rows("SELECT debit, credit, amount_minor FROM ledger_entry ORDER BY id") == [
        ("411", "706", 10_000), ("411", "44571", 2_000), ("709", "411", 1_667), ("44571", "411", 333),
        ("512", "411", 5_000),
    ]  # fmt: skip
    assert rows("SELECT iban, scheme FROM payments_mandate") == [("FR7630006000011234567890189", "core")]
    assert [counts(report) for report in import_paths([folder.path], AS_OF)] == [(0, 0, 1, 0)] * 7
    assert_laws_hold()


def test_defaults_of_an_account_of_two_columns(known: Folder) -> None:
    alice = account_by_number("A1")
    assert alice is not None
    assert (alice.kind, alice.credit_class, alice.payment_method, alice.country, alice.language) == (
        "consumer", "standard", "transfer", "FR", "",
    )  # fmt: skip
    assert [(entry.id, entry.code) for entry in creditors()] == [(alice.creditor_id, "default")]


def test_an_absent_column_keeps_the_stored_value_and_an_empty_cell_means_the_default(folder: Folder) -> None:
    folder.bring("accounts.csv", "number,name,segment,credit_class\nA1,Alice,north,gold\n")
    assert counts(folder.bring("accounts.csv", "number,name\nA1,Alicia\n")) == (0, 1, 0, 0)
    alice = account_by_number("A1")
    assert alice is not None
    assert (alice.name, alice.segment, alice.credit_class) == ("Alicia", "north", "gold")
    assert counts(folder.bring("accounts.csv", "number,name,segment,credit_class\nA1,Alicia,,\n")) == (0, 1, 0, 0)
    alice = account_by_number("A1")
    assert alice is not None
    assert (alice.segment, alice.credit_class) == ("", "standard")


@pytest.mark.parametrize(
    "content",
    [
        "number,name\nA1,Alice\n".encode("utf-8-sig"),
        b"number,name\r\nA1,Alice\r\n",
        b"number,name\nA1,Alice",
        b"\xef\xbb\xbfname,number\r\nAlice,A1\r\n\r\n",
        b"number,name\n\nA1,Alice\n",
        b'"number","name"\n"A1","Alice"\n',
        b" number, name\n A1 ,  Alice \n",
        b"number,name\r\nA1,Alice\n",
        b"number,name,city\nA1,Alice,\n",
        b'number,name,city\nA1,Alice,"  "\n',
    ],
)
def test_spellings_of_one_and_the_same_file(folder: Folder, content: bytes) -> None:
    assert counts(folder.bring("accounts.csv", content)) == (1, 0, 0, 0)
    alice = account_by_number("A1")
    assert alice is not None
    assert (alice.name, alice.city) == ("Alice", "")


def test_quoted_newlines_commas_and_quotes_stay_in_their_cell_and_do_not_disturb_row_numbers(folder: Folder) -> None:
    content = 'number,name,opened_on\nA1,"Alice ""Al""\nMartin, chez Bruno",\nA2,Bruno,2026-02-30\n'
    report = folder.bring("accounts.csv", content)
    assert errors(report) == [(2, "opened_on", "2026-02-30 is not a day of the calendar")]
    alice = account_by_number("A1")
    assert alice is not None
    assert alice.name == 'Alice "Al"\nMartin, chez Bruno'


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("A1,F1,2026-02-30,2026-03-30,1.00,,,", "issued_on", "2026-02-30 is not a day of the calendar"),
        ("A1,F1,2026-01-01,31/12/2026,1.00,,,", "due_on", "'31/12/2026' is not an ISO date; write 2026-12-31"),
        ("A1,F1,2026-01-01,infinity,1.00,,,", "due_on", "'infinity' is not a date"),
        ("A1,F1,2026-01-01,today,1.00,,,", "due_on", "'today' is not a date"),
        ("A1,F1,2026-02-01,2026-01-31,1.00,,,", "due_on", "due on 2026-01-31, before it is issued on 2026-02-01"),
        ('A1,F1,2026-01-01,2026-01-31,"1,234.50",,,', "amount", "'1,234.50' has thousands separators; write 1234.50"),
        ("A1,F1,2026-01-01,2026-01-31,1 234.50,,,", "amount", "has thousands separators; write 1234.50"),
        ('A1,F1,2026-01-01,2026-01-31,"٣٤,٥٠",,,', "amount", "is not an amount; write digits with a decimal point"),
        ("A1,F1,2026-01-01,2026-01-31,٣٤,,,", "amount", "is not an amount; write digits with a decimal point"),
        ('A1,F1,2026-01-01,2026-01-31,"12,50",,,', "amount", "'12,50' has a decimal comma; write 12.50"),
        ("A1,F1,2026-01-01,2026-01-31,12.345,,,", "amount", "has more decimals than EUR allows (2)"),
        ("A1,F1,2026-01-01,2026-01-31,12.5,,JPY,", "amount", "has more decimals than JPY allows (0)"),
        ("A1,F1,2026-01-01,2026-01-31,1e3,,,", "amount", "'1e3' is not an amount"),
        ("A1,F1,2026-01-01,2026-01-31,NaN,,,", "amount", "'NaN' is not an amount"),
        ("A1,F1,2026-01-01,2026-01-31,12345678901234567890,,,", "amount", "is more than this system takes"),
        (
            "A1,F1,2026-01-01,2026-01-31,100000000000,,,",
            "amount",
            "'100000000000' is more than this system takes in one amount (99,999,999,999)",
        ),
        ("A1,F1,2026-01-01,2026-01-31,123456789012345.00,,,", "amount", "(99,999,999,999)"),
        ("A1,F1,2026-01-01,2026-01-31,999999999999.9,,,", "amount", "(99,999,999,999)"),
        ("A1,F1,2026-01-01,2026-01-31,100000000000,,JPY,", "amount", "(99,999,999,999)"),
        ("A1,F1,2026-01-01,2026-01-31,-5.00,,,", "amount", "put it in credits.csv"),
        ("A1,F1,2026-01-01,2026-01-31,,,,", "amount", "amount is missing"),
        ("A1,F1,2026-01-01,2026-01-31,5.00,6.00,,", "tax_amount", "is more than the amount of 5.00"),
        ("A1,F1,2026-01-01,2026-01-31,5.00,-1.00,,", "tax_amount", "must be zero or more"),
        ("A1,F1,2026-01-01,2026-01-31,5.00,,EURO,", "currency", "'EURO' is not an ISO 4217 currency code"),
        (
            "A1,F1,2026-01-01,2026-01-31,5.00,,,gift",
            "nature",
            "'gift' is not one of service, equipment, termination, other",
        ),
        ("A9,F1,2026-01-01,2026-01-31,5.00,,,", "account", "account 'A9' is not known; import accounts.csv first"),
        (",F1,2026-01-01,2026-01-31,5.00,,,", "account", "account is missing"),
        (f"A1,{'F' * 61},2026-01-01,2026-01-31,5.00,,,", "number", "has 61 characters; at most 60 fit"),
        ("A1,F1,2026-01-01,2026-01-31,5.00", "", "5 fields where the header has 8"),
        ("A1,F1,2026-01-01,2026-01-31,5.00,,,,", "", "9 fields where the header has 8"),
        ('A1,"F1,2026-01-01,2026-01-31,5.00,,,', "", "a quote opens and never closes"),
        ('A1,"F\n1",2026-01-01,2026-01-31,5.00,,,', "number", "line break"),
    ],
)
def test_a_bad_row_says_what_is_wrong_and_never_stops_the_others(
    known: Folder, row: str, column: str, message: str
) -> None:
    good = "A1,G{0},2026-01-01,2026-01-31,10.00,,,\n"
    report = known.bring(
        "invoices.csv", f"{INVOICE},tax_amount,currency,nature\n{good.format(1)}{row}\n{good.format(2)}"
    )
    assert counts(report) == (2, 0, 0, 1)
    (error,) = report.errors
    assert (error.row, error.column) == (2, column)
    assert message in error.message
    assert rows("SELECT number FROM ledger_openitem ORDER BY number") == [("G1",), ("G2",)]
    assert rows("SELECT count(*) FROM ledger_entry") == [(2,)]


def test_amounts_have_the_decimals_of_their_currency(known: Folder) -> None:
    known.bring(
        "invoices.csv",
        f"{INVOICE},currency\nA1,F1,2026-01-01,2026-01-31,97.6,EUR\nA1,F2,2026-01-01,2026-01-31,1500,JPY\n"
        "A1,F3,2026-01-01,2026-01-31,1.234,KWD\nA1,F4,2026-01-01,2026-01-31,99999999999.99,EUR\n"
        "A1,F5,2026-01-01,2026-01-31,0.00,EUR\nA1,F6,2026-01-01,2026-01-31,000000000012.50,EUR\n"
        "A1,F7,2026-01-01,2026-01-31,99999999999.999,KWD\n",
    )
    assert rows("SELECT number, amount_minor FROM ledger_openitem ORDER BY number") == [
        ("F1", 9_760),
        ("F2", 1_500),
        ("F3", 1_234),
        ("F4", 9_999_999_999_999),
        ("F5", 0),
        ("F6", 1_250),
        ("F7", 99_999_999_999_999),
    ]
    assert_laws_hold()


def test_an_empty_currency_is_that_of_the_creditor(folder: Folder) -> None:
    folder.bring("creditors.csv", "code,name,currency\njp,Denwa,JPY\n")
    folder.bring("accounts.csv", "number,name,creditor,credit_limit\nJ1,Jun,jp,5000\n")
    report = folder.bring(
        "invoices.csv", f"{INVOICE}\nJ1,F1,2026-01-01,2026-01-31,1500\nJ1,F2,2026-01-01,2026-01-31,1.5\n"
    )
    assert rows("SELECT currency, amount_minor FROM ledger_openitem") == [("JPY", 1_500)]
    assert errors(report) == [(2, "amount", "'1.5' has more decimals than JPY allows (0)")]
    assert rows("SELECT credit_limit_minor FROM customers_billingaccount") == [(5_000,)]


def test_a_posted_invoice_never_changes_but_its_document_may(known: Folder) -> None:
    header = f"{INVOICE},document_url\n"
    known.bring("invoices.csv", f"{header}A1,F1,2026-01-01,2026-01-31,120.00,\nA1,F2,2026-01-01,2026-01-31,30.00,\n")
    report = known.bring(
        "invoices.csv",
        f"{header}A1,F1,2026-01-01,2026-01-31,130.00,http://x/1\nA1,F2,2026-01-01,2026-01-31,30.0,http://x/2\n"
        "A1,F3,2026-01-01,2026-01-31,5,\n",
    )
    assert counts(report) == (1, 1, 0, 1)
    assert errors(report) == [
        (
            1,
            "amount",
            "invoice F1 is already posted with amount 120.00; issued invoices never change: send a credit note "
            "or a new number",
        )
    ]
    assert rows("SELECT number, amount_minor, document_url FROM ledger_openitem ORDER BY number") == [
        ("F1", 12_000, ""), ("F2", 3_000, "http://x/2"), ("F3", 500, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "//x/1", "x http://x/1", "httpx://x"])
def test_the_address_of_a_document_is_a_web_address(known: Folder, url: str) -> None:
    header = f"{INVOICE},document_url\n"
    row = "A1,F1,2026-01-01,2026-01-31,120.00,"
    assert counts(known.bring("invoices.csv", f"{header}{row}{url}\n")) == (0, 0, 0, 1)
    assert counts(known.bring("invoices.csv", f"{header}{row}HTTPS://x/1\n")) == (1, 0, 0, 0)
    report = known.bring("invoices.csv", f"{header}{row}{url}\n")
    assert errors(report) == [
        (
            1,
            "document_url",
            f"{url!r} is not a web address; write one that begins with http:// or https://, or nothing",
        )
    ]
    assert rows("SELECT document_url FROM ledger_openitem") == [("HTTPS://x/1",)]


def test_which_accounts_changed_is_told_but_not_which_are_new_or_the_same(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    monkeypatch.setattr(accounts_import, "publish", heard.append)
    header = "number,name,segment,email,parent\n"
    folder.bring("accounts.csv", f"{header}A1,Alice,north,,\nA2,Bruno,north,,\nA3,Chloe,north,,\nA4,Dan,,,\n")
    assert heard == []
    report = folder.bring(
        "accounts.csv",
        f"{header}A1,Alice,south,,\nA2,Bruno,north,,\nA3,Chloe,north,c@x.test,\nA4,Dan,,,A1\nA5,Eve,north,,\n",
    )
    assert counts(report) == (1, 3, 1, 0)
    (event,) = heard
    assert isinstance(event, AccountsChanged)
    numbers = {
        row[0] for row in rows(f"SELECT number FROM customers_billingaccount WHERE id IN {(*event.account_ids,)}")
    }
    assert (numbers, len(event.account_ids)) == ({"A1", "A3", "A4"}, 3)


@pytest.mark.parametrize(("decided", "horizon"), [(None, AS_OF), (dt.date(2026, 5, 1), dt.date(2026, 5, 1))])
def test_items_due_until_a_week_past_the_last_decided_day_are_told_as_late(
    known: Folder, monkeypatch: pytest.MonkeyPatch, decided: dt.date | None, horizon: dt.date
) -> None:
    heard: list[object] = []
    monkeypatch.setattr(invoices_import, "publish", heard.append)
    monkeypatch.setattr(intake, "decided_through", lambda: decided)
    due = (horizon + dt.timedelta(days=6), horizon + dt.timedelta(days=7))
    known.bring("invoices.csv", f"{INVOICE}\nA1,F1,2026-01-01,{due[0]},10.00\nA2,F2,2026-01-01,{due[1]},10.00\n")
    alice = account_by_number("A1")
    assert alice is not None
    assert heard == [ItemsPosted([alice.id])]


def test_a_column_that_the_second_file_lacks_is_no_contradiction(known: Folder) -> None:
    known.bring("invoices.csv", f"{INVOICE},nature,tax_amount\nA1,F1,2026-01-01,2026-01-31,120.00,equipment,20\n")
    assert counts(known.bring("invoices.csv", f"{INVOICE}\nA1,F1,2026-01-01,2026-01-31,120.00\n")) == (0, 0, 1, 0)
    assert rows("SELECT nature, tax_minor FROM ledger_openitem") == [("equipment", 2_000)]


def test_one_number_twice_in_a_file(known: Folder) -> None:
    row = "A1,F1,2026-01-01,2026-01-31,"
    report = known.bring("invoices.csv", f"{INVOICE}\n{row}10.00\n{row}10.0\n{row}11.00\nA2{row[2:]}11.00\n")
    assert counts(report) == (2, 0, 1, 1), "the same number on another account is another invoice"
    assert errors(report) == [(3, "number", "'F1' is already on row 1 with other content; keep one of the two rows")]
    assert rows("SELECT amount_minor FROM ledger_openitem ORDER BY amount_minor") == [(1_000,), (1_100,)]


@pytest.mark.parametrize(
    ("name", "content", "table"),
    [
        ("creditors.csv", "code,name\nn,Nord\nn,Nord\nn,Sud\ns,Sud\n", "customers_creditor WHERE code <> 'default'"),
        (
            "accounts.csv",
            "number,name\nX,Nord\nX,Nord\nX,Sud\nY,Sud\n",
            "customers_billingaccount WHERE number IN ('X', 'Y')",
        ),
        ("services.csv", "account,identifier,kind\nA1,n,tv\nA1,n,tv\nA1,n,mobile\nA2,n,mobile\n", "customers_service"),
        (
            "mandates.csv",
            "account,umr,signed_on,iban,holder\n"
            + "".join(
                f"A1,{umr},2026-01-01,FR7630006000011234567890189,{holder}\n"
                for umr, holder in (("n", "Nord"), ("n", "Nord"), ("n", "Sud"), ("s", "Sud"))
            ),
            "payments_mandate",
        ),
    ],
)
def test_one_key_twice_in_a_file_keeps_the_first_row(known: Folder, name: str, content: str, table: str) -> None:
    for expected in ((2, 0, 1, 1), (0, 0, 3, 1)):
        report = known.bring(name, content)
        assert counts(report) == expected
        assert [(error.row, "already on row 1" in error.message) for error in report.errors] == [(3, True)]
    assert rows(f"SELECT count(*) FROM {table}") == [(2,)]


def test_payments_without_a_reference_are_kept_apart_and_known_again(known: Folder) -> None:
    known.bring("invoices.csv", f"{INVOICE}\nA1,F1,2026-01-01,2026-01-31,100.00\n")
    content = "account,received_on,amount\nA1,2026-02-01,10.00\nA1,2026-02-01,10.0\nA2,2026-02-01,10.00\n"
    assert counts(known.bring("payments.csv", content)) == (3, 0, 0, 0)
    assert counts(known.bring("payments.csv", content)) == (0, 0, 3, 0)
    more = content + "A1,2026-02-01,10.00\n"
    assert counts(known.bring("payments.csv", more)) == (1, 0, 3, 0)
    mixed = "account,reference,received_on,amount\nA1,,2026-02-01,10.00\nA1,P9,2026-02-01,10.00\n"
    assert counts(known.bring("payments.csv", mixed)) == (1, 0, 1, 0)
    assert rows("SELECT open_minor FROM ledger_openitem") == [(6_000,)]
    assert_laws_hold()


def test_a_posted_payment_or_credit_note_never_changes(known: Folder) -> None:
    known.bring("payments.csv", "account,reference,received_on,amount\nA1,P1,2026-02-01,10.00\n")
    known.bring("credits.csv", "account,number,issued_on,amount,reason\nA1,N1,2026-02-01,10.00,late\n")
    payment = known.bring("payments.csv", "account,reference,received_on,amount\nA1,P1,2026-02-02,10.00\n")
    credit = known.bring("credits.csv", "account,number,issued_on,amount,reason\nA1,N1,2026-02-01,10.00,other\n")
    assert [(c, m.split(";")[0]) for _, c, m in errors(payment) + errors(credit)] == [
        ("received_on", "payment P1 is already posted with received_on 2026-02-01"),
        ("reason", "credit note N1 is already posted with reason late"),
    ]


@pytest.mark.parametrize("amount", ["0.00", "-5"])
def test_a_payment_or_credit_note_is_above_zero(known: Folder, amount: str) -> None:
    for name, header in (
        ("payments.csv", "account,received_on,amount"),
        ("credits.csv", "account,number,issued_on,amount"),
    ):
        number = "N1," if "number" in header else ""
        report = known.bring(name, f"{header}\nA1,{number}2026-02-01,{amount}\n")
        assert [(column, "above zero" in message) for _, column, message in errors(report)] == [("amount", True)]


def test_a_payment_that_came_before_its_invoice_settles_what_was_owed_then(known: Folder) -> None:
    known.bring("payments.csv", "account,reference,received_on,amount,invoice\nA1,P1,2026-01-02,30.00,F2\n")
    known.bring(
        "invoices.csv",
        f"{INVOICE}\nA1,F1,2026-01-01,2026-01-31,30.00\nA1,F2,2026-01-05,2026-02-05,30.00\nA2,F3,2026-01-05,2026-02-05,1\n",
    )
    assert rows("SELECT number, open_minor FROM ledger_openitem ORDER BY number") == [
        ("F1", 0),
        ("F2", 3_000),
        ("F3", 100),
    ]
    assert_laws_hold()


def test_parents_may_stand_anywhere_in_the_file_but_must_exist(folder: Folder) -> None:
    report = folder.bring(
        "accounts.csv",
        "number,name,parent\nSHOP,Shop,HQ\nHQ,Head office,\nLOST,Lost,NOWHERE\nBELOW,Below,LOST\nSELF,Self,SELF\n"
        "C1,C,C2\nC2,C,C3\nC3,C,C1\nUNDER,U,C1\n",
    )
    assert counts(report) == (2, 0, 0, 7)
    assert {error.row: error.column for error in report.errors} == dict.fromkeys((3, 4, 5, 6, 7, 8, 9), "parent")
    hung = (
        "SELECT c.number, p.number FROM customers_billingaccount c "
        "LEFT JOIN customers_billingaccount p ON p.id = c.parent_id "
        "ORDER BY c.number"
    )
    assert rows(hung) == [("HQ", None), ("SHOP", "HQ")]
    assert counts(folder.bring("accounts.csv", "number,name,parent\nSHOP,Shop,HQ\nHQ,Head office,\n")) == (0, 0, 2, 0)
    assert counts(folder.bring("accounts.csv", "number,name\nSHOP,Shop\n")) == (0, 0, 1, 0), "no column, no change"
    turned = folder.bring("accounts.csv", "number,name,parent\nHQ,Head office,SHOP\n")
    assert "leads back to account 'HQ' itself" in turned.errors[0].message
    assert counts(folder.bring("accounts.csv", "number,name,parent\nSHOP,Shop,\nHQ,Head office,SHOP\n")) == (0, 2, 0, 0)
    assert rows(hung) == [("HQ", "SHOP"), ("SHOP", None)]


def test_bad_cells_of_an_account_are_all_told(folder: Folder) -> None:
    report = folder.bring(
        "accounts.csv",
        "number,name,creditor,kind,email,country,language,payment_method,credit_limit,opened_on\n"
        "A1,Alice,nobody,person,alice.example.test,France,french,wire,-1,yesterday\n",
    )
    assert counts(report) == (0, 0, 0, 1)
    assert [error.column for error in report.errors] == [
        "country", "credit_limit", "creditor", "email", "kind", "language", "opened_on", "payment_method",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "iban", ["FR7630006000011234567890188", "DE89370400440532013001", "FR76", "XX00123", "not an iban"]
)
def test_a_wrong_bank_account_number_is_rejected(known: Folder, iban: str) -> None:
    report = known.bring("mandates.csv", f"account,umr,signed_on,iban\nA1,M1,2025-01-01,{iban}\n")
    assert [error.column for error in report.errors] == ["iban"]
    assert "is not an IBAN" in report.errors[0].message


def test_bank_account_numbers_are_judged_like_the_published_cases(samples: Path, known: Folder) -> None:
    with (samples / "identifiers" / "iban_cases.csv").open(newline="") as stream:
        cases = [
            case for case in csv.DictReader(stream) if case["mod97_ok"] == "True" and case["source_expected"] == "valid"
        ]
    lines = [f"A1,M{index},2025-01-01,{case['iban'].replace(',', '')}\n" for index, case in enumerate(cases)]
    report = known.bring("mandates.csv", "account,umr,signed_on,iban\n" + "".join(lines))
    rejected = {cases[error.row - 1]["iban"] for error in report.errors}
    assert rejected == {"CI77A12312341234123412341234"}, "this one's source knows an older pattern of its country"
    assert report.created == len(cases) - 1 > 50


def test_a_refused_file_among_good_ones_means_that_nothing_is_written(folder: Folder) -> None:
    (folder.path / "accounts.csv").write_text(ACCOUNTS)
    (folder.path / "invoices.csv").write_text("account,numero\nA1,F1\n")
    with pytest.raises(Refusal, match="unknown columns: 'numero'"):
        import_paths([folder.path], AS_OF)
    assert rows("SELECT count(*) FROM customers_billingaccount") == [(0,)]
    assert imported_files() == []


@pytest.mark.parametrize(
    ("name", "words"), [("invoice.csv", "known names are"), ("missing.csv", "does not exist"), (".", "no file")]
)
def test_a_path_that_is_none_of_ours_is_refused(folder: Folder, name: str, words: str) -> None:
    if name == "invoice.csv":
        (folder.path / name).write_text(INVOICE)
    with pytest.raises(Refusal, match=words):
        import_paths([folder.path / name], AS_OF)


def test_what_was_imported_is_recorded_with_its_first_errors(known: Folder) -> None:
    known.bring("invoices.csv", f"{INVOICE}\nA1,F1,2026-01-01,2026-01-31,x\nA1,F2,2026-01-01,2026-01-31,1\n")
    newest = imported_files()[0]
    assert (newest.imported_by, newest.report.file, counts(newest.report)) == ("tests", "invoices.csv", (1, 0, 0, 1))
    assert newest.report.errors[0].column == "amount"


def test_of_very_many_bad_rows_each_is_told_and_counted(known: Folder) -> None:
    lines = "".join(f"A1,F{n},2026-01-01,2026-01-31,{'x' if n % 2 else '1'}\n" for n in range(5_000))
    report = known.bring("invoices.csv", f"{INVOICE}\n{lines}A1,short\n")
    assert counts(report) == (2_500, 0, 0, 2_501)
    assert [error.row for error in report.errors] == [*range(2, 5_001, 2), 5_001]


def test_a_file_of_a_header_alone_is_fine(known: Folder) -> None:
    assert counts(known.bring("invoices.csv", f"{INVOICE}\n")) == (0, 0, 0, 0)
