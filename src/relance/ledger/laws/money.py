"""Laws of money: open amounts are the sums of rows, and entries follow them."""

from relance.kit.laws import Law
from relance.ledger import chart

_CUSTOMERS = f"IN ('{chart.CONTROL}', '{chart.DOUBTFUL}')"

MONEY_LAWS: tuple[Law, ...] = (
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
        "the entries behind every item, credit and reversal move exactly its amount through the customers' accounts; a "
        "split, its instalments and what takes these back have none",
        f"""SELECT coalesce(d.account_id, e.account_id) || '/' || coalesce(d.source_id, e.source_id) FROM (
                SELECT account_id, id AS source_id, amount_minor AS minor FROM ledger_openitem WHERE kind <> 'instalment'
                UNION ALL SELECT account_id, id, -amount_minor FROM ledger_credit c
                          WHERE kind NOT IN ('split', 'correction') OR kind = 'correction' AND NOT EXISTS (
                              SELECT 1 FROM ledger_allocation a
                              JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
                              WHERE a.account_id = c.account_id AND a.credit_id = c.id AND i.kind = 'instalment')
                UNION ALL SELECT r.account_id, r.id, r.amount_minor FROM ledger_reversal r
                          JOIN ledger_credit c ON c.account_id = r.account_id AND c.id = r.credit_id
                          WHERE c.kind <> 'split') d
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
)
