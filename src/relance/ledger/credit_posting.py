"""Posting of imported credits, receipts and credit notes alike: the row, its entry, its allocation, the news."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from relance.customers.services import lock_accounts
from relance.kit.events import publish
from relance.kit.ids import next_ids
from relance.kit.staging import Reading
from relance.ledger import chart
from relance.ledger.documents import Posted, reject_changed, reject_other_currency
from relance.ledger.facts import MoneyMoved
from relance.ledger.services.interest_policy import bill_accrued_before, pays_interest_first
from relance.ledger.services.settling import allocate_accounts
from relance.ledger.tax_back import taken_back


@dataclass(frozen=True, slots=True)
class CreditShape:
    """Which typed values of a file become which columns of a credit, and the ledger account it is debited to (SQL).

    `shares_tax`: its tax is the share of the invoice that it names.
    """

    posted: Posted
    received_on: str
    method: str
    reason: str
    debit: str
    shares_tax: bool = False


def post_credits(reading: Reading, shape: CreditShape, as_of: dt.date) -> None:
    """Post the good rows that are new, allocate them, tell who listens; reject those that contradict posted ones.

    Where payments clear interest before principal, an account's receipts are posted day by day, each once the interest
    to its day is billed, as if they had come one by one. Who listens is told the last day of each account's credits, no
    later than `as_of`, the day being lived.
    """
    batch = reading.batch
    reject_other_currency(reading)
    shares_tax = shape.shares_tax and bool(reading.present("invoice"))
    rows = _with_tax(reading, shape) if shares_tax else f"(SELECT *, 0 AS tax FROM {reading.good()} AS r)"  # noqa: S608
    # Writers of an account's money take turns; locked before the first row is written, as everywhere.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT g.account_id FROM {reading.good()} AS g")  # noqa: S608
        account_ids = [row[0] for row in cursor.fetchall()]
    lock_accounts(account_ids)
    if shares_tax:
        _reject_given_up(reading, shape)
    day_by_day = pays_interest_first(account_ids) if shape.posted.kind == "receipt" else []
    if day_by_day:
        created, touched = _post(shape, f"(SELECT * FROM {rows} AS r WHERE NOT {_is_of(day_by_day)})")  # noqa: S608
        for turn in range(1, _most_days(rows, shape, day_by_day) + 1):
            more, paid = _post(shape, _days_turn(rows, shape, day_by_day, turn), interest_first=True)
            created, touched = created + more, sorted({*touched, *paid})
    else:
        created, touched = _post(shape, rows)
    batch.created_count += created
    if created < batch.staged_count:
        reading.reject_bad()
        reading.fold_repeats()
        reject_changed(reading, shape.posted)
        batch.unchanged_count += batch.staged_count - created
    if touched:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT g.account_id, least(max(g.{shape.received_on}), %s) FROM {reading.good()} AS g "  # noqa: S608
                "WHERE g.account_id = ANY(%s) GROUP BY 1 ORDER BY 1",
                [as_of, touched],
            )
            days = cursor.fetchall()
        publish(MoneyMoved([row[0] for row in days], last_days=[row[1] for row in days]))


def _is_of(account_ids: Sequence[int]) -> str:
    return f"r.account_id = ANY('{{{','.join(str(account_id) for account_id in account_ids)}}}'::bigint[])"


def _turns(rows: str, shape: CreditShape, account_ids: Sequence[int]) -> str:
    """Relation of these accounts' rows, each with the place of its day among those of its account in the file."""
    return (
        f"(SELECT r.*, dense_rank() OVER (PARTITION BY r.account_id ORDER BY r.{shape.received_on}) AS turn "  # noqa: S608
        f"FROM {rows} AS r WHERE {_is_of(account_ids)})"
    )


def _days_turn(rows: str, shape: CreditShape, account_ids: Sequence[int], turn: int) -> str:
    return f"(SELECT * FROM {_turns(rows, shape, account_ids)} AS t WHERE t.turn = {turn})"  # noqa: S608


def _most_days(rows: str, shape: CreditShape, account_ids: Sequence[int]) -> int:
    """The most days that the file has for one of these accounts."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(t.turn), 0) FROM {_turns(rows, shape, account_ids)} AS t")  # noqa: S608
        count: int = cursor.fetchone()[0]
    return count


def _post(shape: CreditShape, rows: str, *, interest_first: bool = False) -> tuple[int, list[int]]:
    """Write those of the rows that are new and allocate them; returns how many there were, and their accounts.

    With `interest_first` the rows have one day for each account, and its interest to that day is billed in between.
    """
    (since_id,) = next_ids(1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH posted AS (
                INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, tax_minor,
                                           open_minor, method, named_item, reason, posted_by)
                SELECT g.account_id, '{shape.posted.kind}', g.{shape.posted.number}, g.currency, g.{shape.received_on},
                       g.amount, g.tax, g.amount, {shape.method}, g.invoice, {shape.reason}, ''
                FROM {rows} AS g ORDER BY g.account_id, g.row_no
                ON CONFLICT (account_id, kind, number) DO NOTHING
                RETURNING account_id, id, received_on, currency, amount_minor, tax_minor, method),
            booked AS (
                INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor)
                SELECT account_id, id, received_on, currency, part.debit, '{chart.CONTROL}', part.minor
                FROM posted CROSS JOIN LATERAL (VALUES ({shape.debit}, amount_minor - tax_minor),
                                                       ('{chart.TAX}', tax_minor)) AS part(debit, minor)
                WHERE part.minor > 0)
            SELECT account_id, count(*), max(received_on) FROM posted GROUP BY account_id ORDER BY account_id"""  # noqa: S608
        )
        posted = cursor.fetchall()
    if interest_first:
        for account_id, _, received_on in posted:
            bill_accrued_before(account_id, received_on, None)
    touched = [account_id for account_id, _, _ in posted]
    if touched:
        allocate_accounts(touched, since_id)
    return sum(count for _, count, _ in posted), touched


def _with_tax(reading: Reading, shape: CreditShape) -> str:
    """Relation of the good rows with the tax that each takes back of the invoice it names.

    Counted up from what was taken back before and by the file's earlier rows, as `rules.tax_of_part` does.
    """
    share = (
        "coalesce(round(n.tax_minor::numeric * least(n.invoice_minor, n.earlier_minor + {0}) "
        "/ nullif(n.invoice_minor, 0)), 0)"
    )
    return f"""(
        SELECT n.*, greatest(0, least(n.amount,
                   greatest(n.earlier_tax_minor, {share.format("n.so_far_minor")})
                   - CASE WHEN n.so_far_minor = n.new_minor THEN n.earlier_tax_minor
                          ELSE greatest(n.earlier_tax_minor, {share.format("n.so_far_minor - n.new_minor")}) END)) AS tax
        FROM (
            SELECT m.*, coalesce(m.earlier[1], 0) AS earlier_minor, coalesce(m.earlier[2], 0) AS earlier_tax_minor,
                   sum(m.new_minor) OVER (PARTITION BY m.account_id, m.invoice_id ORDER BY m.row_no
                                          ROWS UNBOUNDED PRECEDING) AS so_far_minor
            FROM (
                SELECT r.*, i.id AS invoice_id, i.amount_minor AS invoice_minor, i.tax_minor,
                       CASE WHEN i.id IS NULL OR {_is_posted("r", shape)} THEN 0 ELSE r.amount END AS new_minor,
                       CASE WHEN {_has_credits("i", "'credit_note', 'write_off', 'correction'")} THEN (
                           WITH RECURSIVE {taken_back("(SELECT i.account_id, i.id AS item_id) AS w")}
                           SELECT ARRAY[taxed_minor, tax_minor] FROM taken) END AS earlier
                FROM {reading.good()} AS r
                LEFT JOIN ledger_openitem i ON i.account_id = r.account_id AND i.kind = 'invoice'
                     AND i.number = r.invoice AND i.currency = r.currency) m) n)"""  # noqa: S608


def _reject_given_up(reading: Reading, shape: CreditShape) -> None:
    """Reject new credits of an invoice that was corrected, or of more than what is not written off of it."""
    left_minor = f"""(
        SELECT CASE WHEN NOT {_has_credits("i", "'write_off', 'correction'")} THEN NULL ELSE (
            WITH RECURSIVE {taken_back("(SELECT i.account_id, i.id AS item_id) AS w")}
            SELECT CASE WHEN corrected_minor > 0 THEN 0 WHEN written_off_minor > 0
                   THEN greatest(0, i.amount_minor - written_off_minor - credited_minor) END FROM taken) END
        FROM ledger_openitem i
        WHERE i.account_id = g.account_id AND i.kind = 'invoice' AND i.number = g.invoice)"""  # noqa: S608
    reading.reject_where(
        f"g.invoice <> '' AND g.amount > {left_minor} AND NOT {_is_posted('g', shape)}",
        "amount",
        "'invoice ' || g.invoice || ' is corrected or written off, and less than this is left to credit; lower the "
        "amount, or take the write-off back first'",
    )


def _is_posted(row: str, shape: CreditShape) -> str:
    number = shape.posted.number
    return (
        f"EXISTS (SELECT 1 FROM ledger_credit p WHERE p.account_id = {row}.account_id "  # noqa: S608
        f"AND p.kind = '{shape.posted.kind}' AND p.number = {row}.{number})"
    )


def _has_credits(item: str, kinds: str) -> str:
    """Whether the item's account has credits of these kinds at all: one look, before all of them are read."""
    return f"EXISTS (SELECT 1 FROM ledger_credit k WHERE k.account_id = {item}.account_id AND k.kind IN ({kinds}))"  # noqa: S608
