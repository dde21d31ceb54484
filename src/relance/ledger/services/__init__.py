"""Writes of the ledger: one function, one transaction, one posting."""

from relance.ledger.services.by_hand import allocate_by_hand, release_credit, undo_allocations
from relance.ledger.services.charges import post_indemnity, post_late_fee, post_return_charge
from relance.ledger.services.correct import correct_item
from relance.ledger.services.decide import approve_request, refuse_request, withdraw_request
from relance.ledger.services.deposit import post_deposit
from relance.ledger.services.exclude import exclude, lift_exclusion
from relance.ledger.services.interest import bill_interest, record_formal_notice, waive_interest
from relance.ledger.services.journal import (
    JournalBusy,
    change_policy,
    map_account,
    refuse_long_span,
    seal_due,
    seal_through,
)
from relance.ledger.services.limitation import expire_items, interrupt
from relance.ledger.services.mark_doubtful import mark_doubtful, unmark_doubtful
from relance.ledger.services.post_credit_note import post_credit_note
from relance.ledger.services.postpone import postpone, split
from relance.ledger.services.receipts import post_receipt, record_payer
from relance.ledger.services.request import request_refund, request_write_off
from relance.ledger.services.reversal import reverse_receipt
from relance.ledger.services.settling import allocate_accounts
from relance.ledger.services.take_back import take_back_credit_note, take_back_split, take_back_write_off

__all__ = [
    "JournalBusy",
    "allocate_accounts",
    "allocate_by_hand",
    "approve_request",
    "bill_interest",
    "change_policy",
    "correct_item",
    "exclude",
    "expire_items",
    "interrupt",
    "lift_exclusion",
    "map_account",
    "mark_doubtful",
    "post_credit_note",
    "post_deposit",
    "post_indemnity",
    "post_late_fee",
    "post_receipt",
    "post_return_charge",
    "postpone",
    "record_formal_notice",
    "record_payer",
    "refuse_long_span",
    "refuse_request",
    "release_credit",
    "request_refund",
    "request_write_off",
    "reverse_receipt",
    "seal_due",
    "seal_through",
    "split",
    "take_back_credit_note",
    "take_back_split",
    "take_back_write_off",
    "undo_allocations",
    "unmark_doubtful",
    "waive_interest",
    "withdraw_request",
]
