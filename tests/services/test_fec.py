"""A year of an operator sealed month by month, exported as CSV and in the layout of French tax audits."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relance.faces.console.commands.export import COMMAND
from relance.faces.console.commands.seal import COMMAND as SEAL
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, Cheque, CreditNoteOrder, DepositOrder, ReceiptOrder
from relance.ledger.laws import LAWS
from relance.ledger.queries import credits_of, open_items, sealed_through, seals, trial_balance
from relance.ledger.services import (
    approve_request,
    correct_item,
    map_account,
    mark_doubtful,
    post_credit_note,
    post_deposit,
    post_indemnity,
    post_receipt,
    post_return_charge,
    request_refund,
    request_write_off,
    reverse_receipt,
    seal_through,
)
from tests.cast import ALICE, BRUNO, CAST, CHLOE, DENIS, FABRE, Office, the
from tests.fec import COLUMNS, faults, warnings

YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
LATER = dt.date(2026, 2, 1)
SIREN = "732829320"
PERIOD = ["--from", "2025-01-01", "--to", "2025-12-31"]


def on(month: int, number: int) -> dt.date:
    """A day of 2025."""
    return dt.date(2025, month, number)


def item_id(account: int, number: str) -> int:
    """The id of an account's item."""
    return next(item.id for item in open_items(account, LATER) if item.number == number)


def credit_id(account: int, number: str) -> int:
    """The id of an account's credit."""
    return next(credit.id for credit in credits_of(account, LATER) if credit.number == number)


@pytest.fixture
def creditor_id(office: Office) -> int:
    """A year in which everything happens once, the months before the last sealed as they end."""
    office.bring("creditors", {"code": "default", "name": "Télé Exemple", "siren": SIREN})
    creditor = the(ALICE).creditor_id
    map_account(creditor, "411", "411000", "Clients", on(1, 1), "zoe")
    for month in range(1, 13):
        for person in CAST:
            number = person["number"]
            office.bill(number, f"F-{number}-{month}", "120.00", f"2025-{month:02}-03", f"2025-{month:02}-20",
                        tax_amount="20.00", nature="equipment" if month == 6 else "service")  # fmt: skip
        office.pay("ALICE", f"P-{month}", "120.00", f"2025-{month:02}-19")
        HAPPENINGS.get(month, lambda office: None)(office)
        if month < 12:
            seal_through(creditor, on(month + 1, 1) - dt.timedelta(days=1), "zoe", LATER)
    return creditor


def _pay_in_all_ways(office: Office) -> None:
    post_receipt(ReceiptOrder(the(BRUNO).id, "C-1", "EUR", 5000, on(2, 10), "cash"), "zoe")
    post_deposit(
        DepositOrder(the(BRUNO).creditor_id, "S-1", on(2, 12), "EUR",
                     (Cheque(the(BRUNO).id, "17", 7000), Cheque(the(CHLOE).id, "18", 12000))), "zoe",
    )  # fmt: skip


def _return_a_debit(office: Office) -> None:
    account = the(FABRE).id
    office.pay("FABRE", "P-D", "120.00", "2025-03-20")
    receipt = credit_id(account, "P-D")
    reverse_receipt(account, receipt, on(3, 25), "AM04", "zoe")
    post_return_charge(Act(account, on(3, 26), "zoe", "bank"), receipt, 890)


def _charge(office: Office) -> None:
    account = the(FABRE).id
    post_indemnity(Act(account, on(4, 25), "zoe", "late"), item_id(account, "F-FABRE-1"))


def _credit_and_correct(office: Office) -> None:
    account = the(CHLOE).id
    post_credit_note(Act(account, on(5, 10), "zoe", "outage"), CreditNoteOrder("AV-1", "EUR", 6000, "F-CHLOE-5"))
    correct_item(Act(account, on(5, 11), "zoe", "billed twice"), item_id(account, "F-CHLOE-4"))


def _doubt_and_write_off(office: Office) -> None:
    account = the(DENIS).id
    mark_doubtful(Act(account, on(7, 10), "zoe", "insolvent"), [item_id(account, "F-DENIS-1")])
    asked = request_write_off(Act(account, on(7, 11), "zoe", "gone"), [item_id(account, "F-DENIS-2")], True)
    approve_request(Act(account, on(7, 12), "yan"), asked.ids[0])


def _refund(office: Office) -> None:
    account = the(ALICE).id
    order = ReceiptOrder(
        account, "P-TWICE", "EUR", 12000, on(9, 25), "transfer", payer_iban="FR1420041010050500013M02606"
    )
    post_receipt(order, "zoe")
    credit = credit_id(account, "P-TWICE")
    asked = request_refund(Act(account, on(9, 26), "zoe", "paid twice"), credit, 12000, "FR1420041010050500013M02606")
    approve_request(Act(account, on(9, 27), "yan"), asked.ids[0])


HAPPENINGS = {2: _pay_in_all_ways, 3: _return_a_debit, 4: _charge, 5: _credit_and_correct, 7: _doubt_and_write_off,
              9: _refund}  # fmt: skip


def export(*arguments: str) -> Result:
    return CliRunner().invoke(COMMAND, ["journal", *PERIOD, *arguments], catch_exceptions=False)


def fec_rows(content: bytes) -> list[dict[str, str]]:
    header, *lines = content.decode().split("\r\n")[:-1]
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_a_year_is_a_valid_file_under_its_legal_name(creditor_id: int, tmp_path: Path) -> None:
    seal_through(creditor_id, YEAR[1], "zoe", LATER)
    result = export("--fec", "--out", str(tmp_path))
    assert "Warning" not in result.stderr
    content = (tmp_path / f"{SIREN}FEC20251231.txt").read_bytes()
    assert faults(content, *YEAR) == []
    rows = fec_rows(content)
    assert {row["JournalCode"] for row in rows} == {"VE", "BQ", "CA", "OD"}
    assert {row["EcritureNum"] for row in rows} == {str(n) for n in range(1, len({r["EcritureNum"] for r in rows}) + 1)}
    assert check(LAWS) and not [report.law for report in check(LAWS) if report.offenders]


def test_the_file_ties_to_the_trial_balance(creditor_id: int) -> None:
    moved: dict[str, Decimal] = {}
    for row in fec_rows(export("--fec").stdout_bytes):
        amount = Decimal(row["Debit"].replace(",", ".")) - Decimal(row["Credit"].replace(",", "."))
        moved[row["CompteNum"]] = moved.get(row["CompteNum"], Decimal(0)) + amount
    balance = {
        row.code: Decimal(row.closing_debit_minor - row.closing_credit_minor) / 100
        for row in trial_balance(creditor_id, *YEAR)
    }
    assert moved == balance
    assert {"411000", "416", "512", "530", "654", "709"} <= set(moved)


@pytest.mark.parametrize(
    ("reference", "book", "label", "sides"),
    [
        (
            "F-ALICE-1", "VE", "Facture F-ALICE-1",
            {("411000", "120,00", "0,00"), ("706", "0,00", "100,00"), ("44571", "0,00", "20,00")},
        ),
        ("P-1", "BQ", "Règlement P-1", {("512", "120,00", "0,00"), ("411000", "0,00", "120,00")}),
        ("C-1", "CA", "Règlement C-1", {("530", "50,00", "0,00"), ("411000", "0,00", "50,00")}),
        (
            "S-1/17", "BQ", "Règlement S-1/17",
            {("5112", "70,00", "0,00"), ("411000", "0,00", "70,00"), ("512", "70,00", "0,00"), ("5112", "0,00", "70,00")},
        ),
        ("AV-1", "VE", "Avoir AV-1", {("709", "50,00", "0,00"), ("44571", "10,00", "0,00"), ("411000", "0,00", "60,00")}),
    ],
)  # fmt: skip
def test_the_lines_of_an_entry(
    creditor_id: int, reference: str, book: str, label: str, sides: set[tuple[str, str, str]]
) -> None:
    rows = [row for row in fec_rows(export("--fec").stdout_bytes) if row["PieceRef"] == reference]
    assert {(row["CompteNum"], row["Debit"], row["Credit"]) for row in rows} == sides
    assert {(row["JournalCode"], row["EcritureLib"]) for row in rows} == {(book, label)}
    assert {bool(row["CompAuxNum"]) for row in rows if row["CompteNum"] == "411000"} == {True}
    assert {bool(row["CompAuxNum"]) for row in rows if row["CompteNum"] != "411000"} == {False}


def test_a_returned_receipt_is_an_entry_of_its_own(creditor_id: int) -> None:
    rows = [row for row in fec_rows(export("--fec").stdout_bytes) if row["PieceRef"] == "P-D"]
    assert [(row["EcritureLib"], row["EcritureDate"]) for row in rows] == [
        ("Règlement P-D", "20250320"), ("Règlement P-D", "20250320"),
        ("Impayé P-D", "20250325"), ("Impayé P-D", "20250325"),
    ]  # fmt: skip


def test_part_of_a_year_has_the_numbers_of_the_year(creditor_id: int) -> None:
    whole = fec_rows(export("--fec").stdout_bytes)
    for first, last in (("2025-04-01", "2025-06-30"), ("2025-12-10", "2025-12-31"), ("2025-11-15", "2025-12-15")):
        arguments = ["journal", "--fec", "--from", first, "--to", last]
        part = CliRunner().invoke(COMMAND, arguments, catch_exceptions=False).stdout_bytes
        assert faults(part, dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == []
        bounds = (first.replace("-", ""), last.replace("-", ""))
        assert fec_rows(part) == [row for row in whole if bounds[0] <= row["EcritureDate"] <= bounds[1]]


def test_what_may_still_change_is_said(creditor_id: int) -> None:
    result = export("--fec")
    assert "days from 2025-12-03 on are not sealed" in result.stderr
    december = [row for row in fec_rows(result.stdout_bytes) if row["EcritureDate"] >= "20251201"]
    assert "have no ValidDate" in result.stderr
    assert december and not any(row["ValidDate"] for row in december)
    assert faults(result.stdout_bytes, *YEAR) == []
    assert warnings(result.stdout_bytes) == [f"{len(december)} lines from 20251203 on are not validated"]
    assert CliRunner().invoke(SEAL, ["--through", "2025-12-31"], catch_exceptions=False).exit_code == 0
    sealed = export("--fec")
    assert "not sealed" not in sealed.stderr
    assert warnings(sealed.stdout_bytes) == []
    (newest,) = seals(creditor_id, limit=1).rows
    assert f"Newest seal of default: 2025-12-31 {newest.seal_hash}" in sealed.stderr


def test_other_currencies_are_left_out_and_said(creditor_id: int, office: Office) -> None:
    office.bill("ALICE", "F-CHF", "12.00", "2025-12-05", "2026-01-20", currency="CHF")
    result = export("--fec")
    assert "entries in CHF are not in the file" in result.stderr
    assert b"F-CHF" not in result.stdout_bytes
    assert faults(result.stdout_bytes, *YEAR) == []
    with pytest.raises(Refusal, match="is in EUR"):
        export("--fec", "--currency", "CHF")
    only = list(csv.DictReader(io.StringIO(export("--currency", "CHF").stdout)))
    assert {(row["document"], row["number"], row["currency"]) for row in only} == {("F-CHF", "", "CHF")}


def test_a_file_is_one_companys(creditor_id: int, office: Office, tmp_path: Path) -> None:
    office.bring("creditors", {"code": "second", "name": "Seconde"})
    assert faults(export("--fec").stdout_bytes, *YEAR) == []
    office.bring("accounts", {"number": "X", "name": "Xavier", "creditor": "second"})
    office.bill("X", "F-X", "12.00", "2025-12-05", "2026-01-20")
    with pytest.raises(Refusal, match="default, second have entries"):
        export("--fec")
    assert faults(export("--fec", "--creditor", "default").stdout_bytes, *YEAR) == []
    with pytest.raises(Refusal, match="SIREN of second"):
        export("--fec", "--creditor", "second", "--out", str(tmp_path))
    with pytest.raises(Refusal, match="no creditor 'third'"):
        export("--fec", "--creditor", "third")
    assert list(tmp_path.glob("*.part")) == []


def test_texts_break_no_column_and_run_in_no_spreadsheet(office: Office) -> None:
    office.bring("accounts", {"number": "EVIL", "name": '=cmd|"x"!A1\tor\nworse\u202egpj', "kind": "consumer"})
    office.bill("EVIL", "+F;1", "12.00", "2025-01-05", "2025-01-20")
    content = export("--fec").stdout_bytes
    assert "\tor" not in content.decode()
    assert "\u202e" not in content.decode() + export().stdout
    assert [fault for fault in faults(content, *YEAR) if "third party" in fault or "columns" in fault] == []
    for row in csv.reader(io.StringIO(export().stdout)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
        assert len(row) == 15


def test_the_csv_has_every_line_with_its_seal(creditor_id: int) -> None:
    rows = list(csv.DictReader(io.StringIO(export().stdout)))
    invoice = [row for row in rows if row["document"] == "F-ALICE-1"]
    assert [(row["journal"], row["number"], row["account"], row["debit"], row["credit"]) for row in invoice] == [
        ("VE", "1", "411000", "120.00", "0.00"),
        ("VE", "1", "706", "0.00", "100.00"),
        ("VE", "1", "44571", "0.00", "20.00"),
    ]
    assert invoice[0]["third_party_label"] == "Alice Ponctuelle"
    assert invoice[0]["sealed_on"] != "" == next(row for row in rows if row["document"] == "P-12")["sealed_on"]
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0


def test_a_period_that_ends_before_it_begins_is_refused(db: None) -> None:
    with pytest.raises(Refusal, match="ends before it begins"):
        CliRunner().invoke(COMMAND, ["journal", "--from", "2025-02-01", "--to", "2025-01-01"], catch_exceptions=False)


def test_seal_says_what_it_did(creditor_id: int) -> None:
    result = CliRunner().invoke(SEAL, ["--through", "2025-12-15", "--json"], catch_exceptions=False)
    (newest,) = seals(creditor_id, limit=1).rows
    assert json.loads(result.stdout) == {
        "creditors": [
            {"creditor": "default", "days": 15, "sealed_through": "2025-12-15", "seal_hash": newest.seal_hash}
        ]
    }
    assert f"its newest seal is {newest.seal_hash}" in result.stderr
    assert sealed_through(creditor_id) == on(12, 15)
    again = CliRunner().invoke(SEAL, ["--through", "2025-12-10", "--json"], catch_exceptions=False)
    assert '"days": 0' in again.stdout
    with pytest.raises(Refusal, match="sealed through 2025-12-15"):
        CliRunner().invoke(SEAL, ["--through", "2025-12-10", "--creditor", "default"], catch_exceptions=False)


GOOD = "VE\tVentes\t1\t20250103\t{0}\tCompte\t\t\tF-1\t20250103\tFacture F-1\t{1}\t{2}\t\t\t20250131\t\t"


def fec(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("\t".join(COLUMNS), *lines)).encode()


def test_the_validator_knows_a_good_file() -> None:
    assert faults(fec(GOOD.format("411", "1,00", "0,00"), GOOD.format("706", "0,00", "1,00")), *YEAR) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\r\n", "not UTF-8"),
        (fec()[:-2], "not ended"),
        (fec().replace(b"JournalLib", b"JournalLabel"), "18 columns"),
        (fec(GOOD.format("411", "1,00", "0,00") + "\tx"), "19 columns"),
        (fec(GOOD.format("411", "1.00", "0,00")), "decimal comma"),
        (fec(GOOD.format("411", "1,00", "1,00")), "either a debit or a credit"),
        (fec(GOOD.format("4", "1,00", "0,00")), "CompteNum"),
        (fec(GOOD.format("411", "1,00", "0,00").replace("20250103", "20250230")), "is not a day"),
        (fec(GOOD.format("411", "1,00", "0,00").replace("20250103", "20260103")), "outside the period"),
        (fec(GOOD.format("411", "1,00", "0,00").replace("20250131", "20250101")), "before its own day"),
        (fec(GOOD.format("411", "1,00", "0,00").replace("F-1\t2", "\t2")), "PieceRef is empty"),
        (fec(GOOD.format("411", "1,00", "0,00"), GOOD.format("706", "0,00", "2,00")), "out of balance"),
        (fec(GOOD.format("411", "1,00", "0,00")), "one line only"),
        (
            fec(
                *(GOOD.replace("20250131", valid).replace("\t1\t", f"\t{number}\t", 1).format(account, debit, credit)
                  for number, valid in ((1, ""), (2, "20250131"))
                  for account, debit, credit in (("411", "1,00", "0,00"), ("706", "0,00", "1,00"))),
            ),
            "are not validated though later ones are",
        ),
        (
            fec(
                *(GOOD.replace("\t1\t", f"\t{number}\t", 1).format(account, debit, credit)
                  for number in (1, 3) for account, debit, credit in (("411", "1,00", "0,00"), ("706", "0,00", "1,00"))),
            ),
            "gap",
        ),
    ],
)  # fmt: skip
def test_the_validator_notices(content: bytes, said: str) -> None:
    assert any(said in fault for fault in faults(content, *YEAR))
