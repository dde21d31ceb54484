"""What the ledger promises, as queries that must return no row."""

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.laws import Law
from relance.ledger import chart
from relance.ledger.document_laws import DOCUMENT_LAWS
from relance.ledger.fingerprints import EMPTY_DIGEST, ENTRIES, FIRST_PREVIOUS, day_digests, day_totals, seal_hash

_SEALED = """(
    SELECT creditor_id, min(day) AS since, max(day) AS through, max(currency) AS currency FROM ledger_seal GROUP BY 1)"""

_SEALED_ENTRIES = f"""(
    SELECT t.*, n.currency AS numbered FROM {ENTRIES} AS t
    JOIN {_SEALED} AS n ON n.creditor_id = t.creditor_id AND t.booked_on BETWEEN n.since AND n.through)"""  # noqa: S608

_CUSTOMERS = f"IN ('{chart.CONTROL}', '{chart.DOUBTFUL}')"

LAWS: tuple[Law, ...] = (
    Law(
        "ledger.item_open_amount",
        "an item's open amount is its amount less its live allocations",
        """SELECT i.account_id || '/' || i.number FROM ledger_openitem i
           LEFT JOIN (SELECT account_id, item_id, sum(amount_minor) AS minor FROM ledger_allocation GROUP BY 1, 2) a
                  ON a.account_id = i.account_id AND a.item_id = i.id
           WHERE i.open_minor <> i.amount_minor - coalesce(a.minor, 0)""",
    ),
    Law(
        "ledger.credit_open_amount",
        "a credit's unallocated amount is its amount less its live allocations and its reversal",
        """SELECT c.account_id || '/' || c.number FROM ledger_credit c
           LEFT JOIN (SELECT account_id, credit_id, sum(amount_minor) AS minor FROM (
                        SELECT account_id, credit_id, amount_minor FROM ledger_allocation
                        UNION ALL SELECT account_id, credit_id, amount_minor FROM ledger_reversal) t GROUP BY 1, 2) a
                  ON a.account_id = c.account_id AND a.credit_id = c.id
           WHERE c.open_minor <> c.amount_minor - coalesce(a.minor, 0)""",
    ),
    Law(
        "ledger.entries_balance",
        "the entries behind every item, credit and reversal move exactly its amount through the customers' accounts",
        f"""SELECT coalesce(d.account_id, e.account_id) || '/' || coalesce(d.source_id, e.source_id) FROM (
                SELECT account_id, id AS source_id, amount_minor AS minor FROM ledger_openitem WHERE kind <> 'instalment'
                UNION ALL SELECT account_id, id, -amount_minor FROM ledger_credit WHERE kind <> 'split'
                UNION ALL SELECT account_id, id, amount_minor FROM ledger_reversal) d
            FULL JOIN (SELECT account_id, source_id,
                              sum(CASE WHEN debit {_CUSTOMERS} THEN amount_minor ELSE 0 END
                                  - CASE WHEN credit {_CUSTOMERS} THEN amount_minor ELSE 0 END) AS minor
                       FROM ledger_entry GROUP BY 1, 2) e
                   ON e.account_id = d.account_id AND e.source_id = d.source_id
            WHERE coalesce(d.minor, 0) <> coalesce(e.minor, 0)""",  # noqa: S608
    ),
    Law(
        "ledger.control_account",
        "the customers' accounts of each billing account, doubtful ones included, are its open items less its unallocated "
        "credits",
        f"""SELECT account_id || ' ' || currency FROM (
                SELECT account_id, currency, open_minor AS minor FROM ledger_openitem
                UNION ALL SELECT account_id, currency, -open_minor FROM ledger_credit
                UNION ALL SELECT account_id, currency, -amount_minor FROM ledger_entry WHERE debit {_CUSTOMERS}
                UNION ALL SELECT account_id, currency, amount_minor FROM ledger_entry WHERE credit {_CUSTOMERS}) t
            GROUP BY account_id, currency HAVING sum(minor) <> 0""",  # noqa: S608
    ),
    Law(
        "ledger.allocation_ends",
        "an allocation joins an item and a credit of its own account and currency, not before either existed",
        """SELECT a.account_id || '/' || a.id FROM ledger_allocation a
           LEFT JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
           LEFT JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
           WHERE i.id IS NULL OR c.id IS NULL OR i.currency <> c.currency
              OR a.effective_on < i.born_on OR a.effective_on < c.received_on""",
    ),
    Law(
        "ledger.never_negative",
        "on no day was more allocated to an item than its amount, or less than nothing",
        """SELECT DISTINCT account_id || '/' || item_id FROM (
               SELECT a.account_id, a.item_id, i.amount_minor,
                      sum(a.amount_minor) OVER (PARTITION BY a.account_id, a.item_id ORDER BY a.effective_on) AS so_far
               FROM ledger_allocation a JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id) t
           WHERE so_far < 0 OR so_far > amount_minor""",
    ),
    Law(
        "ledger.credit_never_overspent",
        "on no day was more of a credit allocated than its amount, or less than nothing",
        """SELECT DISTINCT account_id || '/' || credit_id FROM (
               SELECT a.account_id, a.credit_id, c.amount_minor,
                      sum(a.amount_minor) OVER (PARTITION BY a.account_id, a.credit_id ORDER BY a.effective_on) AS so_far
               FROM ledger_allocation a JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id) t
           WHERE so_far < 0 OR so_far > amount_minor""",
    ),
    Law(
        "ledger.sealed_days_unchanged",
        "every sealed day has the entries, under the same accounts, that it had when it was sealed",
        f"""SELECT s.creditor_id || ' ' || s.day FROM ledger_seal s
            LEFT JOIN ({day_digests(_SEALED_ENTRIES, "e.numbered")}) d ON d.creditor_id = s.creditor_id AND d.day = s.day
            WHERE s.seal_hash <> {seal_hash("s", f"coalesce(d.digest, {EMPTY_DIGEST})")}""",  # noqa: S608
    ),
    Law(
        "ledger.sealed_days_closed",
        "nothing was added to a sealed day or before the first one, and nothing is missing from one",
        f"""SELECT coalesce(s.creditor_id, d.creditor_id) || ' ' || coalesce(s.day, d.day) FROM ledger_seal s
            FULL JOIN (
                SELECT t.creditor_id, t.booked_on AS day, count(*) AS entry_count,
                       count(DISTINCT (t.account_id, t.source_id)) FILTER (WHERE t.currency = n.currency) AS document_count
                FROM {ENTRIES} AS t
                JOIN {_SEALED} AS n ON n.creditor_id = t.creditor_id AND t.booked_on <= n.through
                GROUP BY 1, 2) d ON d.creditor_id = s.creditor_id AND d.day = s.day
            WHERE s.entry_count IS DISTINCT FROM coalesce(d.entry_count, 0)
               OR s.document_count IS DISTINCT FROM coalesce(d.document_count, 0)""",  # noqa: S608
    ),
    Law(
        "ledger.seal_chain",
        "seals follow each other day by day, each with the hash of the one before and numbers that go on from it",
        f"""SELECT creditor_id || ' ' || day FROM (
                SELECT *, lag(day) OVER w AS day_before, lag(seal_hash) OVER w AS hash_before,
                       lag(currency) OVER w AS currency_before,
                       lag(first_number + document_count) OVER w AS number_after_day_before
                FROM ledger_seal WINDOW w AS (PARTITION BY creditor_id ORDER BY day)) s
            WHERE previous_hash <> coalesce(hash_before, '{FIRST_PREVIOUS}') OR day <> coalesce(day_before + 1, day)
               OR currency <> coalesce(currency_before, currency)
               OR first_number <> CASE WHEN to_char(day, 'MMDD') = '0101' THEN 1
                                       ELSE coalesce(number_after_day_before, 1) END""",  # noqa: S608
    ),
    Law(
        "ledger.sealed_totals",
        "the totals of a sealed day are the sums of its entries",
        f"""SELECT coalesce(t.creditor_id, d.creditor_id) || ' ' || coalesce(t.day, d.day) || ' '
                   || coalesce(t.code, d.code)
            FROM ledger_sealedtotal t FULL JOIN ({day_totals(_SEALED_ENTRIES)}) d
              ON d.creditor_id = t.creditor_id AND d.day = t.day AND d.currency = t.currency AND d.code = t.code
            WHERE t.debit_minor IS DISTINCT FROM d.debit_minor OR t.credit_minor IS DISTINCT FROM d.credit_minor""",  # noqa: S608
    ),
    *DOCUMENT_LAWS,
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
