"""Imported documents and the days that take none: before the account opened, and sealed ones."""

import datetime as dt
from pathlib import Path

import pytest

from relance.customers.queries import account_by_number, creditors
from relance.intake.services import import_paths
from relance.ledger.services import seal_through
from tests.cast import ALICE, LONG_AGO, Office, write_csv


def rejected(path: Path, kind: str, row: dict[str, str]) -> list[str]:
    (report,) = import_paths([write_csv(path / f"{kind}-x.csv", [row])], LONG_AGO)
    return [f"{error.column}: {error.message}" for error in report.errors]


@pytest.mark.parametrize(("kind", "row"), [
    ("invoices", {"number": "F1", "issued_on": "2026-01-09", "due_on": "2026-02-01"}),
    ("credits", {"number": "A1", "issued_on": "2026-01-09"}),
    ("payments", {"reference": "P1", "received_on": "2026-01-09"}),
])  # fmt: skip
def test_a_document_before_the_account_opened_is_rejected(
    office: Office, tmp_path: Path, kind: str, row: dict[str, str]
) -> None:
    office.bring("accounts", {**ALICE, "opened_on": "2026-01-10"})
    (error,) = rejected(tmp_path, kind, {"account": "ALICE", "amount": "10.00", **row})
    assert error.endswith(
        "2026-01-09 lies before the account opened on 2026-01-10; correct the date, or opened_on in accounts.csv"
    )


def test_a_sealed_day_takes_no_new_document_and_knows_the_old_ones(office: Office, tmp_path: Path) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-05", "2026-01-31")
    office.pay("ALICE", "P1", "10.00", "2026-01-07")
    seal_through(creditors()[0].id, dt.date(2026, 1, 20), "test", dt.date(2026, 2, 1))
    office.bill("ALICE", "F1", "30.00", "2026-01-05", "2026-01-31")
    office.pay("ALICE", "P1", "10.00", "2026-01-07")
    row = {"account": "ALICE", "reference": "P2", "amount": "10.00", "received_on": "2026-01-20"}
    (error,) = rejected(tmp_path, "payments", row)
    assert error.startswith("received_on: the journal is sealed through 2026-01-20 and 2026-01-20 lies before its end")
    assert rejected(tmp_path, "payments", row | {"received_on": "2026-01-21"}) == []


def test_a_credit_in_another_currency_than_its_invoice_is_rejected(office: Office, tmp_path: Path) -> None:
    office.bill("ALICE", "F1", "30.00", "2026-01-05", "2026-01-31")
    row = {"account": "ALICE", "reference": "P1", "amount": "30.00", "received_on": "2026-02-01", "currency": "USD"}
    (error,) = rejected(tmp_path, "payments", row | {"invoice": "F1"})
    assert error.startswith("currency: invoice F1 is not in USD; currencies never settle each other")
    assert rejected(tmp_path, "payments", row | {"invoice": ""}) == []


@pytest.mark.parametrize("creditor", ["second", ""])
def test_an_account_stays_with_its_creditor(office: Office, tmp_path: Path, creditor: str) -> None:
    office.bring("creditors", {"code": "first", "name": "Première"}, {"code": "second", "name": "Seconde"})
    office.bring("accounts", {"number": "X", "name": "Xavier", "creditor": "first"})
    (error,) = rejected(tmp_path, "accounts", {"number": "X", "name": "Xavier", "creditor": creditor})
    assert error.startswith("creditor: account 'X' belongs to another creditor") and "open a new account" in error
    office.bring("accounts", {"number": "X", "name": "Xavier Neuf", "creditor": "first"})
    office.bring("accounts", {"number": "X", "name": "Xavier Ancien"})
    account = account_by_number("X")
    first = next(found.id for found in creditors() if found.code == "first")
    assert account is not None and (account.name, account.creditor_id) == ("Xavier Ancien", first)


@pytest.mark.parametrize(("column", "value", "kept"), [("country", "BE", "FR"), ("currency", "CHF", "EUR")])
def test_a_creditor_with_accounts_keeps_its_country_and_currency(
    office: Office, tmp_path: Path, column: str, value: str, kept: str
) -> None:
    office.bring("creditors", {"code": "first", "name": "Première"})
    office.bring("creditors", {"code": "first", "name": "Première", column: value})
    office.bring("creditors", {"code": "first", "name": "Première", column: kept})
    office.bring("accounts", {"number": "X", "name": "Xavier", "creditor": "first"})
    (error,) = rejected(tmp_path, "creditors", {"code": "first", "name": "Première", column: value})
    assert error.startswith(f"{column}: creditor 'first' has accounts and its books are kept with {column} {kept}")
    office.bring("creditors", {"code": "first", "name": "Deuxième", column: kept})
    office.bring("creditors", {"code": "first", "name": "Troisième"})
