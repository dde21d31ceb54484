"""Laws of the journal: sealed days stay what they were."""

from relance.kit.laws import Law
from relance.ledger.fingerprints import (
    EMPTY_DIGEST,
    ENTRIES,
    FIRST_PREVIOUS,
    SOURCES,
    day_digests,
    day_totals,
    seal_hash,
)

_SEALED = """(
    SELECT creditor_id, min(day) AS since, max(day) AS through, max(currency) AS currency FROM ledger_seal GROUP BY 1)"""

_SEALED_ENTRIES = f"""(
    SELECT t.*, n.currency AS numbered FROM {ENTRIES} AS t
    JOIN {_SEALED} AS n ON n.creditor_id = t.creditor_id AND t.booked_on BETWEEN n.since AND n.through)"""  # noqa: S608

JOURNAL_LAWS: tuple[Law, ...] = (
    Law(
        "ledger.sealed_days_unchanged",
        "every sealed day has the entries, accounts and documents, as exports show them, that it had when it was sealed",
        f"""SELECT s.creditor_id || ' ' || s.day FROM ledger_seal s
            LEFT JOIN ({day_digests(_SEALED_ENTRIES, "e.numbered")}) d ON d.creditor_id = s.creditor_id AND d.day = s.day
            WHERE s.seal_hash <> {seal_hash("s", f"coalesce(d.digest, {EMPTY_DIGEST})")}""",  # noqa: S608
    ),
    Law(
        "ledger.entry_on_document_day",
        "an entry stands on the day of the document behind it",
        f"""SELECT e.account_id || '/' || e.source_id FROM ledger_entry e {SOURCES}
            LEFT JOIN ledger_posting p ON p.account_id = e.account_id AND p.id = e.source_id
            WHERE e.booked_on IS DISTINCT FROM
                  coalesce(i.born_on, c.received_on, r.reversed_on, p.effective_on)""",  # noqa: S608
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
)
