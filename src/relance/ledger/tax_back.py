"""What was taken back of items and their VAT: by credit notes, write-offs and corrections, their instalments' included.

An item's VAT is given back to the customer, or taken back from the state, once: whoever writes such a document asks here
what is left of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from relance.kit.bulk import id_array
from relance.ledger.rules import tax_of_part


def taken_back(wanted: str) -> str:
    """A `WITH RECURSIVE` list ending in `taken(account_id, item_id, credited_minor, written_off_minor, corrected_minor,
    taxed_minor, tax_minor)` for the items `wanted` (account_id, item_id) of which something was taken back.

    Of an item and its instalments: what live credit notes that name them, write-offs and corrections took away;
    `taxed_minor` is the part of that which takes VAT along, `tax_minor` that VAT.
    """
    live = "NOT EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)"
    return f"""
        family AS (
            SELECT account_id, item_id AS root_id, item_id FROM {wanted}
            UNION ALL
            SELECT f.account_id, f.root_id, i.id FROM family f
            JOIN ledger_openitem i ON i.account_id = f.account_id AND i.origin_id = f.item_id AND i.kind = 'instalment'
            WHERE EXISTS (SELECT 1 FROM ledger_credit s WHERE s.account_id = f.account_id AND s.kind = 'split')),
        members AS (
            SELECT f.account_id, f.root_id, i.id, i.kind, i.number, i.currency FROM family f
            JOIN ledger_openitem i ON i.account_id = f.account_id AND i.id = f.item_id),
        notes AS (
            -- An invoice and a charge may have the same number; the invoice is meant.
            SELECT m.account_id, m.root_id, c.amount_minor, c.tax_minor FROM members m
            JOIN ledger_credit c ON c.account_id = m.account_id AND c.kind = 'credit_note' AND c.named_item = m.number
                 AND c.currency = m.currency
            WHERE {live} AND (m.kind = 'invoice' OR NOT EXISTS (
                SELECT 1 FROM ledger_openitem o
                WHERE o.account_id = m.account_id AND o.kind = 'invoice' AND o.number = m.number))),
        bound AS (
            SELECT m.account_id, m.root_id, c.kind, a.amount_minor, c.tax_minor > 0 AS takes_tax,
                   CASE c.kind WHEN 'correction' THEN c.tax_minor
                        ELSE coalesce((p.data->'taxes'->>m.id::text)::bigint, 0) END AS tax_minor
            FROM members m
            JOIN ledger_credit c ON c.account_id = m.account_id AND c.kind IN ('write_off', 'correction')
            JOIN ledger_allocation a ON a.account_id = m.account_id AND a.item_id = m.id AND a.credit_id = c.id
                 AND a.undoes_id IS NULL
            LEFT JOIN ledger_posting p ON p.account_id = c.account_id AND p.id = c.posting_id
            -- Instalments are corrected when their split is taken back: then their item is owed again.
            WHERE {live} AND (c.kind <> 'correction' OR m.kind <> 'instalment')),
        taken AS (
            SELECT account_id, root_id AS item_id, coalesce(sum(minor) FILTER (WHERE kind = 'credit_note'), 0)::bigint
                       AS credited_minor,
                   coalesce(sum(minor) FILTER (WHERE kind = 'write_off'), 0)::bigint AS written_off_minor,
                   coalesce(sum(minor) FILTER (WHERE kind = 'correction'), 0)::bigint AS corrected_minor,
                   coalesce(sum(minor) FILTER (WHERE takes_tax), 0)::bigint AS taxed_minor,
                   sum(tax_minor)::bigint AS tax_minor
            FROM (SELECT account_id, root_id, 'credit_note' AS kind, amount_minor AS minor, TRUE AS takes_tax, tax_minor
                  FROM notes
                  UNION ALL SELECT account_id, root_id, kind, amount_minor, takes_tax, tax_minor FROM bound) t
            GROUP BY 1, 2)"""  # noqa: S608


@dataclass(slots=True)
class TaxedItem:
    """An item (the whole one, where it was split) and what was taken back of it so far, in minor units.

    `credited_minor` by credit notes, `written_off_minor`, `corrected_minor`. Of all these, `taxed_minor` took
    `taken_tax_minor` of its VAT along.
    """

    id: int
    number: str
    currency: str
    amount_minor: int
    tax_minor: int
    credited_minor: int
    written_off_minor: int
    corrected_minor: int
    taxed_minor: int
    taken_tax_minor: int

    def take(self, minor: int) -> int:
        """Take so much more of it back, VAT along; returns that VAT."""
        tax = tax_of_part(self.tax_minor, self.amount_minor, self.taxed_minor, self.taken_tax_minor, minor)
        self.taxed_minor += minor
        self.taken_tax_minor += tax
        return tax


def taxed_items(account_id: int, item_ids: Sequence[int]) -> dict[int, TaxedItem]:
    """The whole item behind each of these, with what was taken back of it; instalments of one share it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE up AS (
                SELECT id AS item_id, id, kind, origin_id FROM ledger_openitem
                WHERE account_id = %(account)s AND id = ANY(%(ids)s::bigint[])
                UNION ALL
                SELECT u.item_id, o.id, o.kind, o.origin_id FROM up u
                JOIN ledger_openitem o ON o.account_id = %(account)s AND o.id = u.origin_id
                WHERE u.kind = 'instalment'),
            roots AS (SELECT item_id AS asked_id, id AS root_id FROM up WHERE kind <> 'instalment'),
            wanted AS (SELECT DISTINCT %(account)s::bigint AS account_id, root_id AS item_id FROM roots),
            {taken_back("wanted")}
            SELECT r.asked_id, i.id, i.number, i.currency, i.amount_minor, i.tax_minor, coalesce(t.credited_minor, 0),
                   coalesce(t.written_off_minor, 0), coalesce(t.corrected_minor, 0), coalesce(t.taxed_minor, 0),
                   coalesce(t.tax_minor, 0)
            FROM roots r
            JOIN ledger_openitem i ON i.account_id = %(account)s AND i.id = r.root_id
            LEFT JOIN taken t ON t.account_id = i.account_id AND t.item_id = i.id""",  # noqa: S608
            {"account": account_id, "ids": id_array(item_ids)},
        )
        whole: dict[int, TaxedItem] = {}
        return {asked_id: whole.setdefault(row[0], TaxedItem(*row)) for asked_id, *row in cursor.fetchall()}
