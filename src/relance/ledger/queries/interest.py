"""Late-payment interest that items have borne, from the ledger's rows as of a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.kit.pages import Page
from relance.ledger.accrual import Accrued, History, accrue
from relance.ledger.facts import ClaimableInterest
from relance.ledger.policies import BY_POLICY, DEFAULT, policies
from relance.ledger.queries.late import COUNTS_FROM, NOT_BOUNCED
from relance.legal.facts import LegalRefusal, PartyKind
from relance.legal.packs import pack
from relance.legal.queries import rate_book


@dataclass(frozen=True, slots=True)
class InterestAccount:
    """An item's interest as the ledger's own services need it.

    `settled_on` is the day on which nothing was left open of it, None while something is; `last_allocation_id` the
    allocation that is newest.
    """

    account_id: int
    claimable: ClaimableInterest
    nature: str
    creditor_id: int
    settled_on: dt.date | None
    last_allocation_id: int | None


def claimable_interest(
    account_id: int, as_of: dt.date, item_ids: Sequence[int] | None = None
) -> list[ClaimableInterest]:
    """Interest of each invoice and instalment of an account that was late by `as_of`, or of these, oldest due first.

    What is neither billed nor waived stays here, also when the principal is paid. Items without any are left out; one
    whose interest cannot be computed is there with its refusal.
    """
    return [
        entry.claimable
        for entry in interest_accounts([account_id], as_of, item_ids)
        if entry.claimable.refusal
        or entry.claimable.accrued_minor
        or entry.claimable.billed_minor
        or entry.claimable.waived_minor
    ]


def undecided_items(account_id: int, as_of: dt.date, after: str | None = None, limit: int = 100) -> Page[int]:
    """The invoices and instalments of an account that were late by `as_of` and may still bear claimable interest, oldest
    due first: those that are open, or were paid late and not decided through the end, or allocated anew since.

    `after` is the `next_after` of the page before. Raises ValueError for one of another kind.
    """
    due_on, item_id = (dt.date.min, 0) if after is None else _cursor(after)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH late AS MATERIALIZED (
                SELECT i.id, coalesce(i.due_on, m.due_on) AS due_on FROM ledger_openitem i
                LEFT JOIN (SELECT DISTINCT ON (item_id) item_id, due_on FROM ledger_postponement
                           WHERE account_id = %(account)s AND effective_on <= %(as_of)s
                           ORDER BY item_id, effective_on DESC, id DESC) m ON m.item_id = i.id
                LEFT JOIN (SELECT item_id, max(effective_on) AS last_on, max(id) AS newest FROM ledger_allocation
                           WHERE account_id = %(account)s GROUP BY 1) a ON a.item_id = i.id AND i.open_minor = 0
                LEFT JOIN (SELECT item_id, max(through_on) AS through_on, max(id) AS newest FROM ledger_interestdecision
                           WHERE account_id = %(account)s GROUP BY 1
                           HAVING count(*) FILTER (WHERE kind = 'annulled') = 0) d ON d.item_id = i.id
                WHERE i.account_id = %(account)s AND i.born_on <= %(as_of)s AND i.kind IN ('invoice', 'instalment')
                  AND coalesce(i.due_on, m.due_on) < %(as_of)s
                  AND (i.open_minor > 0
                       OR a.last_on > greatest(coalesce(i.due_on, m.due_on), coalesce(d.through_on, '-infinity'))
                       OR a.newest > d.newest))
            SELECT id, due_on, (SELECT count(*) FROM late) FROM late
            WHERE (due_on, id) > (%(due_on)s, %(id)s) ORDER BY due_on, id LIMIT %(limit)s""",
            {"account": account_id, "as_of": as_of, "due_on": due_on, "id": item_id, "limit": limit + 1},
        )
        rows = cursor.fetchall()
    next_after = f"{rows[limit - 1][1]}|{rows[limit - 1][0]}" if len(rows) > limit else None
    return Page([row[0] for row in rows[:limit]], next_after, rows[0][2] if rows else 0)


def _cursor(after: str) -> tuple[dt.date, int]:
    """The item that a page begins after."""
    due_on, _bar, item_id = after.partition("|")
    return dt.date.fromisoformat(due_on), int(item_id)


def interest_accounts(
    account_ids: Sequence[int],
    as_of: dt.date,
    item_ids: Sequence[int] | None = None,
    every_decision: bool = False,
) -> list[InterestAccount]:
    """The late items of these accounts that bear interest, or those of `item_ids`, with their interest to `as_of`.

    With `every_decision` what was billed or waived for later days counts too, so that nothing is billed twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LATE_ITEMS.format(
                only="AND i.id = ANY(%(items)s::bigint[])" if item_ids is not None else "",
                decided="" if every_decision else _BY_THE_DAY,
            ),
            {
                "ids": id_array(account_ids),
                "items": id_array(item_ids) if item_ids is not None else None,
                "as_of": as_of,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return []
    book, chosen = rate_book(), policies()
    found = []
    for (account_id, item_id, number, currency, nature, amount_minor, due_on, moved_on, moved_to, creditor_id, country,
         kind, days, minors, newest, is_given_up, disputed_minor, is_expired, noticed_on, billed_minor,
         waived_minor) in rows:  # fmt: skip
        taken = list(zip(days or (), minors or (), strict=True))
        history = History(
            PartyKind(kind), amount_minor, due_on, taken, list(zip(moved_on or (), moved_to or (), strict=True)),
            disputed_minor, is_expired, is_given_up, noticed_on,
            chosen.get(creditor_id, DEFAULT).contract_percent,
        )  # fmt: skip
        try:
            accrued = accrue(history, pack(country), book, as_of)
        except LegalRefusal as unknown_country:
            accrued = Accrued(refusal=unknown_country.words)
        claimable = ClaimableInterest(
            item_id, number, currency, accrued.accrued_minor, billed_minor, waived_minor,
            accrued.refusal.en if accrued.refusal else "", accrued.refusal.fr if accrued.refusal else "",
            accrued.disputed_minor, accrued.through_on,
        )  # fmt: skip
        is_settled = amount_minor == sum(minor for _, minor in taken)
        settled_on = max(day for day, _ in taken) if is_settled else None
        found.append(InterestAccount(account_id, claimable, nature, creditor_id, settled_on, newest))
    return found


_BY_THE_DAY = """AND EXISTS (
              SELECT 1 FROM ledger_posting p
              WHERE p.account_id = d.account_id AND p.id = d.posting_id AND p.effective_on <= %(as_of)s)"""

# What counts of an item is told in `queries.late`. A court claim is a formal notice. What the policy waived because of
# a payment is claimable again when that payment came back: rows are numbered in the order of writing.
_LATE_ITEMS = f"""
    WITH moved AS (
        SELECT t.account_id, t.item_id, array_agg(t.effective_on ORDER BY t.effective_on, t.id) AS days,
               array_agg(t.due_on ORDER BY t.effective_on, t.id) AS due_dates
        FROM ledger_postponement t
        WHERE t.account_id = ANY(%(ids)s::bigint[]) AND t.effective_on <= %(as_of)s GROUP BY 1, 2),
    late AS (
        SELECT i.account_id, i.id, i.number, i.currency, i.nature, i.amount_minor, i.born_on, i.origin_id,
               coalesce(i.due_on, m.due_dates[1]) AS due_on, m.days AS moved_on, m.due_dates AS moved_to
        FROM ledger_openitem i LEFT JOIN moved m ON m.account_id = i.account_id AND m.item_id = i.id
        WHERE i.account_id = ANY(%(ids)s::bigint[]) AND i.born_on <= %(as_of)s {{only}}
          AND coalesce(i.due_on, m.due_dates[1]) < %(as_of)s
          AND (i.kind = 'invoice' OR i.kind = 'instalment' AND EXISTS (
                  SELECT 1 FROM ledger_openitem o
                  WHERE o.account_id = i.account_id AND o.id = i.origin_id AND o.kind = 'invoice'))
          AND (i.open_minor > 0 OR EXISTS (
                  SELECT 1 FROM ledger_allocation a WHERE a.account_id = i.account_id AND a.item_id = i.id
                    AND a.effective_on > coalesce(i.due_on, m.due_dates[1]))
               OR EXISTS (SELECT 1 FROM ledger_interestdecision d
                          WHERE d.account_id = i.account_id AND d.item_id = i.id))),
    daily AS (
        SELECT l.account_id, l.id, {COUNTS_FROM.format(item="l")} AS day, sum(a.amount_minor)::bigint AS minor,
               max(a.id) AS newest,
               coalesce(sum(a.amount_minor) FILTER (WHERE c.kind = 'write_off'), 0) AS given_up_minor
        FROM late l
        JOIN ledger_allocation a ON a.account_id = l.account_id AND a.item_id = l.id AND a.effective_on <= %(as_of)s
        JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
        WHERE {NOT_BOUNCED}
        GROUP BY 1, 2, 3),
    taken AS (
        SELECT account_id, id, array_agg(day ORDER BY day) FILTER (WHERE minor <> 0) AS days,
               array_agg(minor ORDER BY day) FILTER (WHERE minor <> 0) AS minors, max(newest) AS newest,
               sum(given_up_minor) > 0 AS is_given_up
        FROM daily GROUP BY 1, 2),
    excluded AS (
        SELECT x.account_id, x.item_id,
               coalesce(sum(x.amount_minor) FILTER (WHERE x.kind = 'disputed'), 0)::bigint AS disputed_minor,
               coalesce(sum(x.amount_minor) FILTER (WHERE x.kind = 'expired'), 0) > 0 AS is_expired
        FROM ledger_exclusion x WHERE x.account_id = ANY(%(ids)s::bigint[]) AND x.effective_on <= %(as_of)s
        GROUP BY 1, 2),
    noticed AS (
        SELECT account_id, item_id, min(day) AS day FROM (
            SELECT n.account_id, n.item_id, n.occurred_on AS day FROM ledger_interruption n
            WHERE n.account_id = ANY(%(ids)s::bigint[]) AND n.kind = 'court'
            UNION ALL
            SELECT p.account_id, noticed.id::bigint, p.effective_on FROM ledger_posting p
            CROSS JOIN LATERAL jsonb_array_elements_text(p.data -> 'item_ids') AS noticed(id)
            WHERE p.account_id = ANY(%(ids)s::bigint[]) AND p.kind = 'formal_notice_recorded') t
        WHERE day <= %(as_of)s GROUP BY 1, 2),
    decided AS (
        SELECT d.account_id, d.item_id,
               coalesce(sum(d.amount_minor) FILTER (WHERE d.kind = 'billed'), 0)::bigint
               - coalesce(sum(d.amount_minor) FILTER (WHERE d.kind = 'annulled'), 0)::bigint AS billed_minor,
               coalesce(sum(d.amount_minor) FILTER (WHERE d.kind = 'waived'), 0)::bigint AS waived_minor
        FROM ledger_interestdecision d WHERE d.account_id = ANY(%(ids)s::bigint[]) {{decided}}
          AND NOT (d.kind = 'waived' AND EXISTS (
                  SELECT 1 FROM ledger_posting p WHERE p.account_id = d.account_id AND p.id = d.posting_id
                     AND p.actor = '{BY_POLICY}')
              AND EXISTS (
                  SELECT 1 FROM ledger_allocation u
                  JOIN ledger_reversal r ON r.account_id = u.account_id AND r.credit_id = u.credit_id
                       AND r.reversed_on <= %(as_of)s
                  WHERE u.account_id = d.account_id AND u.item_id = d.item_id AND u.undoes_id < d.id AND u.id > d.id))
        GROUP BY 1, 2)
    SELECT l.account_id, l.id, l.number, l.currency, l.nature, l.amount_minor, l.due_on, l.moved_on, l.moved_to,
           a.creditor_id, a.country, a.kind, k.days, k.minors, k.newest, coalesce(k.is_given_up, FALSE),
           coalesce(x.disputed_minor, 0), coalesce(x.is_expired, FALSE), n.day,
           coalesce(d.billed_minor, 0), coalesce(d.waived_minor, 0)
    FROM late l JOIN {ACCOUNT_RELATION} AS a ON a.account_id = l.account_id
    LEFT JOIN taken k ON k.account_id = l.account_id AND k.id = l.id
    LEFT JOIN excluded x ON x.account_id = l.account_id AND x.item_id = l.id
    LEFT JOIN noticed n ON n.account_id = l.account_id AND n.item_id = l.id
    LEFT JOIN decided d ON d.account_id = l.account_id AND d.item_id = l.id
    ORDER BY l.account_id, l.due_on, l.id"""  # noqa: S608
