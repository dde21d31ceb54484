"""The ledger accounts that postings use, by their numbers in the French chart of accounts.

They are the ledger's own vocabulary; each creditor maps them to the codes of its own books (see `services.map_account`).
"""

from dataclasses import dataclass

CONTROL = "411"
"""Customers: what they owe, unallocated cash counted against it."""
DOUBTFUL = "416"
"""Customers whose debt is doubtful; with `CONTROL` it makes up what customers owe."""
BANK = "512"
CASH = "530"
CHEQUES = "5112"
"""Cheques received and not yet deposited."""
REVENUE = "706"
REVENUE_OF = {"service": "706", "equipment": "707", "termination": "7084", "other": "708"}
"""Revenue by the nature of the invoice."""
TAX = "44571"
CREDIT_NOTE = "709"
LATE_FEE = "75881"
INDEMNITY = "75882"
INTEREST = "763"
RETURN_CHARGE = "7085"
WRITE_OFF = "654"
SMALL_DIFFERENCE = "6588"
RECOVERY = "754"

RECEIVED_ON = {"cash": CASH}
"""Where money arrives by its method; any other arrives at the bank, and cheques of a deposit slip by way of `CHEQUES`."""

CHARGED_TO = {"late_fee": LATE_FEE, "indemnity": INDEMNITY, "interest": INTEREST, "return_charge": RETURN_CHARGE}
"""The income account of each kind of charge."""


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account of the chart and its name for readers."""

    code: str
    fr: str
    en: str


ACCOUNTS: tuple[LedgerAccount, ...] = (
    LedgerAccount(CONTROL, "Clients", "Customers"),
    LedgerAccount(DOUBTFUL, "Clients douteux ou litigieux", "Doubtful customers"),
    LedgerAccount(TAX, "TVA collectée", "Output VAT"),
    LedgerAccount(CHEQUES, "Chèques à encaisser", "Cheques to deposit"),
    LedgerAccount(BANK, "Banque", "Bank"),
    LedgerAccount(CASH, "Caisse", "Cash"),
    LedgerAccount(WRITE_OFF, "Pertes sur créances irrécouvrables", "Bad debts written off"),
    LedgerAccount(SMALL_DIFFERENCE, "Écarts de règlement", "Small payment differences"),
    LedgerAccount(REVENUE, "Prestations de services", "Services"),
    LedgerAccount("707", "Ventes de marchandises", "Equipment sold"),
    LedgerAccount("708", "Produits des activités annexes", "Other income from customers"),
    LedgerAccount("7084", "Frais de résiliation", "Termination fees"),
    LedgerAccount(RETURN_CHARGE, "Frais de rejet refacturés", "Bank return charges re-billed"),
    LedgerAccount(CREDIT_NOTE, "Rabais et avoirs accordés", "Credit notes"),
    LedgerAccount(RECOVERY, "Rentrées sur créances passées en pertes", "Recovered bad debts"),
    LedgerAccount(LATE_FEE, "Frais de retard", "Late fees"),
    LedgerAccount(INDEMNITY, "Indemnités forfaitaires de recouvrement", "Fixed recovery indemnities"),
    LedgerAccount(INTEREST, "Intérêts de retard", "Late-payment interest"),
)
