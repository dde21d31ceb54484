"""Reads of the ledger as of a day, set-based, for decisions, reports and screens."""

from relance.ledger.queries.account_ledger import account_ledger, account_ledger_page, currencies_of
from relance.ledger.queries.allocations import allocation_page, allocations_of
from relance.ledger.queries.deposits import deposit, deposits
from relance.ledger.queries.exclusions import exclusions_of
from relance.ledger.queries.interest import claimable_interest, undecided_items
from relance.ledger.queries.items import (
    balances,
    claims,
    credits_of,
    item_numbers,
    items_of,
    money_effective,
    newly_overdue,
    open_items,
    reopened_items,
    standings,
    surely_overdue,
    unallocated,
)
from relance.ledger.queries.journal import (
    account_mappings,
    journal_page,
    mapping_history,
    numbered_currency,
    policy,
    sealed_through,
    seals,
    trial_balance,
)
from relance.ledger.queries.journal_stream import booked_currencies, journal_entries
from relance.ledger.queries.limitation import expired_items, expiring_counts, limitations, nearly_expired
from relance.ledger.queries.new_debts import new_debts
from relance.ledger.queries.oldest import (
    free_credits,
    left_out_sums,
    oldest_items,
    open_ages,
    open_item_page,
    written_off_sums,
)
from relance.ledger.queries.portfolio import ageing_rows, monthly_sales, receivables, received, sales, unallocated_rows
from relance.ledger.queries.receipt_relations import ALLOCATED_RELATION, RECEIPT_RELATION
from relance.ledger.queries.requests import refund_origin, request, requests, requests_of, write_offs_of
from relance.ledger.queries.single import doubtful_items, is_posted, item, item_traces
from relance.ledger.queries.timeline import event_count, timeline
from relance.ledger.queries.waiting import request_effect, waiting_request_count

__all__ = [
    "ALLOCATED_RELATION",
    "RECEIPT_RELATION",
    "account_ledger",
    "account_ledger_page",
    "account_mappings",
    "ageing_rows",
    "allocation_page",
    "allocations_of",
    "balances",
    "booked_currencies",
    "claimable_interest",
    "claims",
    "credits_of",
    "currencies_of",
    "deposit",
    "deposits",
    "doubtful_items",
    "event_count",
    "exclusions_of",
    "expired_items",
    "expiring_counts",
    "free_credits",
    "is_posted",
    "item",
    "item_numbers",
    "item_traces",
    "items_of",
    "journal_entries",
    "journal_page",
    "left_out_sums",
    "limitations",
    "mapping_history",
    "money_effective",
    "monthly_sales",
    "nearly_expired",
    "new_debts",
    "newly_overdue",
    "numbered_currency",
    "oldest_items",
    "open_ages",
    "open_item_page",
    "open_items",
    "policy",
    "receivables",
    "received",
    "refund_origin",
    "reopened_items",
    "request",
    "request_effect",
    "requests",
    "requests_of",
    "sales",
    "sealed_through",
    "seals",
    "standings",
    "surely_overdue",
    "timeline",
    "trial_balance",
    "unallocated",
    "unallocated_rows",
    "undecided_items",
    "waiting_request_count",
    "write_offs_of",
    "written_off_sums",
]
