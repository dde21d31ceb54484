"""What people do about late-payment interest: bill it, waive it, and record the notice from which consumers owe it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import posted
from relance.ledger.facts import Act, ItemsPosted, Posted
from relance.ledger.policies import DEFAULT, policies_of
from relance.ledger.postings import Result, perform
from relance.ledger.queries.interest import InterestAccount, interest_accounts
from relance.ledger.queries.late import known_items
from relance.ledger.services.interest_policy import bill, told, waive
from relance.ledger.services.settling import settle
from relance.legal.facts import LegalRefusal, Words


def bill_interest(act: Act, item_ids: Sequence[int]) -> Posted:
    """Bill what is claimable on `act.on` of each item: one debit note each, born and due that day, without tax.

    Where a later rate is missing, what is known is billed. Returns the notes' ids in the items' order. Refuses all when
    one of them has no interest to bill, less than the policy's minimum, or a refusal of its own (a rate that is missing
    from the first day, a time-barred item, one that was written off).
    """

    def work(posting_id: int) -> Result:
        items = _claimable(act, item_ids)
        minimum_minor = policies_of([act.account_id]).get(act.account_id, DEFAULT).interest_minimum_minor
        for item in items:
            if item.claimable.claimable_minor < minimum_minor:
                currency = item.claimable.currency
                raise Refusal(
                    _(
                        "the interest of %(number)s is %(interest)s %(currency)s, below the %(minimum)s that the "
                        "creditor's policy bills; wait, or waive it"
                    )
                    % {
                        "number": item.claimable.item_number,
                        "interest": format_amount(item.claimable.claimable_minor, currency),
                        "currency": currency,
                        "minimum": format_amount(minimum_minor, currency),
                    }
                )
        data.update(told(items))
        notes = bill(posting_id, items, act.on)
        settle([act.account_id], posting_id, act.on)
        publish(ItemsPosted([act.account_id]))
        return {"ids": notes}

    data: dict[str, object] = {}
    return posted(perform("interest_billed", act, {"item_ids": list(item_ids)}, work, data))


def waive_interest(act: Act, item_ids: Sequence[int]) -> Posted:
    """Give up what is claimable on `act.on` of each item; interest of later days runs on. Needs a reason.

    Returns the items' ids. Refuses as `bill_interest` does, without the minimum.
    """
    if not act.reason.strip():
        raise Refusal(_("say why the interest is waived; it is the creditor's money"))

    def work(posting_id: int) -> Result:
        items = _claimable(act, item_ids)
        data.update(told(items))
        waive(posting_id, items, act.on)
        return {"ids": list(item_ids)}

    data: dict[str, object] = {}
    return posted(perform("interest_waived", act, {"item_ids": list(item_ids)}, work, data))


def record_formal_notice(act: Act, item_ids: Sequence[int]) -> Posted:
    """Write down that the debtor received a formal notice for these items on `act.on`, with its proof as the reason.

    From the day after, consumers owe the legal interest (C. civ. 1344-1); the first notice of an item counts. It does
    not touch the limitation period. Returns the items' ids.
    """
    if not act.reason.strip():
        raise Refusal(_("say which letter it was and how its receipt is proven"))
    if not item_ids:
        raise Refusal(_("choose the items that the formal notice names"))
    inputs = {"item_ids": list(item_ids)}

    def work(posting_id: int) -> Result:  # noqa: ARG001
        known_items(act.account_id, item_ids)
        return {"ids": list(item_ids)}

    return posted(perform("formal_notice_recorded", act, inputs, work))


def _claimable(act: Act, item_ids: Sequence[int]) -> list[InterestAccount]:
    """The items in the order given, each with something claimable. Raises Refusal for the first that has nothing."""
    if not item_ids:
        raise Refusal(_("choose the items whose interest is meant"))
    if len(set(item_ids)) != len(item_ids):
        raise Refusal(_("an item is named twice; name each once"))
    numbers = known_items(act.account_id, item_ids)
    found = {
        item.claimable.item_id: item
        for item in interest_accounts([act.account_id], act.on, item_ids, every_decision=True)
    }
    for item_id in item_ids:
        item = found.get(item_id)
        if item is not None and item.claimable.refusal and item.claimable.claimable_minor == 0:
            raise LegalRefusal(Words(item.claimable.refusal, item.claimable.refusal_fr))
        if item is None or item.claimable.claimable_minor == 0:
            raise Refusal(
                _("%(number)s has no interest to claim on %(on)s") % {"number": numbers[item_id], "on": act.on}
            )
    if len({item.claimable.currency for item in found.values()}) > 1:
        raise Refusal(_("the items are in several currencies; decide on the interest of one currency at a time"))
    return [found[item_id] for item_id in item_ids]
