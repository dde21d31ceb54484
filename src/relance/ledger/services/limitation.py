"""Limitation: recording what restarts a period, and leaving out of every chase what is time-barred."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.queries import of_creditor
from relance.customers.services import lock_accounts
from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import posted
from relance.ledger.facts import Act, MoneyMoved, Posted
from relance.ledger.limitation_clock import FOLLOWING, clocks, values
from relance.ledger.postings import Result, perform
from relance.ledger.queries.late import known_items
from relance.legal.facts import InterruptionKind

ACCOUNTS_PER_CHUNK = 2_000

RECORDED = (InterruptionKind.ACKNOWLEDGEMENT, InterruptionKind.COURT, InterruptionKind.INSOLVENCY_CLAIM)
"""What people record; part payments are read from the receipts."""

_NO_END = dt.timedelta(days=36_500)

_LIVE = """x.kind = 'expired' AND x.undoes_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM ledger_exclusion u WHERE u.account_id = x.account_id AND u.undoes_id = x.id)"""

# Charges follow their principal: one that is left out keeps them out, and takes them in again when it comes back.
_FOLLOWERS = f"""
    SELECT i.account_id, i.id, i.number, i.amount_minor, i.origin_id FROM ledger_openitem i
    WHERE i.open_minor > 0 AND i.kind IN {FOLLOWING} AND NOT EXISTS (
        SELECT 1 FROM ledger_exclusion x WHERE x.account_id = i.account_id AND x.item_id = i.id AND {_LIVE})"""  # noqa: S608

_SAVED = f"""
    running AS (
        SELECT x.account_id, x.id AS exclusion_id, x.item_id, x.amount_minor, x.reference
        FROM clock c JOIN ledger_exclusion x ON x.account_id = c.account_id AND x.item_id = c.id
        WHERE c.ends_on >= %(as_of)s AND {_LIVE}),
    saved AS (
        SELECT r.* FROM running r JOIN ledger_openitem i ON i.account_id = r.account_id AND i.id = r.item_id
        WHERE NOT (i.kind IN {FOLLOWING} AND EXISTS (
                  SELECT 1 FROM ledger_exclusion x
                  WHERE x.account_id = i.account_id AND x.item_id = i.origin_id AND {_LIVE})
              AND NOT EXISTS (
                  SELECT 1 FROM running p WHERE p.account_id = i.account_id AND p.item_id = i.origin_id)))"""  # noqa: S608


def interrupt(act: Act, item_ids: Sequence[int], kind: str, occurred_on: dt.date) -> Posted:
    """Record what started the limitation period of these items anew on a day: acknowledgement, court or
    insolvency_claim, with its proof as the reason. Items that are not time-barred after all come back at once, their
    charges with them.

    Refuses letters and reminders, which restart nothing, a day after `act.on` or before an item was there, and the same
    event twice. Returns the
    items' ids. An event after the period's end is kept but revives nothing.
    """
    if kind not in RECORDED:
        raise Refusal(
            _(
                "'%(kind)s' does not restart a limitation period; only %(known)s do, and part payments, which are "
                "read from the receipts"
            )
            % {"kind": kind, "known": ", ".join(RECORDED)}
        )
    if not act.reason.strip():
        raise Refusal(_("say what proves it: the signed plan, the court's file number, the declared claim"))
    if not item_ids:
        raise Refusal(_("choose the items whose period starts anew"))
    if occurred_on > act.on:
        raise Refusal(
            _("%(occurred)s lies ahead of %(on)s; record it when it has happened")
            % {"occurred": occurred_on, "on": act.on}
        )

    def work(posting_id: int) -> Result:
        numbers = known_items(act.account_id, item_ids)
        _refuse_before_birth(act.account_id, item_ids, occurred_on)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT item_id FROM ledger_interruption WHERE account_id = %s AND item_id = ANY(%s::bigint[]) "
                "AND kind = %s AND occurred_on = %s",
                [act.account_id, id_array(item_ids), kind, occurred_on],
            )
            known = cursor.fetchone()
            if known is not None:
                raise Refusal(_("this is recorded for %(number)s already") % {"number": numbers[known[0]]})
            cursor.executemany(
                "INSERT INTO ledger_interruption (account_id, item_id, kind, occurred_on, posting_id) "
                "VALUES (%s, %s, %s, %s, %s)",
                [[act.account_id, item_id, kind, occurred_on, posting_id] for item_id in sorted(set(item_ids))],
            )
        data["items"] = [numbers[item_id] for item_id in item_ids]
        _lift([act.account_id], act.on)
        return {"ids": list(item_ids)}

    data: dict[str, object] = {"kind": kind, "occurred_on": occurred_on}
    inputs = {"item_ids": list(item_ids), "kind": kind, "occurred_on": occurred_on}
    return posted(perform("limitation_interrupted", act, inputs, work, data))


def _refuse_before_birth(account_id: int, item_ids: Sequence[int], occurred_on: dt.date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, born_on FROM ledger_openitem WHERE account_id = %s AND id = ANY(%s::bigint[]) "
            "AND born_on > %s ORDER BY born_on DESC, id LIMIT 1",
            [account_id, id_array(item_ids), occurred_on],
        )
        row = cursor.fetchone()
    if row is not None:
        raise Refusal(
            _("%(number)s is of %(born)s; what happened on %(occurred)s, before that day, cannot restart its period")
            % {"number": row[0], "born": row[1], "occurred": occurred_on}
        )


def expire_items(as_of: dt.date, creditor_id: int | None = None) -> int:
    """Leave the open items whose period ended before `as_of` out of every chase, with the charges on them, and take back
    in those that something recorded since has saved. Returns how many items changed.

    For the whole portfolio, or that of one creditor, in transactions of some thousand accounts each; asking again changes
    nothing.
    """
    changed = 0
    expired, saved = _accounts_with_expired(as_of), _accounts_with_saved(as_of)
    if creditor_id is not None:
        expired, saved = of_creditor(expired, creditor_id), of_creditor(saved, creditor_id)
    for start in range(0, len(expired), ACCOUNTS_PER_CHUNK):
        chunk = expired[start : start + ACCOUNTS_PER_CHUNK]
        with transaction.atomic():
            lock_accounts(chunk)
            changed += _expire(chunk, as_of)
    for start in range(0, len(saved), ACCOUNTS_PER_CHUNK):
        chunk = saved[start : start + ACCOUNTS_PER_CHUNK]
        with transaction.atomic():
            lock_accounts(chunk)
            changed += _lift(chunk, as_of)
    return changed


def _accounts_with_expired(as_of: dt.date) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {clocks(unexpired_only=True)} "  # noqa: S608
            "SELECT account_id FROM clock WHERE ends_on < %(as_of)s UNION "
            f"SELECT x.account_id FROM ledger_exclusion x JOIN ({_FOLLOWERS}) f ON f.account_id = x.account_id "
            f"AND f.origin_id = x.item_id WHERE {_LIVE} ORDER BY 1",
            values(as_of, as_of - dt.timedelta(days=1)),
        )
        return [row[0] for row in cursor.fetchall()]


def _expire(account_ids: Sequence[int], as_of: dt.date) -> int:
    """Exclude what is time-barred of these locked accounts, with one posting for each; the whole item, so that money
    taken back later does not revive it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {clocks(account_ids, unexpired_only=True)},
            ended AS (
                SELECT c.account_id, c.id, c.ends_on, i.number, i.amount_minor FROM clock c
                JOIN ledger_openitem i ON i.account_id = c.account_id AND i.id = c.id WHERE c.ends_on < %(as_of)s),
            over AS (
                SELECT * FROM ended UNION ALL
                SELECT f.account_id, f.id, o.ends_on, f.number, f.amount_minor FROM ({_FOLLOWERS}) f
                JOIN (SELECT account_id, id, ends_on FROM ended UNION ALL
                      SELECT x.account_id, x.item_id, split_part(x.reference, '/', 1)::date FROM ledger_exclusion x
                      WHERE x.account_id = ANY(%(ids)s::bigint[]) AND {_LIVE}) o
                     ON o.account_id = f.account_id AND o.id = f.origin_id
                WHERE f.account_id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
                    SELECT 1 FROM ended e WHERE e.account_id = f.account_id AND e.id = f.id)),
            posted AS (
                INSERT INTO ledger_posting (account_id, kind, effective_on, input_hash, result, data, reason, actor)
                SELECT account_id, 'items_expired', %(as_of)s, '', '{{}}',
                       jsonb_build_object('items', jsonb_agg(number ORDER BY id)), '', ''
                FROM over GROUP BY account_id
                RETURNING account_id, id),
            excluded AS (
                INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference, posting_id)
                SELECT o.account_id, o.id, 'expired', o.amount_minor, %(as_of)s, o.ends_on || '/' || p.id, p.id
                FROM over o JOIN posted p ON p.account_id = o.account_id)
            SELECT count(*), array_agg(DISTINCT account_id) FROM over""",  # noqa: S608
            values(as_of, as_of - dt.timedelta(days=1), account_ids),
        )
        count: int
        count, touched = cursor.fetchone()
    if touched:
        publish(MoneyMoved(touched, effective_on=as_of))
    return count


def _accounts_with_saved(as_of: dt.date) -> list[int]:
    """Accounts with an excluded item of which something was written down after its exclusion that may restart its
    period. Row ids rise, so what is younger than the exclusion has the higher id.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH excluded AS (
                SELECT x.account_id, x.item_id, x.id FROM ledger_exclusion x
                WHERE x.kind = 'expired' AND x.undoes_id IS NULL AND NOT EXISTS (
                    SELECT 1 FROM ledger_exclusion u WHERE u.account_id = x.account_id AND u.undoes_id = x.id))
            SELECT DISTINCT e.account_id FROM excluded e WHERE
                EXISTS (SELECT 1 FROM ledger_interruption n
                        WHERE n.account_id = e.account_id AND n.item_id = e.item_id AND n.id > e.id)
                OR EXISTS (SELECT 1 FROM ledger_allocation a
                           WHERE a.account_id = e.account_id AND a.item_id = e.item_id AND a.id > e.id)
            ORDER BY 1"""
        )
        candidates = [row[0] for row in cursor.fetchall()]
        if not candidates:
            return []
        cursor.execute(
            f"WITH {clocks(candidates)}, {_SAVED} SELECT DISTINCT account_id FROM saved ORDER BY 1",  # noqa: S608
            values(as_of, as_of + _NO_END, candidates),
        )
        return [row[0] for row in cursor.fetchall()]


def _lift(account_ids: Sequence[int], as_of: dt.date) -> int:
    """Take back in what these locked accounts have excluded as time-barred though its period runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {clocks(account_ids)}, {_SAVED},
            posted AS (
                INSERT INTO ledger_posting (account_id, kind, effective_on, input_hash, result, data, reason, actor)
                SELECT s.account_id, 'items_revived', %(as_of)s, '', '{{}}',
                       jsonb_build_object('items', jsonb_agg(i.number ORDER BY i.id)), '', ''
                FROM saved s JOIN ledger_openitem i ON i.account_id = s.account_id AND i.id = s.item_id
                GROUP BY s.account_id
                RETURNING account_id, id),
            lifted AS (
                INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference, undoes_id,
                                              posting_id)
                SELECT s.account_id, s.item_id, 'expired', -s.amount_minor, %(as_of)s, s.reference, s.exclusion_id, p.id
                FROM saved s JOIN posted p ON p.account_id = s.account_id)
            SELECT count(*), array_agg(DISTINCT account_id) FROM saved""",  # noqa: S608
            values(as_of, as_of + _NO_END, account_ids),
        )
        count: int
        count, touched = cursor.fetchone()
    if touched:
        publish(MoneyMoved(touched, reopened=True, effective_on=as_of))
    return count
