"""Receipts and what they settled, as relations that reports join in their own set-based SQL."""

RECEIPT_RELATION = """(
    SELECT c.account_id, c.id, c.currency, c.received_on, c.amount_minor
    FROM ledger_credit c
    WHERE c.kind = 'receipt' AND c.received_on BETWEEN %(received_from)s AND %(received_to)s
      AND NOT EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id
                      AND r.reversed_on <= %(as_of)s))"""
"""The receipts of a period, whole, without those that were taken back by `%(as_of)s`: `FROM {RECEIPT_RELATION} AS c`."""

ALLOCATED_RELATION = """(
    SELECT a.account_id, a.credit_id, a.item_id, a.amount_minor
    FROM ledger_allocation a WHERE a.effective_on <= %(as_of)s)"""
"""What credits were set against which items by `%(as_of)s`; an undone allocation is there twice, once negative."""
