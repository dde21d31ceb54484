"""SQL that says what a day of a journal holds: written into its seal, and computed again by the laws."""

from relance.customers.queries import ACCOUNT_RELATION

FIRST_PREVIOUS = "0" * 64
"""What the first seal of a creditor has in place of the seal before it."""

ROWS_PER_BUCKET = 1_000
"""Rows hashed at once: a day is the hash of its buckets' hashes, so that a long day needs no long text."""

MAPPINGS = """(
    SELECT creditor_id, account, code, label, valid_from,
           lead(valid_from) OVER (PARTITION BY creditor_id, account ORDER BY valid_from, id) AS valid_until
    FROM ledger_accountmapping)"""
"""Account mappings as periods; of two with the same first day the newer holds."""


def mapped(alias: str, account: str) -> str:
    """The join of the mapping of an account (an SQL expression) of entry `e` of account `a` on its day."""
    return (
        f"LEFT JOIN {MAPPINGS} AS {alias} ON {alias}.creditor_id = a.creditor_id AND {alias}.account = {account} "
        f"AND e.booked_on >= {alias}.valid_from AND ({alias}.valid_until IS NULL OR e.booked_on < {alias}.valid_until)"
    )


ENTRIES = f"""(
    SELECT a.creditor_id, e.booked_on, e.account_id, e.id, e.source_id, e.currency, e.debit, e.credit,
           coalesce(d.code, e.debit) AS debit_code, coalesce(c.code, e.credit) AS credit_code,
           coalesce(d.label, '') AS debit_label, coalesce(c.label, '') AS credit_label, e.amount_minor
    FROM ledger_entry e JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id
    {mapped("d", "e.debit")} {mapped("c", "e.credit")})"""  # noqa: S608
"""Entries with their creditor, and the codes and labels that its chart has for their accounts on their day."""

SOURCES = """
    LEFT JOIN ledger_openitem i ON i.account_id = e.account_id AND i.id = e.source_id
    LEFT JOIN ledger_credit c ON c.account_id = e.account_id AND c.id = e.source_id
    LEFT JOIN ledger_reversal r ON r.account_id = e.account_id AND r.id = e.source_id
    LEFT JOIN ledger_credit rc ON rc.account_id = r.account_id AND rc.id = r.credit_id"""
"""The joins of entry `e` with the document behind it; a transfer between ledger accounts has only its posting."""

SOURCE_COLUMNS = """
    coalesce(i.kind, c.kind, CASE WHEN r.id IS NULL THEN 'transfer' WHEN rc.kind = 'receipt' THEN 'reversal'
                               ELSE 'correction' END) AS kind,
    coalesce(i.number, c.number, rc.number, e.source_id::text) AS document,
    coalesce(i.born_on, c.received_on, r.reversed_on, e.booked_on) AS document_on"""
"""What the document joined by `SOURCES` is; entries of none are transfers between ledger accounts."""


def day_digests(entries: str, currency: str) -> str:
    """A query of `creditor_id, day, digest, document_count, entry_count` of the days that entries fall on.

    `entries` is a relation like `ENTRIES`, `currency` an SQL expression over its row `e`: the currency whose documents
    are counted. The digest is SHA-256 in hexadecimal; it covers all that an exported line shows of an entry, except
    the customer's name.
    """
    return f"""
        SELECT creditor_id, booked_on AS day, encode(sha256(string_agg(hash, ''::bytea ORDER BY bucket)), 'hex') AS digest,
               sum(document_count)::bigint AS document_count, sum(entry_count)::bigint AS entry_count
        FROM (
            SELECT creditor_id, booked_on, bucket,
                   sha256(convert_to(string_agg(line, E'\\n' ORDER BY id, account_id), 'UTF8')) AS hash,
                   count(*) FILTER (WHERE first_of_document) AS document_count, count(*) AS entry_count
            FROM (
                SELECT e.creditor_id, e.booked_on, e.id, e.account_id,
                       (row_number() OVER day - 1) / {ROWS_PER_BUCKET} AS bucket,
                       e.currency = {currency} AND row_number() OVER document = 1 AS first_of_document,
                       concat_ws('|', e.id, e.account_id, e.source_id, e.currency, e.debit, e.debit_code, e.credit,
                                 e.credit_code, e.amount_minor, e.kind, to_char(e.document_on, 'YYYY-MM-DD'),
                                 quote_literal(e.document), quote_literal(e.third_party), quote_literal(e.debit_label),
                                 quote_literal(e.credit_label)) AS line
                FROM (SELECT e.*, a.number AS third_party, {SOURCE_COLUMNS}
                      FROM {entries} AS e JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id {SOURCES}) AS e
                WINDOW day AS (PARTITION BY e.creditor_id, e.booked_on ORDER BY e.id, e.account_id),
                       document AS (PARTITION BY e.creditor_id, e.booked_on, e.source_id, e.account_id
                                    ORDER BY e.id)) AS rows
            GROUP BY creditor_id, booked_on, bucket) AS buckets
        GROUP BY creditor_id, booked_on"""  # noqa: S608


EMPTY_DIGEST = "encode(sha256(''::bytea), 'hex')"


def seal_hash(seal: str, digest: str) -> str:
    """The SQL expression of a seal's hash from the columns of a row `seal` and its day's digest."""
    return (
        f"encode(sha256(convert_to(concat_ws('|', {seal}.previous_hash, {seal}.creditor_id, "
        f"to_char({seal}.day, 'YYYY-MM-DD'), {seal}.currency, {seal}.first_number, {seal}.document_count, "
        f"{seal}.entry_count, {digest}), 'UTF8')), 'hex')"
    )


def day_totals(entries: str) -> str:
    """A query of `creditor_id, day, currency, code, debit_minor, credit_minor`: what each day moved on each account."""
    return f"""
        SELECT creditor_id, booked_on AS day, currency, code, sum(debit)::bigint AS debit_minor,
               sum(credit)::bigint AS credit_minor
        FROM (SELECT creditor_id, booked_on, currency, debit_code AS code, amount_minor AS debit, 0 AS credit
              FROM {entries} AS e
              UNION ALL SELECT creditor_id, booked_on, currency, credit_code, 0, amount_minor FROM {entries} AS e) AS s
        GROUP BY 1, 2, 3, 4"""  # noqa: S608
