"""Doubtful debts: items that stand on the account of doubtful customers, for as much as is open of them."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.bulk import id_array
from relance.kit.ids import next_ids
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import items_at_hand, open_items_at_hand, posted, refuse_without_reason
from relance.ledger.automatic import AutomaticAct, write_acts
from relance.ledger.booking import Leg, book
from relance.ledger.facts import Act, Posted
from relance.ledger.postings import Result, perform


@transaction.atomic
def mark_doubtful(act: Act, item_ids: Sequence[int]) -> Posted:
    """From the act's day on these items stand among the doubtful debts (411 to 416); `ids` are the items.

    Raises Refusal without a reason, and for an item that is settled or already doubtful. They are chased as before.
    """
    refuse_without_reason(act, _("a doubtful mark"))
    return _mark(act, item_ids, is_doubtful=True)


@transaction.atomic
def unmark_doubtful(act: Act, item_ids: Sequence[int]) -> Posted:
    """From the act's day on these items are ordinary debts again (416 to 411); `ids` are the items.

    Raises Refusal without a reason, and for an item that is not doubtful.
    """
    refuse_without_reason(act, _("taking a doubtful mark away"))
    return _mark(act, item_ids, is_doubtful=False)


def _mark(act: Act, item_ids: Sequence[int], *, is_doubtful: bool) -> Posted:
    def work(posting_id: int) -> Result:
        if is_doubtful:
            items = open_items_at_hand(act, item_ids, _("to mark as doubtful"))
        elif item_ids:
            items = items_at_hand(act.account_id, item_ids)
        else:
            raise Refusal(_("name the items that are no longer doubtful"))
        for item in items:
            if item.is_doubtful == is_doubtful:
                told = (
                    _("%(number)s is already marked as doubtful")
                    if is_doubtful
                    else _("%(number)s is not marked as doubtful")
                )
                raise Refusal(told % {"number": item.number})
            if item.marked_on is not None and act.on < item.marked_on:
                raise Refusal(
                    _("the mark of %(number)s changed on %(on)s; choose that day or a later one")
                    % {"number": item.number, "on": item.marked_on}
                )
        add_marks(act.account_id, posting_id, [item.id for item in items], act.on, is_doubtful=is_doubtful)
        _transfer([act.account_id], posting_id, posting_id)
        return {"ids": [item.id for item in items]}

    kind = "marked_doubtful" if is_doubtful else "unmarked_doubtful"
    return posted(perform(kind, act, {"items": sorted(set(item_ids))}, work))


def add_marks(account_id: int, posting_id: int, item_ids: Sequence[int], on: dt.date, *, is_doubtful: bool) -> None:
    """Write marks; the transfer that they lead to is the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_doubtfulmark (account_id, item_id, is_doubtful, effective_on, posting_id) "
            "SELECT %s, item_id, %s, %s, %s FROM unnest(%s::bigint[]) AS n(item_id)",
            [account_id, is_doubtful, on, posting_id, id_array(item_ids)],
        )


def settle_doubtful(account_ids: Sequence[int], since_id: int = 0) -> None:
    """Bring the account of doubtful customers into line with what is open of the items marked doubtful.

    For accounts that the transaction has locked; at the end of whatever changes open amounts. The difference is booked
    on the day of the last allocation or mark with an id above `since_id`, which is what made it. Costs one look where
    nothing is marked.
    """
    _transfer(account_ids, None, since_id)


def _transfer(account_ids: Sequence[int], posting_id: int | None, since_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM ledger_doubtfulmark WHERE account_id = ANY(%s::bigint[])",
            [id_array(account_ids)],
        )
        marked = [row[0] for row in cursor.fetchall()]
        if not marked:
            return
        cursor.execute(
            f"""
            WITH marks AS (
                SELECT DISTINCT ON (account_id, item_id) account_id, item_id, is_doubtful, effective_on, id
                FROM ledger_doubtfulmark WHERE account_id = ANY(%(ids)s::bigint[])
                ORDER BY account_id, item_id, id DESC),
            wanted AS (
                SELECT i.account_id, i.currency, sum(CASE WHEN m.is_doubtful THEN i.open_minor ELSE 0 END) AS minor,
                       max(greatest(CASE WHEN m.id > %(since)s THEN m.effective_on END,
                           (SELECT max(a.effective_on) FROM ledger_allocation a
                            WHERE a.account_id = i.account_id AND a.item_id = i.id AND a.id > %(since)s))) AS changed_on,
                       max(greatest(m.effective_on, (SELECT max(a.effective_on) FROM ledger_allocation a
                           WHERE a.account_id = i.account_id AND a.item_id = i.id))) AS last_on
                FROM marks m JOIN ledger_openitem i ON i.account_id = m.account_id AND i.id = m.item_id GROUP BY 1, 2),
            held AS (
                SELECT account_id, currency,
                       sum(CASE debit WHEN '{chart.DOUBTFUL}' THEN amount_minor ELSE -amount_minor END) AS minor
                FROM ledger_entry WHERE account_id = ANY(%(ids)s::bigint[]) AND '{chart.DOUBTFUL}' IN (debit, credit)
                GROUP BY 1, 2)
            SELECT w.account_id, w.currency, (w.minor - coalesce(h.minor, 0))::bigint,
                   coalesce(w.changed_on, w.last_on)
            FROM wanted w LEFT JOIN held h ON h.account_id = w.account_id AND h.currency = w.currency
            WHERE w.minor <> coalesce(h.minor, 0) ORDER BY 1, 2""",  # noqa: S608
            {"ids": id_array(marked), "since": since_id},
        )
        differences: list[tuple[int, str, int, dt.date]] = cursor.fetchall()
    if posting_id is not None:
        for account_id, currency, minor, changed_on in differences:
            book(account_id, posting_id, changed_on, currency, [_leg(minor)])
    elif differences:
        _write_transfers(differences)


def _write_transfers(differences: Sequence[tuple[int, str, int, dt.date]]) -> None:
    acts = []
    for posting_id, (account_id, currency, minor, day) in zip(next_ids(len(differences)), differences, strict=True):
        data = {"currency": currency, "amount_minor": minor}
        acts.append(
            AutomaticAct(posting_id, account_id, "doubtful_transferred", day, currency, posting_id, [_leg(minor)], data)
        )
    write_acts(acts)


def _leg(minor: int) -> Leg:
    if minor > 0:
        return chart.DOUBTFUL, chart.CONTROL, minor
    return chart.CONTROL, chart.DOUBTFUL, -minor
