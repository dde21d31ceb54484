"""Reads across rooms for reports: which contacts were followed by money, in one set-based query."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION
from relance.dunning.queries import STAGE_RELATION
from relance.insight.facts import EFFECT_WINDOWS
from relance.ledger.queries import ALLOCATED_RELATION, RECEIPT_RELATION
from relance.outbound.queries import CONTACT_RELATION, contact_values
from relance.worklist.queries import REACHED_RELATION, reached_values

LONGEST_WINDOW = max(EFFECT_WINDOWS)
"""A payment belongs to the last contact of so many days before it."""

_KEYS = {
    "method": "t.method",
    "template": "t.template",
    "stage": "coalesce(s.stage, '')",
    "month": "date_trunc('month', t.contacted_on)::date",
}


@dataclass(frozen=True, slots=True)
class ContactSums:
    """Contacts of one group in one currency, and what followed them; a dimension that was not asked for is None.

    `is_total` sums all groups of the currency. `windows` has, for each of `EFFECT_WINDOWS`, of the contacts whose window
    is over: how many contacts, customers and minor units claimed, how many customers paid, and how many minor units.
    """

    keys: tuple[str | dt.date | None, ...]
    currency: str
    is_total: bool
    contact_count: int
    customer_count: int
    unknown_count: int
    claimed_minor: int
    windows: tuple[tuple[int, int, int, int, int], ...]
    last_contact_on: dt.date | None


def contact_sums(
    from_on: dt.date,
    to_on: dt.date,
    as_of: dt.date,
    dimensions: Sequence[str],
    *,
    creditor_id: int | None = None,
    method: str | None = None,
    stage: str | None = None,
) -> list[ContactSums]:
    """The contacts from one day to another, grouped by these dimensions, with what was paid after them by `as_of`.

    A receipt belongs to the last contact of the thirty days before its own day that asked for it, whether that contact
    is among the groups or not, and counts there up to what that contact claimed. A contact about one invoice is followed
    only by what settled that invoice; one for a family by the receipts of all its accounts. `method` and `stage` choose
    among the groups and change no figure in them. Raises KeyError for a dimension that there is not.
    """
    keys = [_KEYS[name] for name in dimensions]
    names = [f"k{place}" for place in range(len(keys))]
    of_creditor = (
        f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = c.account_id AND a.creditor_id = %(creditor)s"
        if creditor_id is not None
        else ""
    )
    chosen = ["t.contacted_on BETWEEN %(from_on)s AND %(to_on)s"]
    chosen += ["t.method = %(method)s"] if method is not None else []
    chosen += ["coalesce(s.stage, '') = %(stage)s"] if stage is not None else []
    named = "".join(f"{key} AS {name}, " for key, name in zip(keys, names, strict=True))
    group = ", ".join([*names, "currency"])
    is_over = {days: f"NOT is_unknown AND contacted_on + {days} <= %(as_of)s" for days in EFFECT_WINDOWS}
    paid = ", ".join(
        f"least(max(f.claimed_minor), coalesce(sum(f.amount_minor) FILTER (WHERE f.after_days <= {days}), 0))::bigint "
        f"AS paid_{days}"
        for days in EFFECT_WINDOWS
    )
    per_account = ", ".join(
        f"count(*) FILTER (WHERE {is_over[days]}) AS over_{days}, "
        f"sum(claimed_minor) FILTER (WHERE {is_over[days]}) AS asked_{days}, "
        f"sum(paid_{days}) FILTER (WHERE {is_over[days]}) AS paid_{days}"
        for days in EFFECT_WINDOWS
    )
    per_group = ", ".join(
        f"sum(over_{days})::bigint, count(*) FILTER (WHERE over_{days} > 0), coalesce(sum(asked_{days}), 0)::bigint, "
        f"count(*) FILTER (WHERE paid_{days} > 0), coalesce(sum(paid_{days}), 0)::bigint"
        for days in EFFECT_WINDOWS
    )
    # Sums per account first: a customer of several contacts is one customer, in a group and in the total.
    sql = f"""
        WITH touch AS MATERIALIZED (
            SELECT c.*, row_number() OVER (ORDER BY c.contacted_on, c.by_person, c.id) AS n FROM (
                SELECT account_id, id, action_id, item_id, currency, method, template, contacted_on, claimed_minor,
                       is_unknown, family, FALSE AS by_person
                FROM {CONTACT_RELATION} AS m
                UNION ALL
                SELECT account_id, id, action_id, 0, currency, method, '', contacted_on, claimed_minor, FALSE, NULL, TRUE
                FROM {REACHED_RELATION} AS w) c
            {of_creditor}),
        reach AS MATERIALIZED (
            SELECT n, account_id AS payer_id, currency, item_id, contacted_on, claimed_minor FROM touch
            WHERE NOT is_unknown
            UNION ALL
            SELECT n, member::bigint, currency, item_id, contacted_on, claimed_minor
            FROM touch, jsonb_array_elements_text(family) member
            WHERE NOT is_unknown AND jsonb_typeof(family) = 'array'),
        receipt AS MATERIALIZED (
            SELECT c.* FROM {RECEIPT_RELATION} AS c WHERE c.account_id IN (SELECT payer_id FROM reach)),
        by_item AS MATERIALIZED (SELECT DISTINCT payer_id FROM reach WHERE item_id <> 0),
        settled AS MATERIALIZED (
            SELECT c.account_id, c.id, a.item_id, sum(a.amount_minor)::bigint AS amount_minor
            FROM receipt c JOIN {ALLOCATED_RELATION} AS a ON a.account_id = c.account_id AND a.credit_id = c.id
            WHERE c.account_id IN (SELECT payer_id FROM by_item)
            GROUP BY c.account_id, c.id, a.item_id HAVING sum(a.amount_minor) > 0),
        piece AS (
            SELECT c.account_id, c.id, c.currency, c.received_on, s.item_id, s.amount_minor
            FROM receipt c JOIN settled s ON s.account_id = c.account_id AND s.id = c.id
            UNION ALL
            SELECT c.account_id, c.id, c.currency, c.received_on, 0, c.amount_minor - coalesce(s.amount_minor, 0)
            FROM receipt c LEFT JOIN (
                SELECT account_id, id, sum(amount_minor)::bigint AS amount_minor FROM settled GROUP BY 1, 2) s
              ON s.account_id = c.account_id AND s.id = c.id
            WHERE c.amount_minor > coalesce(s.amount_minor, 0)),
        followed AS (
            SELECT DISTINCT ON (p.account_id, p.id, p.item_id) r.n, r.claimed_minor, p.amount_minor,
                   p.received_on - r.contacted_on AS after_days
            FROM piece p JOIN reach r ON r.payer_id = p.account_id AND r.currency = p.currency
                AND r.contacted_on < p.received_on AND r.contacted_on >= p.received_on - {LONGEST_WINDOW}
                AND r.item_id IN (0, p.item_id)
            ORDER BY p.account_id, p.id, p.item_id, r.n DESC),
        paid AS (SELECT f.n, {paid} FROM followed f GROUP BY f.n),
        contact AS (
            SELECT {named} t.currency, t.account_id, t.claimed_minor, t.is_unknown, t.contacted_on, p.*
            FROM touch t LEFT JOIN paid p ON p.n = t.n
            LEFT JOIN {STAGE_RELATION} AS s ON s.account_id = t.account_id AND s.action_id = t.action_id
            WHERE {" AND ".join(chosen)}),
        customer AS (
            SELECT {group}, account_id, GROUPING({names[0]}) AS total,
                   count(*) FILTER (WHERE NOT is_unknown) AS contacts, count(*) FILTER (WHERE is_unknown) AS unknown,
                   sum(claimed_minor) FILTER (WHERE NOT is_unknown) AS claimed,
                   max(contacted_on) FILTER (WHERE NOT is_unknown) AS last_on, {per_account}
            FROM contact GROUP BY GROUPING SETS (({group}, account_id), (currency, account_id)))
        SELECT {group}, total, sum(contacts)::bigint, count(*) FILTER (WHERE contacts > 0), sum(unknown)::bigint,
               coalesce(sum(claimed), 0)::bigint, max(last_on), {per_group}
        FROM customer GROUP BY {group}, total ORDER BY currency, total, {", ".join(names)}"""  # noqa: S608
    last_contact = min(as_of, to_on + dt.timedelta(days=LONGEST_WINDOW))
    values = {
        **contact_values(from_on, last_contact),
        **reached_values(from_on, last_contact),
        "received_from": from_on,
        "received_to": as_of,
        "as_of": as_of,
        "from_on": from_on,
        "to_on": min(to_on, as_of),
        "creditor": creditor_id,
        "method": method,
        "stage": stage,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_sums(row, len(keys)) for row in cursor.fetchall()]


def _sums(row: Sequence[object], width: int) -> ContactSums:
    keys, (currency, total, contacts, customers, unknown, claimed, last_on, *figures) = row[:width], row[width:]
    windows = tuple(tuple(figures[start : start + 5]) for start in range(0, len(figures), 5))
    return ContactSums(keys, currency, bool(total), contacts, customers, unknown, claimed, windows, last_on)  # type: ignore[arg-type]
