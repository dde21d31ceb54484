"""What the ledger promises of documents that people make: instalments, write-offs, refunds, doubtful debts, deposits."""

from relance.kit.laws import Law
from relance.kit.money import currency_exponents
from relance.ledger import chart
from relance.ledger.facts import SMALL_DIFFERENCE_CEILING, small_difference_ceiling

_CEILINGS = ", ".join(f"('{code}', {small_difference_ceiling(code)})" for code in sorted(currency_exponents()))

DOCUMENT_LAWS: tuple[Law, ...] = (
    Law(
        "ledger.instalments_add_up",
        "the instalments of a split add up to it and come from the item that it settled",
        """SELECT coalesce(s.account_id, p.account_id) || '/' || coalesce(s.number, p.number) FROM (
               SELECT c.account_id, c.posting_id, c.number, a.item_id, c.amount_minor FROM ledger_credit c
               LEFT JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
               WHERE c.kind = 'split') s
           FULL JOIN (
               SELECT account_id, posting_id, origin_id, min(number) AS number, sum(amount_minor) AS amount_minor
               FROM ledger_openitem WHERE kind = 'instalment' GROUP BY 1, 2, 3) p
             ON p.account_id = s.account_id AND p.posting_id = s.posting_id AND p.origin_id = s.item_id
           WHERE s.amount_minor IS DISTINCT FROM p.amount_minor""",
    ),
    Law(
        "ledger.request_approved_by_another",
        "every write-off and refund, and nothing else, has an approved request of its amount, decided by somebody else than "
        "who asked",
        """SELECT coalesce(q.account_id, d.account_id) || '/' || coalesce(q.id, d.id) FROM (
               SELECT r.*, p.id AS proof_id FROM ledger_request r
               LEFT JOIN ledger_posting p ON p.account_id = r.account_id AND p.id = r.posting_id
               WHERE r.state = 'approved') q
           FULL JOIN (
               SELECT account_id, id, posting_id, kind, currency, amount_minor FROM ledger_credit WHERE kind = 'write_off'
               UNION ALL
               SELECT account_id, id, posting_id, kind, currency, amount_minor FROM ledger_openitem WHERE kind = 'refund') d
             ON d.account_id = q.account_id AND d.posting_id = q.posting_id AND d.kind = q.kind AND d.currency = q.currency
           WHERE q.amount_minor IS DISTINCT FROM d.amount_minor OR q.proof_id IS NULL
              OR lower(q.decided_by) IN ('', lower(q.requested_by))""",
    ),
    Law(
        "ledger.recovery_within_write_off",
        "no more of an item was recovered than was written off of it",
        """SELECT r.account_id || '/' || r.origin_id FROM (
               SELECT i.account_id, i.origin_id, sum(i.amount_minor - coalesce(t.minor, 0)) AS minor FROM ledger_openitem i
               LEFT JOIN (SELECT a.account_id, a.item_id, sum(a.amount_minor) AS minor FROM ledger_credit c
                          JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
                          WHERE c.kind = 'correction' GROUP BY 1, 2) t ON t.account_id = i.account_id AND t.item_id = i.id
               WHERE i.kind = 'recovery' GROUP BY 1, 2) r
           LEFT JOIN (SELECT a.account_id, a.item_id, sum(a.amount_minor) AS minor FROM ledger_credit c
                      JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
                      WHERE c.kind = 'write_off' GROUP BY 1, 2) w
                  ON w.account_id = r.account_id AND w.item_id = r.origin_id
           WHERE r.minor > coalesce(w.minor, 0)""",
    ),
    Law(
        "ledger.tax_taken_back_once",
        "what credit notes, write-offs and corrections took back of an invoice's VAT, its instalments' included, is no more "
        "than that VAT, and a write-off's VAT is that of its items",
        """SELECT s.account_id || '/' || s.number FROM (
                WITH RECURSIVE takers AS (
                    SELECT c.account_id, c.id, c.kind, c.named_item, c.currency, c.tax_minor, c.posting_id
                    FROM ledger_credit c
                    WHERE c.tax_minor > 0 AND NOT EXISTS (
                        SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)),
                parts AS (
                    SELECT t.account_id, t.tax_minor, (
                        SELECT i.id FROM ledger_openitem i
                        WHERE i.account_id = t.account_id AND i.number = t.named_item AND i.currency = t.currency
                          AND i.kind NOT IN ('refund', 'recovery') ORDER BY i.kind <> 'invoice', i.id LIMIT 1) AS item_id
                    FROM takers t WHERE t.kind = 'credit_note'
                    UNION ALL
                    SELECT a.account_id, t.tax_minor, a.item_id FROM takers t
                    JOIN ledger_allocation a ON a.account_id = t.account_id AND a.credit_id = t.id AND a.undoes_id IS NULL
                    WHERE t.kind = 'correction'
                    UNION ALL
                    SELECT t.account_id, x.value::bigint, x.key::bigint FROM takers t
                    JOIN ledger_posting p ON p.account_id = t.account_id AND p.id = t.posting_id
                    CROSS JOIN LATERAL jsonb_each_text(p.data->'taxes') AS x
                    WHERE t.kind = 'write_off'),
                whole AS (
                    SELECT account_id, item_id, tax_minor FROM parts
                    UNION ALL
                    SELECT w.account_id, i.origin_id, w.tax_minor FROM whole w
                    JOIN ledger_openitem i ON i.account_id = w.account_id AND i.id = w.item_id AND i.kind = 'instalment')
                SELECT w.account_id, coalesce(i.number, 'no item') AS number FROM whole w
                LEFT JOIN ledger_openitem i ON i.account_id = w.account_id AND i.id = w.item_id
                WHERE i.kind IS DISTINCT FROM 'instalment'
                GROUP BY w.account_id, w.item_id, i.number, i.tax_minor HAVING sum(w.tax_minor) > coalesce(i.tax_minor, 0)
                UNION ALL
                SELECT c.account_id, c.number FROM ledger_credit c
                LEFT JOIN ledger_posting p ON p.account_id = c.account_id AND p.id = c.posting_id
                WHERE c.kind = 'write_off' AND c.tax_minor <> coalesce((
                    SELECT sum(x.value::bigint) FROM jsonb_each_text(p.data->'taxes') AS x), 0)) s""",
    ),
    Law(
        "ledger.doubtful_account",
        "the account of doubtful customers of each billing account is what is open of its items marked doubtful",
        f"""SELECT account_id || ' ' || currency FROM (
                SELECT i.account_id, i.currency, i.open_minor AS minor FROM (
                    SELECT DISTINCT ON (account_id, item_id) account_id, item_id, is_doubtful FROM ledger_doubtfulmark
                    ORDER BY account_id, item_id, id DESC) m
                JOIN ledger_openitem i ON i.account_id = m.account_id AND i.id = m.item_id WHERE m.is_doubtful
                UNION ALL SELECT account_id, currency, -amount_minor FROM ledger_entry WHERE debit = '{chart.DOUBTFUL}'
                UNION ALL SELECT account_id, currency, amount_minor FROM ledger_entry WHERE credit = '{chart.DOUBTFUL}') t
            GROUP BY account_id, currency HAVING sum(minor) <> 0""",  # noqa: S608
    ),
    Law(
        "ledger.bound_credit_used_up",
        "a write-off, correction, split or small difference is allocated in full, or taken back in full",
        """SELECT account_id || '/' || number FROM ledger_credit
           WHERE open_minor > 0 AND kind IN ('write_off', 'correction', 'split', 'small_difference')""",
    ),
    Law(
        "ledger.small_difference_is_small",
        f"no small difference gives up more than {SMALL_DIFFERENCE_CEILING} units of its currency",
        f"""SELECT c.account_id || '/' || c.number FROM ledger_credit c
            LEFT JOIN (VALUES {_CEILINGS}) AS m(currency, minor) ON m.currency = c.currency
            WHERE c.kind = 'small_difference' AND c.amount_minor > coalesce(m.minor, 0)""",  # noqa: S608
    ),
    Law(
        "ledger.exclusion_lifted_whole",
        "what lifts an exclusion is of the same item, kind and amount, and not earlier",
        """SELECT l.account_id || '/' || l.id FROM ledger_exclusion l
           LEFT JOIN ledger_exclusion x ON x.account_id = l.account_id AND x.id = l.undoes_id
           WHERE l.undoes_id IS NOT NULL
             AND (x.id IS NULL OR x.undoes_id IS NOT NULL OR x.item_id <> l.item_id OR x.kind <> l.kind
                  OR x.amount_minor <> -l.amount_minor OR x.effective_on > l.effective_on)""",
    ),
    Law(
        "ledger.deposit_adds_up",
        "the cheques of a deposit slip are as many as it says, in its currency, and add up to it",
        """SELECT d.number FROM ledger_deposit d
           LEFT JOIN (SELECT deposit_id, currency, count(*) AS cheque_count, sum(amount_minor) AS minor FROM ledger_credit
                      WHERE deposit_id IS NOT NULL GROUP BY 1, 2) c
                  ON c.deposit_id = d.id AND c.currency = d.currency
           WHERE d.cheque_count IS DISTINCT FROM c.cheque_count OR d.amount_minor IS DISTINCT FROM c.minor""",
    ),
)
