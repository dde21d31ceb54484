"""The journal as auditors read it: which book an entry belongs to, what it is called, and how its lines are laid out.

Pure. The FEC layout follows article A47 A-1 of the Livre des procédures fiscales: 18 columns in this order, tab
separated, dates YYYYMMDD, decimal comma.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from relance.kit.money import format_amount
from relance.kit.texts import without_direction_marks
from relance.ledger import chart

FEC_COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
CSV_COLUMNS = (
    "creditor", "journal", "number", "booked_on", "account", "account_label", "third_party", "third_party_label",
    "document", "document_on", "label", "debit", "credit", "currency", "sealed_on",
)  # fmt: skip

SALES, BANK, CASH, GENERAL = "VE", "BQ", "CA", "OD"
BOOKS = {
    SALES: {"fr": "Journal des ventes", "en": "Sales"},
    BANK: {"fr": "Journal de banque", "en": "Bank"},
    CASH: {"fr": "Journal de caisse", "en": "Cash"},
    GENERAL: {"fr": "Opérations diverses", "en": "General"},
}
"""The books of the journal by their code, with their names."""

KINDS = {
    "invoice": (SALES, "Facture", "Invoice"),
    "credit_note": (SALES, "Avoir", "Credit note"),
    "late_fee": (SALES, "Frais de retard", "Late fee"),
    "indemnity": (SALES, "Indemnité de recouvrement", "Recovery indemnity"),
    "interest": (SALES, "Intérêts de retard", "Late-payment interest"),
    "return_charge": (SALES, "Frais de rejet", "Return charge"),
    "receipt": (BANK, "Règlement", "Receipt"),
    "reversal": (BANK, "Impayé", "Returned receipt"),
    "refund": (BANK, "Remboursement", "Refund"),
    "write_off": (GENERAL, "Passage en pertes", "Write-off"),
    "small_difference": (GENERAL, "Écart de règlement", "Payment difference"),
    "correction": (GENERAL, "Correction", "Correction"),
    "recovery": (GENERAL, "Rentrée sur créance passée en pertes", "Recovered bad debt"),
    "transfer": (GENERAL, "Virement clients douteux", "Doubtful debt transfer"),
}
"""The kinds of documents that make entries: their book, and what they are called in French and English."""

_NAMES = {account.code: account for account in chart.ACCOUNTS}
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\"]+")
_STARTS_A_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A row of the journal on a page: an amount from the account `credit` to the account `debit`.

    `debit` and `credit` are codes of the creditor's chart on that day. `kind` is one of `KINDS`.
    """

    id: int
    booked_on: dt.date
    account_id: int
    account_number: str
    account_name: str
    kind: str
    source_id: int
    document: str
    currency: str
    debit: str
    credit: str
    amount_minor: int
    is_sealed: bool
    in_cash: bool

    @property
    def book(self) -> str:
        """The code of the book that the row stands in; `in_cash`: it moves the cash desk's money."""
        return book_of(self.kind, self.in_cash)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of an entry: `account` is the code of our chart, `code` and `label` are the creditor's own."""

    account: str
    code: str
    label: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The entry of one document, its lines balanced. `number` runs without gaps within the calendar year.

    Entries in another currency than the creditor's have no number. `third_party` is the account of the customer.
    """

    number: int | None
    booked_on: dt.date
    kind: str
    third_party: str
    third_party_label: str
    document: str
    document_on: dt.date
    currency: str
    sealed_on: dt.date | None
    lines: tuple[JournalLine, ...]

    @property
    def book(self) -> str:
        """The code of the book that the entry stands in."""
        return book_of(self.kind, any(line.account == chart.CASH for line in self.lines))


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """A ledger account in one currency over a period, in minor units: before it, within it, and at its end.

    Opening and closing are on one side only; the movement shows both sides. `label` is empty where the creditor uses
    our own name of the account: see `name`.
    """

    code: str
    label: str
    currency: str
    opening_debit_minor: int
    opening_credit_minor: int
    movement_debit_minor: int
    movement_credit_minor: int
    closing_debit_minor: int
    closing_credit_minor: int

    def name(self, language: str) -> str:
        """What the account is called in a language (fr or en)."""
        return self.label or account_name(self.code, language)


@dataclass(frozen=True, slots=True)
class SealFacts:
    """A sealed day of a creditor's journal with its fingerprint."""

    day: dt.date
    first_number: int
    document_count: int
    entry_count: int
    previous_hash: str
    seal_hash: str
    sealed_by: str
    sealed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AccountMappingFacts:
    """How a creditor writes one of our accounts on a day; `valid_from` is None where it is our own code and name."""

    account: str
    code: str
    label: str
    valid_from: dt.date | None

    def name(self, language: str) -> str:
        """What the account is called in a language (fr or en)."""
        return self.label or account_name(self.account, language)


def account_name(code: str, language: str) -> str:
    """Our name of an account of `chart`, in fr or en; the code itself for a code that is not ours."""
    known = _NAMES.get(code)
    if known is None:
        return code
    return known.fr if language == "fr" else known.en


def book_of(kind: str, in_cash: bool) -> str:
    """The code of the book for a document of this kind; what comes or goes over the counter is in the cash book."""
    book, _, _ = KINDS[kind]
    return CASH if in_cash and book == BANK else book


def entry_label(entry: JournalEntry, language: str) -> str:
    """What an entry is called: the kind of document and its number."""
    _, french, english = KINDS[entry.kind]
    return plain(f"{french if language == 'fr' else english} {entry.document}")


def plain(text: str) -> str:
    """The text in one line without tabs, quotes or control characters, so that it cannot break a column, and without
    marks of writing direction, so that it reads as it is stored.
    """
    return " ".join(_CONTROL_CHARACTERS.sub(" ", without_direction_marks(text)).split())


def csv_rows(creditor: str, entry: JournalEntry, language: str) -> Iterator[tuple[str, ...]]:
    """The lines of an entry in the order of `CSV_COLUMNS`; amounts are plain decimals, 0 where the side is empty."""
    label = entry_label(entry, language)
    for line in entry.lines:
        named = _names_customer(line)
        yield (
            _cell(creditor),
            entry.book,
            "" if entry.number is None else str(entry.number),
            entry.booked_on.isoformat(),
            line.code,
            _cell(line.label or account_name(line.account, language)),
            _cell(entry.third_party) if named else "",
            _cell(entry.third_party_label) if named else "",
            _cell(entry.document),
            entry.document_on.isoformat(),
            _cell(label),
            format_amount(line.debit_minor, entry.currency),
            format_amount(line.credit_minor, entry.currency),
            entry.currency,
            entry.sealed_on.isoformat() if entry.sealed_on else "",
        )


def fec_rows(entry: JournalEntry) -> Iterator[tuple[str, ...]]:
    """The lines of an entry in the order of `FEC_COLUMNS`. Lettering and foreign currency are left empty.

    The day of validation is that of sealing; an entry that is not sealed yet has none, for it is not validated.
    """
    book = entry.book
    label = entry_label(entry, "fr")
    for line in entry.lines:
        named = _names_customer(line)
        yield (
            book,
            BOOKS[book]["fr"],
            "" if entry.number is None else str(entry.number),
            f"{entry.booked_on:%Y%m%d}",
            line.code,
            plain(line.label or account_name(line.account, "fr")),
            plain(entry.third_party) if named else "",
            plain(entry.third_party_label) if named else "",
            plain(entry.document),
            f"{entry.document_on:%Y%m%d}",
            label,
            format_amount(line.debit_minor, entry.currency).replace(".", ","),
            format_amount(line.credit_minor, entry.currency).replace(".", ","),
            "",
            "",
            f"{entry.sealed_on:%Y%m%d}" if entry.sealed_on else "",
            "",
            "",
        )


def _names_customer(line: JournalLine) -> bool:
    return line.account in (chart.CONTROL, chart.DOUBTFUL)


def _cell(text: str) -> str:
    """Plain text that a spreadsheet does not run as a formula."""
    cleaned = plain(text)
    return f"'{cleaned}" if cleaned.startswith(_STARTS_A_FORMULA) else cleaned
