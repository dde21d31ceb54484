"""Charges that stages ask for: which items bear them, and one savepoint for each, so that a refusal harms nothing else."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from django.db import transaction
from django.utils.translation import override

from relance.arrangements.queries import holds
from relance.arrangements.rules import left_out_minor
from relance.customers.queries import accounts
from relance.dunning.facts import Because, BillInterest, ChargeIndemnity, ChargeLateFee
from relance.kit.money import threshold_minor
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, OpenItemFacts
from relance.ledger.queries import claimable_interest, claims, item_traces, policy
from relance.ledger.services import bill_interest, post_indemnity, post_late_fee
from relance.legal.facts import LegalRefusal

Charge = ChargeLateFee | ChargeIndemnity | BillInterest
Answer = tuple[str, Because | None]
"""Why a charge was not made, empty when it was, and the sentence behind it where there is one."""

_CHARGED: Answer = ("", None)
_NOTHING: Answer = ("nothing_to_charge", None)


def chased_items(account_ids: Sequence[int], as_of: dt.date) -> dict[int, list[OpenItemFacts]]:
    """The overdue items of each account of which something is asked for and that no hold covers whole, oldest first."""
    held = holds(account_ids)
    return {
        account_id: [
            entry.item
            for entry in entries
            if entry.claimed_minor
            > left_out_minor(held.get(account_id, ()), entry.item.id, entry.item.born_on, entry.item.open_minor, as_of)
        ]
        for account_id, entries in claims(account_ids, as_of).items()
    }


def make_charge(charge: Charge, items: Sequence[OpenItemFacts], currency: str, act: Act) -> Answer:
    """Charge `items` (chased, of one account, oldest first), in the debt's currency; see each kind for which of them.

    `act.key` makes it happen once; where one action charges several items, each gets a key of its own.
    """
    mine = [item for item in items if item.currency == currency]
    match charge:
        case ChargeLateFee(amount, only_in):
            return _late_fee(mine, amount, only_in, currency, act)
        case ChargeIndemnity():
            return _indemnity(mine, act)
        case BillInterest():
            return _interest(mine, act)


def _late_fee(items: Sequence[OpenItemFacts], amount: str, only_in: str, currency: str, act: Act) -> Answer:
    """One fee, on the oldest invoice."""
    if only_in and only_in != currency:
        return "other_currency", None
    oldest = next((item for item in items if item.kind == "invoice"), None)
    if oldest is None:
        return _NOTHING
    minor = threshold_minor(amount, currency)
    return _tried(lambda: post_late_fee(act, oldest.id, minor, currency, once_per_key=True))


def _indemnity(items: Sequence[OpenItemFacts], act: Act) -> Answer:
    """One for each invoice that bears none; done when at least one was charged."""
    invoices = [item.id for item in items if item.kind == "invoice"]
    if not invoices:
        return _NOTHING
    traces = item_traces(act.account_id, invoices)
    bare = [item_id for item_id in invoices if "indemnity" not in traces.get(item_id, frozenset())]
    if not bare:
        return "charged_already", None
    answers = [_tried(partial(post_indemnity, _of_item(act, item_id), item_id)) for item_id in bare]
    return _CHARGED if _CHARGED in answers else answers[0]


def _interest(items: Sequence[OpenItemFacts], act: Act) -> Answer:
    """One note for each item whose interest can be claimed and reaches the creditor's minimum."""
    (account,) = accounts([act.account_id]).values()
    minimum_minor = max(1, policy(account.creditor_id).interest_minimum_minor)
    found = claimable_interest(act.account_id, act.on, [item.id for item in items])
    billable = [entry.item_id for entry in found if entry.claimable_minor >= minimum_minor]
    if billable:
        return _tried(lambda: bill_interest(act, billable))
    unknown = next((entry for entry in found if entry.refusal and not entry.claimable_minor), None)
    if unknown is None:
        return _NOTHING
    return "refused", _said(unknown.refusal, unknown.refusal_fr)


def _of_item(act: Act, item_id: int) -> Act:
    return Act(act.account_id, act.on, act.actor, act.reason, f"{act.key}:{item_id}")


def _tried(work: Callable[[], object]) -> Answer:
    """Do it in a savepoint; a refusal becomes its code, with the sentence in both languages."""
    try:
        _said_in("en", work)
    except LegalRefusal as refusal:
        return f"law:{refusal.rule}" if refusal.rule else "refused", _said(refusal.words.en, refusal.words.fr)
    except Refusal as refusal:
        try:
            _said_in("fr", work)
        except Refusal as same:
            return "refused", _said(str(refusal), str(same))
    return _CHARGED


def _said_in(language: str, work: Callable[[], object]) -> None:
    with override(language), transaction.atomic():
        work()


def _said(en: str, fr: str) -> Because:
    data: Mapping[str, str] = {"en": en, "fr": fr}
    return Because("charge_refused", data)
