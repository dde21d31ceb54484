"""Exclusions: part of an item is owed but not chased, because it is disputed or its money is on the way."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import ItemAtHand, open_items_at_hand, posted
from relance.ledger.facts import Act, ExclusionKind, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.services.settling import settle


@transaction.atomic
def exclude(act: Act, item_id: int, kind: ExclusionKind, amount_minor: int | None, reference: str) -> Posted:
    """Leave part of an item out of what is chased from the act's day on; None: all that is open and not yet left out.

    `reference` says which dispute or payment; one excludes an item once. `ids` is the exclusion. Raises Refusal for a
    settled item, an amount that is not positive or more than can be left out, a reference used before, and for
    time-barred debt, which follows from its period.
    """
    if kind not in (ExclusionKind.DISPUTED, ExclusionKind.IN_FLIGHT):
        raise Refusal(_("debt becomes time-barred by its period alone; record what interrupted it, or write it off"))
    if amount_minor is not None and amount_minor <= 0:
        raise Refusal(_("leave out an amount above zero"))

    def work(posting_id: int) -> Result:
        (item,) = open_items_at_hand(act, [item_id], _("to leave out"))
        minor = _excludable(item, kind, amount_minor)
        _refuse_known(act.account_id, item, kind, reference)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference, "
                "posting_id) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
                [act.account_id, item.id, kind, minor, act.on, reference, posting_id],
            )
            exclusion_id = cursor.fetchone()[0]
        told.update(number=item.number, currency=item.currency, amount_minor=minor)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        return {"ids": [exclusion_id]}

    said = {"item_id": item_id, "kind": kind, "amount_minor": amount_minor, "reference": reference}
    told: dict[str, object] = dict(said)
    return posted(perform("item_excluded", act, said, work, told))


def _excludable(item: ItemAtHand, kind: ExclusionKind, amount_minor: int | None) -> int:
    is_dispute = kind is ExclusionKind.DISPUTED
    left = item.open_minor - (item.disputed_minor if is_dispute else item.in_flight_minor)
    if left <= 0:
        whole = (
            _("all of %(number)s is disputed already") if is_dispute else _("all of %(number)s is on its way already")
        )
        raise Refusal(whole % {"number": item.number})
    if amount_minor is not None and amount_minor > left:
        less = (
            _(
                "only %(left)s %(currency)s of %(number)s is open and not disputed, less than %(asked)s; lower the amount"
            )
            if is_dispute
            else _(
                "only %(left)s %(currency)s of %(number)s is open and not on its way, less than %(asked)s; "
                "lower the amount"
            )
        )
        raise Refusal(
            less
            % {
                "left": format_amount(left, item.currency),
                "currency": item.currency,
                "number": item.number,
                "asked": format_amount(amount_minor, item.currency),
            }
        )
    return left if amount_minor is None else amount_minor


def _refuse_known(account_id: int, item: ItemAtHand, kind: ExclusionKind, reference: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ledger_exclusion WHERE account_id = %s AND item_id = %s AND kind = %s AND reference = %s",
            [account_id, item.id, kind, reference],
        )
        if cursor.fetchone():
            raise Refusal(
                _("'%(reference)s' has left out %(number)s before; give this one a reference of its own")
                % {"reference": reference, "number": item.number}
            )


@transaction.atomic
def lift_exclusion(act: Act, exclusion_id: int) -> Posted:
    """Chase again from the act's day on what an exclusion left out, unless money that waits pays it; `ids` is the row.

    Raises Refusal when there is no such exclusion, it is lifted already, it is of time-barred debt, or the day lies
    before it.
    """

    def work(posting_id: int) -> Result:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT x.kind, x.effective_on, x.item_id, x.reference, x.amount_minor, i.number, i.currency,
                       EXISTS (SELECT 1 FROM ledger_exclusion l WHERE l.account_id = x.account_id AND l.undoes_id = x.id)
                FROM ledger_exclusion x JOIN ledger_openitem i ON i.account_id = x.account_id AND i.id = x.item_id
                WHERE x.account_id = %s AND x.id = %s AND x.undoes_id IS NULL""",
                [act.account_id, exclusion_id],
            )
            row = cursor.fetchone()
            if row is None:
                raise Refusal(_("there is no such exclusion on this account"))
            kind, effective_on, item_id, reference, amount_minor, number, currency, lifted = row
            if kind == ExclusionKind.EXPIRED:
                raise Refusal(
                    _("%(number)s is time-barred; only what interrupts its period lets it be chased again")
                    % {"number": number}
                )
            if lifted:
                raise Refusal(
                    _("nothing of %(number)s is left out by this any more; it was lifted already") % {"number": number}
                )
            if act.on < effective_on:
                raise Refusal(
                    _("%(number)s is left out since %(since)s; choose that day or a later one")
                    % {"number": number, "since": effective_on}
                )
            cursor.execute(
                "INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference, "
                "undoes_id, posting_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                [act.account_id, item_id, kind, -amount_minor, act.on, reference, exclusion_id, posting_id],
            )
            lifting_id = cursor.fetchone()[0]
        told.update(number=number, currency=currency, amount_minor=amount_minor, kind=kind, reference=reference)
        settle([act.account_id], posting_id, act.on)
        publish(MoneyMoved([act.account_id], reopened=True, effective_on=act.on))
        return {"ids": [lifting_id]}

    told: dict[str, object] = {"exclusion_id": exclusion_id}
    return posted(perform("exclusion_lifted", act, {"exclusion_id": exclusion_id}, work, told))
