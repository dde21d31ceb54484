"""Open items, credits, allocations between them, and everything that later says something new of them.

Documents and what happens to them are only ever added: postponed due dates, exclusions, reversals and corrections are
rows of their own with the day from which they count. Three columns are kept beside the rows for speed, and laws compare
them with the rows they sum up: `OpenItem.open_minor`, `Credit.open_minor` and `Credit.by_hand`.
"""

from relance.ledger.models.afterwards import (
    DoubtfulMark,
    Exclusion,
    InterestDecision,
    Interruption,
    Postponement,
    Request,
)
from relance.ledger.models.books import AccountMapping, Deposit, Entry, Policy, Seal, SealedTotal
from relance.ledger.models.documents import Allocation, Credit, Designation, OpenItem, Posting, Reversal

__all__ = [
    "AccountMapping",
    "Allocation",
    "Credit",
    "Deposit",
    "Designation",
    "DoubtfulMark",
    "Entry",
    "Exclusion",
    "InterestDecision",
    "Interruption",
    "OpenItem",
    "Policy",
    "Posting",
    "Postponement",
    "Request",
    "Reversal",
    "Seal",
    "SealedTotal",
]
