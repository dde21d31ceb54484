"""The named cast and the small verbs that stories use; everything enters through the real import."""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from relance.customers.facts import AccountFacts
from relance.customers.queries import account_by_number
from relance.intake.services import import_paths

LONG_AGO = dt.date(2020, 1, 1)
"""An import day before everything, so that no item counts as already late when it is posted."""

ALICE = {
    "number": "ALICE",
    "name": "Alice Ponctuelle",
    "kind": "consumer",
    "language": "fr",
    "email": "alice@example.test",
}
BRUNO = {"number": "BRUNO", "name": "Bruno Promet", "kind": "consumer", "language": "fr", "email": "bruno@example.test"}
CHLOE = {
    "number": "CHLOE",
    "name": "Chloé Conteste",
    "kind": "consumer",
    "language": "en",
    "email": "chloe@example.test",
}
DENIS = {"number": "DENIS", "name": "Denis Rejeté", "kind": "consumer", "language": "fr", "email": "denis@example.test",
         "payment_method": "direct_debit"}  # fmt: skip
FABRE = {"number": "FABRE", "name": "Établissements Fabre", "kind": "business", "language": "fr",
         "email": "compta@fabre.example.test"}  # fmt: skip
CAST = (ALICE, BRUNO, CHLOE, DENIS, FABRE)


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV file in the import format, with the columns that the rows have."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


class Office:
    """Feeds files to the import the way an operator's systems would, one small file at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0

    def bring(self, kind: str, *rows: Mapping[str, str], as_of: dt.date = LONG_AGO) -> None:
        """Import rows of one kind; a rejected row fails the test with its message."""
        self.files += 1
        path = write_csv(self.folder / f"{kind}-{self.files}.csv", rows)
        for report in import_paths([path], as_of):
            assert report.rejected == 0, report.errors

    def open_accounts(self, *people: Mapping[str, str]) -> None:
        """Import these members of the cast."""
        self.bring("accounts", *people)

    def bill(self, account: str, number: str, amount: str, issued_on: str, due_on: str, **more: str) -> None:
        """Import one invoice."""
        row = {"account": account, "number": number, "amount": amount, "issued_on": issued_on, "due_on": due_on} | more
        self.bring("invoices", row)

    def pay(
        self, account: str, reference: str, amount: str, received_on: str, invoice: str = "", as_of: dt.date = LONG_AGO
    ) -> None:
        """Import one payment, on the day `as_of`."""
        self.bring(
            "payments",
            {
                "account": account,
                "reference": reference,
                "amount": amount,
                "received_on": received_on,
                "invoice": invoice,
            },
            as_of=as_of,
        )


def the(person: Mapping[str, str]) -> AccountFacts:
    """The account of a member of the cast."""
    found = account_by_number(person["number"])
    assert found is not None
    return found
