"""Another due date for an item, and an item paid in instalments: new rows, the documents stay what they are."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import ItemAtHand, open_items_at_hand, posted, refuse_held, refuse_without_reason
from relance.ledger.booking import add_credit, add_item, allocate_bound
from relance.ledger.facts import Act, ItemsPosted, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.queries.limitation import period_end
from relance.ledger.rules import PlanFault, instalments, tax_share
from relance.ledger.services.mark_doubtful import add_marks

LATEST_DUE = dt.date(2199, 12, 31)
"""The last due date there can be, as in the imports: later ones are slips of the pen."""


@transaction.atomic
def postpone(act: Act, item_id: int, due_on: dt.date) -> Posted:
    """Give an item another due date from the act's day on; giving it its own again ends the postponement.

    Raises Refusal without a reason, for a settled or time-barred item, a due date before the document's own, already
    past on the act's day or after 2199, and for an act dated before the last postponement. `ids` is the item.
    """
    refuse_without_reason(act, _("a postponement"))

    def work(posting_id: int) -> Result:
        (item,) = open_items_at_hand(act, [item_id], _("to postpone"))
        _refuse_expired(act, item)
        _refuse_too_late(due_on)
        if item.due_on is not None and due_on < item.due_on:
            raise Refusal(
                _("%(number)s is due on %(due)s; a due date can be moved later, not earlier")
                % {"number": item.number, "due": item.due_on}
            )
        if due_on != item.due_on and due_on < act.on:
            raise Refusal(_("%(due)s is past on %(on)s; choose a later due date") % {"due": due_on, "on": act.on})
        if item.postponed_on is not None and act.on < item.postponed_on:
            raise Refusal(
                _("%(number)s was postponed on %(on)s; choose that day or a later one")
                % {"number": item.number, "on": item.postponed_on}
            )
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_postponement (account_id, item_id, due_on, effective_on, posting_id) "
                "VALUES (%s, %s, %s, %s, %s)",
                [act.account_id, item.id, due_on, act.on, posting_id],
            )
        told.update(number=item.number)
        # A postponement that ends brings debt back that no day made late.
        publish(MoneyMoved([act.account_id], reopened=due_on <= act.on, effective_on=act.on))
        return {"ids": [item.id]}

    told: dict[str, object] = {"item_id": item_id, "due_on": due_on}
    return posted(perform("item_postponed", act, {"item_id": item_id, "due_on": due_on}, work, told))


@transaction.atomic
def split(act: Act, item_id: int, parts: Sequence[tuple[dt.date, int]]) -> Posted:
    """Replace what is open of an item by instalments, each (due date, minor units); `ids` are the instalments.

    They inherit the item's nature, doubtful mark and tax in proportion, and come from it (`origin_id`). Nothing is
    booked: the same is owed as before. Raises Refusal without a reason, for a settled or time-barred item, one
    that is disputed or with money on its way, and for parts that do not fit (see `rules.instalments`) or are due after
    2199.
    """
    refuse_without_reason(act, _("an instalment plan"))

    def work(posting_id: int) -> Result:
        (item,) = open_items_at_hand(act, [item_id], _("to split"))
        _refuse_expired(act, item)
        refuse_held(item, _("splitting it"))
        made = _split(act, posting_id, item, parts)
        told.update(number=item.number, currency=item.currency, amount_minor=item.open_minor)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        # The ledger does not know today: where the act is dated back, an instalment may be late already.
        publish(ItemsPosted([act.account_id]))
        return {"ids": made}

    said = [[due_on.isoformat(), minor] for due_on, minor in parts]
    told: dict[str, object] = {"item_id": item_id, "parts": said}
    return posted(perform("item_split", act, {"item_id": item_id, "parts": said}, work, told))


def _refuse_expired(act: Act, item: ItemAtHand) -> None:
    """A due date agreed after the period's end does not bring a time-barred debt back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(amount_minor), 0) > 0 FROM ledger_exclusion "
            "WHERE account_id = %s AND item_id = %s AND kind = 'expired'",
            [act.account_id, item.id],
        )
        expired: bool = cursor.fetchone()[0]
    ends_on = period_end(act.account_id, item.id, act.on)
    if expired or (ends_on is not None and ends_on < act.on):
        raise Refusal(
            _("%(number)s is time-barred, and another due date does not revive it; record what interrupted its period")
            % {"number": item.number}
        )


def _refuse_too_late(due_on: dt.date) -> None:
    if due_on > LATEST_DUE:
        raise Refusal(
            _("%(due)s lies after %(last)s; choose an earlier due date") % {"due": due_on, "last": LATEST_DUE}
        )


def _split(act: Act, posting_id: int, item: ItemAtHand, parts: Sequence[tuple[dt.date, int]]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE kind = 'instalment'), count(DISTINCT posting_id) FILTER "
            "(WHERE kind = 'instalment') FROM ledger_openitem WHERE account_id = %s AND origin_id = %s",
            [act.account_id, item.id],
        )
        earlier_count, split_count = cursor.fetchone()
    for due_on, _minor in parts:
        _refuse_too_late(due_on)
    tax_minor = tax_share(item.tax_minor, item.amount_minor, item.open_minor)
    planned = instalments(item.number, item.open_minor, tax_minor, parts, act.on, earlier_count)
    if isinstance(planned, PlanFault):
        raise Refusal(_said(planned, item, parts, act.on))
    credit_id = add_credit(
        act.account_id, posting_id, "split", f"SPL-{split_count + 1}-{item.number}", item.currency, act.on,
        item.open_minor, reason=act.reason.strip()[:300], posted_by=act.actor,
    )  # fmt: skip
    allocate_bound(act.account_id, posting_id, [(credit_id, item.id, item.open_minor)], act.on)
    made = [
        add_item(
            act.account_id, posting_id, "instalment", part.number, item.currency, act.on, part.due_on,
            part.amount_minor, tax_minor=part.tax_minor, nature=item.nature, origin_id=item.id,
        )
        for part in planned
    ]  # fmt: skip
    # The marked amount stays the same, so nothing moves between the customers' accounts.
    if item.is_doubtful:
        add_marks(act.account_id, posting_id, made, act.on, is_doubtful=True)
    return made


def _said(fault: PlanFault, item: ItemAtHand, parts: Sequence[tuple[dt.date, int]], on: dt.date) -> str:
    """What is wrong with the instalments, and what to do."""
    match fault:
        case PlanFault.TOO_FEW:
            return _("an instalment plan has two parts or more; to move one date, postpone the item")
        case PlanFault.NOTHING:
            return _("every instalment has an amount above zero")
        case PlanFault.UNORDERED:
            return _("instalments have rising due dates, one for each; put them in order")
        case PlanFault.PAST:
            return _("the first instalment is due on %(due)s, before %(on)s; give it that day or a later one") % {
                "due": parts[0][0],
                "on": on,
            }
        case PlanFault.OTHER_TOTAL:
            return _("the instalments add up to %(total)s %(currency)s, but %(open)s is open; make them equal") % {
                "total": format_amount(sum(minor for _due_on, minor in parts), item.currency),
                "currency": item.currency,
                "open": item.open_text,
            }
        case PlanFault.LONG_NUMBER:
            return _("%(number)s has too long a number for instalments; correct it and bill it anew") % {
                "number": item.number
            }
