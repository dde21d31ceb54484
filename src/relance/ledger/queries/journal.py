"""The books of a creditor on screen: its policy, chart, sealed days, journal pages and trial balance."""

import datetime as dt
from typing import Any

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION, creditor
from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page
from relance.ledger import chart
from relance.ledger.facts import PolicyFacts
from relance.ledger.fingerprints import ENTRIES, MAPPINGS, SOURCE_COLUMNS, SOURCES, day_totals
from relance.ledger.journal import AccountMappingFacts, JournalRow, SealFacts, TrialBalanceRow
from relance.ledger.policies import DEFAULT, policies

_FIRST_DAY, _LAST_DAY = dt.date.min, dt.date.max
_Condition = tuple[str, list[Any]]


def policy(creditor_id: int) -> PolicyFacts:
    """How a creditor's money is handled now; the defaults when nobody has said otherwise."""
    return policies().get(creditor_id, DEFAULT)


def sealed_through(creditor_id: int) -> dt.date | None:
    """The last sealed day of a creditor's journal, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(day) FROM ledger_seal WHERE creditor_id = %s", [creditor_id])
        last: dt.date | None = cursor.fetchone()[0]
    return last


def numbered_currency(creditor_id: int) -> str:
    """The currency in which a creditor's entries are numbered: that of its seals, before the first one its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency FROM ledger_seal WHERE creditor_id = %s ORDER BY day DESC LIMIT 1", [creditor_id]
        )
        row = cursor.fetchone()
    return row[0] if row else creditor(creditor_id).currency


def seals(creditor_id: int, after: str | None = None, limit: int = 50) -> Page[SealFacts]:
    """The sealed days of a creditor's journal, the newest first; `after` is the `next_after` of the page before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, first_number, document_count, entry_count, previous_hash, seal_hash, sealed_by, sealed_at "
            "FROM ledger_seal WHERE creditor_id = %s AND day < %s ORDER BY day DESC LIMIT %s",
            [creditor_id, dt.date.fromisoformat(after) if after else _LAST_DAY, limit + 1],
        )
        rows = [SealFacts(*row) for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM ledger_seal WHERE creditor_id = %s", [creditor_id])
        total = cursor.fetchone()[0]
    next_after = rows[limit - 1].day.isoformat() if len(rows) > limit else None
    return Page(rows[:limit], next_after, total)


def account_mappings(creditor_id: int, on: dt.date) -> list[AccountMappingFacts]:
    """Every account of our chart with the code and label that the creditor's books have for it on a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account, code, label, valid_from FROM {MAPPINGS} AS m "  # noqa: S608
            "WHERE creditor_id = %s AND valid_from <= %s AND (valid_until IS NULL OR valid_until > %s)",
            [creditor_id, on, on],
        )
        known = {row[0]: AccountMappingFacts(*row) for row in cursor.fetchall()}
    return [known.get(own.code, AccountMappingFacts(own.code, own.code, "", None)) for own in chart.ACCOUNTS]


def mapping_history(creditor_id: int) -> list[AccountMappingFacts]:
    """Every mapping that people have set for a creditor, by account and first day; of two for one day the last holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account, code, label, valid_from FROM ledger_accountmapping WHERE creditor_id = %s "
            "ORDER BY account, valid_from, id",
            [creditor_id],
        )
        return [AccountMappingFacts(*row) for row in cursor.fetchall()]


def journal_page(
    creditor_id: int,
    from_on: dt.date,
    to_on: dt.date,
    code: str = "",
    after: str | None = None,
    limit: int = 50,
    document: str = "",
) -> Page[JournalRow]:
    """Rows of a creditor's journal between two days, both included, by day and id.

    `code` asks for one ledger account, as the creditor's chart writes it; `document` for the documents with this number,
    and the reversals of receipts with it. `after` is the `next_after` of the page before. Where there are many rows,
    they are looked for in growing spans of days, so that a page does not sort the whole period.
    """
    day, last_id = from_on, 0
    if after is not None:
        text, _, number = after.partition("|")
        day, last_id = dt.date.fromisoformat(text), int(number)
    wanted, values = _wanted(code, document)
    total = _count(creditor_id, from_on, to_on, wanted, values)
    found: list[JournalRow] = []
    span = (to_on - from_on).days + 1 if total <= COUNT_LIMIT else 1
    while day <= to_on and len(found) <= limit:
        end = min(to_on, day + dt.timedelta(days=span - 1))
        found += _rows(creditor_id, day, end, wanted, values, last_id, limit + 1 - len(found))
        day, last_id, span = end + dt.timedelta(days=1), 0, span * 2
    next_after = f"{found[limit - 1].booked_on}|{found[limit - 1].id}" if len(found) > limit else None
    return Page(found[:limit], next_after, min(total, COUNT_LIMIT), total <= COUNT_LIMIT)


def _wanted(code: str, document: str) -> tuple[str, list[Any]]:
    """The condition on entry `e` for one ledger account, one document, or both, with its values."""
    condition, values = "", []
    if code:
        # Our accounts that were ever written so: a test of the stored columns, which leaves out most rows unmapped.
        ours = _written_as(code)
        condition = (
            " AND (e.debit = ANY(%s::text[]) OR e.credit = ANY(%s::text[])) AND %s IN (e.debit_code, e.credit_code)"
        )
        values = [ours, ours, code]
    if document:
        accounts, sources = _sources(document)
        condition += " AND e.account_id = ANY(%s::bigint[]) AND e.source_id = ANY(%s::bigint[])"
        values += [accounts, sources]
    return condition, values


def _written_as(code: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT account FROM ledger_accountmapping WHERE code = %s", [code])
        return [code, *(row[0] for row in cursor.fetchall())]


def _sources(document: str) -> tuple[str, str]:
    """The accounts and ids of the documents with this number, as arrays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, id FROM ledger_openitem WHERE number = %(number)s "
            "UNION ALL SELECT account_id, id FROM ledger_credit WHERE number = %(number)s "
            "UNION ALL SELECT r.account_id, r.id FROM ledger_reversal r JOIN ledger_credit c "
            "ON c.account_id = r.account_id AND c.id = r.credit_id WHERE c.number = %(number)s LIMIT 10000",
            {"number": document},
        )
        found = cursor.fetchall()
    return id_array({account_id for account_id, _ in found}), id_array(source_id for _, source_id in found)


def _count(creditor_id: int, from_on: dt.date, to_on: dt.date, condition: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {ENTRIES} AS e "  # noqa: S608
            f"WHERE e.creditor_id = %s AND e.booked_on BETWEEN %s AND %s{condition} LIMIT {COUNT_LIMIT + 1}) t",
            [creditor_id, from_on, to_on, *values],
        )
        count: int = cursor.fetchone()[0]
    return count


def _rows(
    creditor_id: int, first: dt.date, last: dt.date, condition: str, values: list[Any], last_id: int, limit: int
) -> list[JournalRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH e AS (
                SELECT * FROM {ENTRIES} AS e
                WHERE e.creditor_id = %s AND e.booked_on BETWEEN %s AND %s AND (e.booked_on, e.id) > (%s, %s){condition}
                ORDER BY e.booked_on, e.id LIMIT %s),
            closed AS (SELECT max(day) AS through FROM ledger_seal WHERE creditor_id = %s)
            SELECT e.id, e.booked_on, e.account_id, a.number, a.name, {SOURCE_COLUMNS}, e.source_id, e.currency,
                   e.debit_code, e.credit_code, e.amount_minor, e.booked_on <= coalesce(closed.through, '-infinity'),
                   '{chart.CASH}' IN (e.debit, e.credit)
            FROM e CROSS JOIN closed JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id {SOURCES}
            ORDER BY e.booked_on, e.id""",  # noqa: S608
            [creditor_id, first, last, first, last_id, *values, limit, creditor_id],
        )
        return [
            JournalRow(
                id=key, booked_on=booked_on, account_id=account_id, account_number=number, account_name=name, kind=kind,
                document=document, source_id=source_id, currency=currency, debit=debit, credit=credit,
                amount_minor=minor, is_sealed=sealed, in_cash=in_cash,
            )
            for key, booked_on, account_id, number, name, kind, document, _, source_id, currency, debit, credit, minor,
            sealed, in_cash in cursor.fetchall()
        ]  # fmt: skip


def trial_balance(creditor_id: int, from_on: dt.date, to_on: dt.date) -> list[TrialBalanceRow]:
    """What every ledger account held before a period, moved within it and holds at its end, by currency and code.

    Codes are those under which the entries were booked, with the name that they last had by the end of the period. In
    each currency debits equal credits. Sealed days come from their totals, so that only unsealed ones are read row by
    row.
    """
    unsealed = (
        f"(SELECT * FROM {ENTRIES} AS t WHERE t.creditor_id = %(creditor)s AND t.booked_on <= %(to)s "  # noqa: S608
        "AND t.booked_on > %(sealed)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH days AS (
                SELECT day, currency, code, debit_minor, credit_minor FROM ledger_sealedtotal
                WHERE creditor_id = %(creditor)s AND day <= %(to)s
                UNION ALL
                SELECT day, currency, code, debit_minor, credit_minor FROM ({day_totals(unsealed)}) AS d),
            sums AS (
                SELECT currency, code, coalesce(sum(debit_minor - credit_minor) FILTER (WHERE day < %(from)s), 0) AS before,
                       coalesce(sum(debit_minor) FILTER (WHERE day >= %(from)s), 0) AS debit,
                       coalesce(sum(credit_minor) FILTER (WHERE day >= %(from)s), 0) AS credit
                FROM days GROUP BY 1, 2)
            SELECT s.code, coalesce((SELECT m.label FROM {MAPPINGS} AS m WHERE m.creditor_id = %(creditor)s
                                     AND m.code = s.code AND m.valid_from <= %(to)s
                                     AND m.valid_from IS DISTINCT FROM m.valid_until
                                     ORDER BY m.valid_from DESC LIMIT 1), ''), s.currency,
                   greatest(before, 0)::bigint, greatest(-before, 0)::bigint, debit::bigint, credit::bigint,
                   greatest(before + debit - credit, 0)::bigint, greatest(credit - debit - before, 0)::bigint
            FROM sums s ORDER BY s.currency, s.code""",  # noqa: S608
            {
                "creditor": creditor_id,
                "from": from_on,
                "to": to_on,
                "sealed": sealed_through(creditor_id) or _FIRST_DAY,
            },
        )
        return [TrialBalanceRow(*row) for row in cursor.fetchall()]
