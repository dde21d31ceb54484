"""The limitation periods of many items at once, in SQL: the same clock as `legal.rules.limitation` for one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.legal.packs import packs
from relance.legal.rules import limitation_years, shortest_limitation_years

FOLLOWING = "('late_fee', 'indemnity', 'interest')"
"""The kinds of items that are charges on a principal, their `origin_id` (SQL)."""


def clocks(
    account_ids: Sequence[int] | None = None, item_ids: Sequence[int] | None = None, unexpired_only: bool = False
) -> str:
    """A `WITH` list ending in `clock(account_id, id, ends_on, restarted_on, restarted_by)`: the last day of the period
    of each open item, as known on `%(as_of)s`, of those that can end by `%(horizon)s`.

    Only acknowledgements, court claims, claims in insolvency and part payments restart a period, and only before its
    end; a later due date agreed before the end counts too. What is recorded for a principal restarts its charges too.
    With `account_ids` or `item_ids` only theirs (settled items of `item_ids` included); with `unexpired_only` none that
    is excluded as expired already. Parameters: `values`.
    """
    scope = "AND i.account_id = ANY(%(ids)s::bigint[])" if account_ids is not None else ""
    chosen = "AND i.id = ANY(%(items)s::bigint[])" if item_ids is not None else "AND i.open_minor > 0"
    live = (
        """AND NOT EXISTS (
                  SELECT 1 FROM ledger_exclusion x WHERE x.account_id = i.account_id AND x.item_id = i.id
                    AND x.kind = 'expired' AND x.undoes_id IS NULL AND NOT EXISTS (
                        SELECT 1 FROM ledger_exclusion u WHERE u.account_id = x.account_id AND u.undoes_id = x.id))"""
        if unexpired_only
        else ""
    )
    return f"""
        periods AS (SELECT * FROM unnest(%(countries)s::text[], %(kinds)s::text[], %(natures)s::text[], %(years)s::int[])
                                  AS p(country, kind, nature, years)),
        old AS (
            SELECT i.account_id, i.id, i.due_on,
                   CASE WHEN i.kind IN {FOLLOWING} THEN i.origin_id END AS principal_id, make_interval(years => p.years) AS period
            FROM ledger_openitem i
            JOIN {ACCOUNT_RELATION} AS a ON a.account_id = i.account_id
            JOIN periods p ON p.country = a.country AND p.kind = a.kind AND p.nature = i.nature
            WHERE i.due_on <= %(oldest)s AND i.due_on + make_interval(years => p.years) <= %(horizon)s
              AND i.kind <> 'refund' {chosen} {scope} {live}),
        marks AS (
            SELECT account_id, id, period, '-infinity'::date AS at, due_on AS from_on, '' AS mark FROM old
            UNION ALL
            SELECT o.account_id, o.id, o.period, m.effective_on, m.due_on, ''
            FROM old o JOIN ledger_postponement m ON m.account_id = o.account_id AND m.item_id = o.id
            WHERE m.effective_on <= %(as_of)s
            UNION ALL
            SELECT o.account_id, o.id, o.period, n.occurred_on, n.occurred_on, n.kind
            FROM old o JOIN ledger_interruption n ON n.account_id = o.account_id AND n.item_id = o.id
            WHERE n.occurred_on <= %(as_of)s
            UNION ALL
            SELECT o.account_id, o.id, o.period, n.occurred_on, n.occurred_on, n.kind
            FROM old o JOIN ledger_interruption n ON n.account_id = o.account_id AND n.item_id = o.principal_id
            WHERE n.occurred_on <= %(as_of)s
            UNION ALL
            SELECT o.account_id, o.id, o.period, p.effective_on, p.effective_on, 'part_payment'
            FROM old o JOIN ledger_allocation p ON p.account_id = o.account_id AND p.item_id = o.id
            JOIN ledger_credit c ON c.account_id = p.account_id AND c.id = p.credit_id AND c.kind = 'receipt'
            WHERE p.undoes_id IS NULL AND p.effective_on <= %(as_of)s AND NOT EXISTS (
                SELECT 1 FROM ledger_allocation u WHERE u.account_id = p.account_id AND u.credit_id = p.credit_id
                   AND u.undoes_id = p.id AND u.effective_on <= %(as_of)s)),
        in_order AS (
            SELECT *, max(from_on) OVER (PARTITION BY account_id, id ORDER BY at, from_on
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_on
            FROM marks),
        while_running AS (
            SELECT *, bool_or(before_on IS NOT NULL AND at > (before_on + period)::date)
                      OVER (PARTITION BY account_id, id ORDER BY at, from_on ROWS UNBOUNDED PRECEDING) AS is_over
            FROM in_order),
        clock AS (
            SELECT account_id, id, least(max(from_on) + min(period), '9999-12-31')::date AS ends_on,
                   CASE WHEN (array_agg(mark ORDER BY from_on DESC, mark))[1] <> '' THEN max(from_on) END AS restarted_on,
                   (array_agg(mark ORDER BY from_on DESC, mark))[1] AS restarted_by
            FROM while_running WHERE NOT coalesce(is_over, FALSE) GROUP BY account_id, id)"""  # noqa: S608


def values(
    as_of: dt.date,
    horizon: dt.date,
    account_ids: Sequence[int] | None = None,
    item_ids: Sequence[int] | None = None,
) -> dict[str, Any]:
    """The parameters that go with `clocks`: the periods of all country packs, and the days."""
    known = packs()
    periods = [
        (country, kind.value, nature.value, years)
        for country, each in known.items()
        for (kind, nature), years in limitation_years(each).items()
    ]
    shortest = min((years for each in known.values() if (years := shortest_limitation_years(each))), default=0)
    return {
        "countries": [row[0] for row in periods],
        "kinds": [row[1] for row in periods],
        "natures": [row[2] for row in periods],
        "years": [row[3] for row in periods],
        "as_of": as_of,
        "horizon": horizon,
        # No period is shorter, so nothing due after this day can end by the horizon; the index on due dates finds it.
        "oldest": horizon - dt.timedelta(days=365 * shortest),
        "ids": id_array(account_ids) if account_ids is not None else None,
        "items": id_array(item_ids) if item_ids is not None else None,
    }
