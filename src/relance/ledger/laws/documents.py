"""What the ledger promises of documents that people make: instalments, write-offs, refunds, doubtful debts, deposits."""

from relance.kit.laws import Law
from relance.ledger import chart

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
              OR q.decided_by IN ('', q.requested_by)""",
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
        "a write-off, correction, split or small difference is allocated in full",
        """SELECT account_id || '/' || number FROM ledger_credit
           WHERE open_minor > 0 AND kind IN ('write_off', 'correction', 'split', 'small_difference')""",
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
