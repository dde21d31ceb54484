"""Laws of charges, interest and limitation."""

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.laws import Law

CHARGE_LAWS: tuple[Law, ...] = (
    Law(
        "ledger.interest_billed_once",
        "each interest debit note is billed by one decision, of its own item and amount, and every billing has its note",
        """SELECT coalesce(i.account_id, d.account_id) || '/' || coalesce(i.number, d.interest_item_id::text)
           FROM (SELECT * FROM ledger_openitem WHERE kind = 'interest') i
           FULL JOIN (SELECT account_id, interest_item_id, count(*) AS billing_count, min(item_id) AS item_id,
                             sum(amount_minor) AS minor
                      FROM ledger_interestdecision WHERE kind = 'billed' GROUP BY 1, 2) d
                  ON d.account_id = i.account_id AND d.interest_item_id = i.id
           WHERE i.id IS NULL OR d.billing_count IS DISTINCT FROM 1 OR d.item_id IS DISTINCT FROM i.origin_id
              OR d.minor <> i.amount_minor""",
    ),
    Law(
        "ledger.interest_annulled",
        "the billing of an interest debit note is annulled when, and only when, the note is taken back whole",
        """SELECT coalesce(d.account_id, k.account_id) || '/' || coalesce(d.interest_item_id, k.id)
           FROM (SELECT account_id, interest_item_id, count(*) AS annulment_count, sum(amount_minor) AS minor
                 FROM ledger_interestdecision WHERE kind = 'annulled' GROUP BY 1, 2) d
           FULL JOIN (SELECT i.account_id, i.id, i.amount_minor FROM ledger_openitem i
                      JOIN ledger_allocation a ON a.account_id = i.account_id AND a.item_id = i.id
                      JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                      WHERE i.kind = 'interest' AND c.kind = 'correction'
                      GROUP BY 1, 2, 3 HAVING sum(a.amount_minor) = i.amount_minor) k
                  ON k.account_id = d.account_id AND k.id = d.interest_item_id
           WHERE d.annulment_count IS DISTINCT FROM 1 OR d.minor IS DISTINCT FROM k.amount_minor""",
    ),
    Law(
        "ledger.charge_has_cause",
        "a charge comes from an invoice of its account and currency (interest from an instalment too), a return charge "
        "from a receipt taken back, and from nothing that was not there by its day",
        """SELECT i.account_id || '/' || i.number FROM ledger_openitem i
           LEFT JOIN ledger_openitem o ON o.account_id = i.account_id AND o.id = i.origin_id
                AND o.currency = i.currency AND o.born_on <= i.born_on
                AND (o.kind = 'invoice' OR o.kind = 'instalment' AND i.kind = 'interest')
           WHERE i.kind IN ('late_fee', 'indemnity', 'interest') AND o.id IS NULL
           UNION ALL
           SELECT i.account_id || '/' || i.number FROM ledger_openitem i
           LEFT JOIN (SELECT c.account_id, c.id, c.currency, r.reversed_on FROM ledger_credit c
                      JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id
                      WHERE c.kind = 'receipt') t
                  ON t.account_id = i.account_id AND t.id = i.origin_id AND t.currency = i.currency
                 AND t.reversed_on <= i.born_on
           WHERE i.kind = 'return_charge' AND t.id IS NULL""",
    ),
    Law(
        "ledger.no_costs_for_french_consumers",
        "no fee, indemnity or return charge is open on a consumer's account with a French creditor (CPC ex. L111-8)",
        f"""SELECT i.account_id || '/' || i.number FROM ledger_openitem i
            JOIN {ACCOUNT_RELATION} AS a ON a.account_id = i.account_id
            WHERE i.kind IN ('late_fee', 'indemnity', 'return_charge') AND i.open_minor > 0
              AND a.kind = 'consumer' AND a.country = 'FR'""",  # noqa: S608
    ),
    Law(
        "ledger.time_barred_once",
        "an item is left out as time-barred once at a time and whole, and taken in again by what takes that very row back",
        """SELECT coalesce(x.account_id, i.account_id) || '/' || x.item_id
           FROM (SELECT account_id, item_id, min(amount_minor) FILTER (WHERE undoes_id IS NULL) AS least_minor,
                        max(amount_minor) FILTER (WHERE undoes_id IS NULL) AS most_minor, sum(amount_minor) AS live_minor
                 FROM ledger_exclusion WHERE kind = 'expired' GROUP BY 1, 2) x
           LEFT JOIN ledger_openitem i ON i.account_id = x.account_id AND i.id = x.item_id
           WHERE i.id IS NULL OR x.least_minor IS DISTINCT FROM i.amount_minor OR x.most_minor <> i.amount_minor
              OR x.live_minor NOT IN (0, i.amount_minor)
           UNION ALL
           SELECT u.account_id || '/' || u.item_id FROM ledger_exclusion u
           LEFT JOIN ledger_exclusion x ON x.account_id = u.account_id AND x.id = u.undoes_id AND x.item_id = u.item_id
                AND x.kind = 'expired' AND x.amount_minor = -u.amount_minor AND x.undoes_id IS NULL
           WHERE u.kind = 'expired' AND u.undoes_id IS NOT NULL AND x.id IS NULL""",
    ),
)
