"""Allocation by hand: a person sets credits against items, undoes what was allocated, or hands a credit back to the
creditor's policy.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger.booking import allocate_bound
from relance.ledger.facts import Act, AllocationFacts, AllocationLine, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.queries.allocations import allocations_of
from relance.ledger.rules import NewAllocation
from relance.ledger.services.round_off import take_back_small_differences
from relance.ledger.services.settling import follow_policy, settle


@transaction.atomic
def allocate_by_hand(act: Act, lines: Sequence[AllocationLine], seen: Mapping[int, int] | None = None) -> Posted:
    """Set credits against items as a person chose; what they have left afterwards waits for a person too.

    `seen` is what each credit had unallocated when the person looked: if somebody was faster, the choice is refused.
    Raises Refusal for a line above what either side has, between currencies, of nothing, or before either side was
    free. `ids` are the allocations.
    """
    if not lines:
        raise Refusal(_("choose at least one payment and one invoice to allocate"))
    if any(line.amount_minor <= 0 for line in lines):
        raise Refusal(_("an allocation has an amount above zero; to take one away, undo it"))
    if len({(line.credit_id, line.item_id) for line in lines}) < len(lines):
        raise Refusal(_("each payment is set against an invoice once; add the amounts up"))

    def work(posting_id: int) -> Result:
        credits = _free_credits(act.account_id, [line.credit_id for line in lines])
        items = _open_items(act.account_id, [line.item_id for line in lines])
        _refuse_too_much(lines, credits, items, seen or {})
        for line in lines:
            _refuse_early(act.on, credits[line.credit_id], items[line.item_id])
        made = allocate_bound(
            act.account_id, posting_id, [(line.credit_id, line.item_id, line.amount_minor) for line in lines], act.on
        )
        _keep_by_hand(act.account_id, list(credits))
        by_account = [
            (act.account_id, NewAllocation(line.credit_id, line.item_id, line.amount_minor, act.on)) for line in lines
        ]
        follow_policy(by_account, posting_id, act.on)
        settle([act.account_id], posting_id, act.on)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        return {"allocations": made}

    inputs = {"lines": sorted([line.credit_id, line.item_id, line.amount_minor] for line in lines)}
    done = perform("allocated", act, inputs, work)
    return Posted(done.posting_id, done.created, tuple(done.result["allocations"]))


@dataclass(frozen=True, slots=True)
class _Side:
    """A credit or an item that a line names: what it is called, has left, and from which day it is free."""

    number: str
    currency: str
    open_minor: int
    free_from: dt.date


_FREE_FROM = """greatest({day}, (SELECT max(u.effective_on) FROM ledger_allocation u
    WHERE u.account_id = t.account_id AND u.{end} = t.id AND u.undoes_id IS NOT NULL AND u.posting_id IS NOT NULL))"""


def _free_credits(account_id: int, ids: Sequence[int]) -> dict[int, _Side]:
    sql = (
        f"SELECT t.id, t.number, t.currency, t.open_minor, {_FREE_FROM.format(day='t.received_on', end='credit_id')} "  # noqa: S608
        "FROM ledger_credit t WHERE t.account_id = %s AND t.id = ANY(%s::bigint[]) "
        "AND t.kind IN ('receipt', 'credit_note') AND NOT EXISTS (SELECT 1 FROM ledger_reversal r "
        "WHERE r.account_id = t.account_id AND r.credit_id = t.id)"
    )
    return _sides(
        sql, account_id, ids, _("there is no such payment or credit note (or it was reversed) on this account")
    )


def _open_items(account_id: int, ids: Sequence[int]) -> dict[int, _Side]:
    sql = (
        f"SELECT t.id, t.number, t.currency, t.open_minor, {_FREE_FROM.format(day='t.born_on', end='item_id')} "  # noqa: S608
        "FROM ledger_openitem t WHERE t.account_id = %s AND t.id = ANY(%s::bigint[])"
    )
    return _sides(sql, account_id, ids, _("there is no such invoice on this account"))


def _sides(sql: str, account_id: int, ids: Sequence[int], missing: str) -> dict[int, _Side]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_id, id_array(set(ids))])
        found = {row[0]: _Side(*row[1:]) for row in cursor.fetchall()}
    if len(found) < len(set(ids)):
        raise Refusal(missing)
    return found


def _refuse_too_much(
    lines: Sequence[AllocationLine], credits: Mapping[int, _Side], items: Mapping[int, _Side], seen: Mapping[int, int]
) -> None:
    for credit_id, was_minor in seen.items():
        credit = credits.get(credit_id)
        if credit is not None and credit.open_minor != was_minor:
            raise Refusal(
                _(
                    "%(number)s has %(left)s %(currency)s left, not what you saw: somebody allocated it meanwhile; "
                    "look again and choose anew"
                )
                % {
                    "number": credit.number,
                    "left": format_amount(credit.open_minor, credit.currency),
                    "currency": credit.currency,
                }
            )
    for line in lines:
        credit, item = credits[line.credit_id], items[line.item_id]
        if credit.currency != item.currency:
            raise Refusal(
                _(
                    "%(payment)s is in %(payment_currency)s and %(item)s in %(item_currency)s; "
                    "currencies never settle each other"
                )
                % {
                    "payment": credit.number,
                    "payment_currency": credit.currency,
                    "item": item.number,
                    "item_currency": item.currency,
                }
            )
    for side, taken in (
        (credits, Counter({i: sum(n.amount_minor for n in lines if n.credit_id == i) for i in credits})),
        (items, Counter({i: sum(n.amount_minor for n in lines if n.item_id == i) for i in items})),
    ):
        for key, minor in taken.items():
            if minor > side[key].open_minor:
                raise Refusal(
                    _(
                        "%(number)s has %(left)s %(currency)s left, less than the %(asked)s to allocate; "
                        "lower the amount"
                    )
                    % {
                        "number": side[key].number,
                        "left": format_amount(side[key].open_minor, side[key].currency),
                        "currency": side[key].currency,
                        "asked": format_amount(minor, side[key].currency),
                    }
                )


def _refuse_early(on: dt.date, credit: _Side, item: _Side) -> None:
    for side in (credit, item):
        if on < side.free_from:
            raise Refusal(
                _("%(number)s was not free before %(since)s; allocate from that day on, not from %(on)s")
                % {"number": side.number, "since": side.free_from, "on": on}
            )


def _keep_by_hand(account_id: int, credit_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_credit SET by_hand = TRUE WHERE account_id = %s AND id = ANY(%s::bigint[]) AND NOT by_hand",
            [account_id, id_array(credit_ids)],
        )


@transaction.atomic
def undo_allocations(act: Act, allocation_ids: Sequence[int]) -> Posted:
    """Undo allocations from `act.on` on: their items are open again, their credits wait for a person.

    Raises Refusal without a reason, for an allocation that is not live, or that belongs to a refund, write-off,
    correction, instalment plan or recovery, which are taken back as a whole. `ids` are the undoing rows.
    """
    if not act.reason.strip():
        raise Refusal(_("say why the allocation is undone"))
    if not allocation_ids:
        raise Refusal(_("choose at least one allocation to undo"))

    def work(posting_id: int) -> Result:
        rows = _live(act.account_id, allocation_ids)
        late = [row.effective_on for row in rows if row.effective_on > act.on]
        if late:
            raise Refusal(
                _("an allocation of %(since)s cannot be undone on %(on)s, before it took effect")
                % {"since": max(late), "on": act.on}
            )
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH undone AS (
                    INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on,
                                                   undoes_id, posting_id)
                    SELECT account_id, credit_id, item_id, -amount_minor, %(on)s, id, %(posting)s
                    FROM ledger_allocation WHERE account_id = %(account)s AND id = ANY(%(ids)s::bigint[])
                    RETURNING id, credit_id, item_id, -amount_minor AS minor),
                items AS (
                    UPDATE ledger_openitem i SET open_minor = i.open_minor + u.minor
                    FROM (SELECT item_id, sum(minor) AS minor FROM undone GROUP BY 1) u
                    WHERE i.account_id = %(account)s AND i.id = u.item_id),
                credits AS (
                    UPDATE ledger_credit c SET open_minor = c.open_minor + u.minor, by_hand = TRUE
                    FROM (SELECT credit_id, sum(minor) AS minor FROM undone GROUP BY 1) u
                    WHERE c.account_id = %(account)s AND c.id = u.credit_id)
                SELECT id FROM undone ORDER BY id""",
                {"on": act.on, "posting": posting_id, "account": act.account_id, "ids": id_array(allocation_ids)},
            )
            ids = [row[0] for row in cursor.fetchall()]
        take_back_small_differences(act.account_id, posting_id, act.on)
        settle([act.account_id], posting_id, act.on)
        publish(MoneyMoved([act.account_id], reopened=True, effective_on=act.on))
        return {"undone": ids}

    done = perform("allocation_undone", act, {"allocations": sorted(set(allocation_ids))}, work)
    return Posted(done.posting_id, done.created, tuple(done.result["undone"]))


def _live(account_id: int, allocation_ids: Sequence[int]) -> list[AllocationFacts]:
    rows = allocations_of(account_id, list(allocation_ids))
    if len(rows) < len(set(allocation_ids)):
        raise Refusal(_("one of these allocations does not exist on this account or is already undone; look again"))
    if any(row.belongs_to for row in rows):
        raise Refusal(
            _(
                "a write-off, correction, refund, instalment plan or recovery is taken back as a whole, "
                "not by its allocation"
            )
        )
    return rows


@transaction.atomic
def release_credit(act: Act, credit_id: int) -> Posted:
    """Hand a credit that waited for a person back to the creditor's policy, which allocates it at once if it can.

    Raises Refusal when there is no such credit or it is not waiting for a person. `ids` is the credit.
    """

    def work(posting_id: int) -> Result:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ledger_credit SET by_hand = FALSE WHERE account_id = %s AND id = %s AND by_hand "
                "AND kind IN ('receipt', 'credit_note')",
                [act.account_id, credit_id],
            )
            if cursor.rowcount == 0:
                raise Refusal(_("there is no such payment on this account, or it is not waiting for a person"))
        settle([act.account_id], posting_id, act.on)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        return {"credit_id": credit_id}

    done = perform("credit_released", act, {"credit_id": credit_id}, work)
    return Posted(done.posting_id, done.created, (credit_id,))
