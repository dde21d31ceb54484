"""The ledger accounts that postings use (French chart of accounts; a mapping per creditor comes later)."""

CONTROL = "411"
"""Customers: what they owe, unallocated cash counted against it."""
BANK = "512"
REVENUE = "706"
TAX = "44571"
CREDIT_NOTE = "709"
