"""Carrying out what actions ask of the rooms below, in bulk; messages to customers have a way of their own."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relance.customers.queries import accounts, creditors
from relance.customers.services import move_credit_class, place_credit_hold
from relance.dunning.facts import (
    Because,
    BillInterest,
    CallWebhook,
    ChargeIndemnity,
    ChargeLateFee,
    Effect,
    FlagForReview,
    MoveCreditClass,
    NotifyStaff,
    OpenWork,
    PlaceCreditHold,
)
from relance.dunning.services.charges import chased_items, make_charge
from relance.kit.money import format_amount
from relance.ledger.facts import Act, Level, Standing
from relance.ledger.queries import standings
from relance.outbound.facts import NoticeOrder, WebhookOrder
from relance.outbound.services import call_webhooks, notify_staff
from relance.worklist.facts import WorkOrder
from relance.worklist.queries import kinds
from relance.worklist.services import open_work

NOTICE = "stage_reached"
"""The text that tells staff of a stage."""

EVENT = "dunning.stage_reached"
"""What a call to another system says has happened."""

_REVIEW = "review"


@dataclass(frozen=True, slots=True)
class EffectOrder:
    """An effect to carry out for a planned action, whose id makes it happen once.

    `item_id` is 0 for the whole account. `by_person` approved the action; empty where nobody had to. `scenario` and
    `stage` are the codes that whoever hears of it is told.
    """

    action_id: int
    account_id: int
    item_id: int
    currency: str
    effect: Effect
    by_person: str = ""
    scenario: str = ""
    stage: str = ""

    @property
    def why(self) -> str:
        """What asked for it, for the rooms that write a reason down."""
        return f"{self.scenario}/{self.stage}".strip("/")


def carry_out(orders: Sequence[EffectOrder], as_of: dt.date, told: dict[int, Because] | None = None) -> list[str]:
    """Do these effects in the caller's transaction, which holds the accounts' locks; any but `SendMessage`.

    Beside each order why it was not done, as a code of `sentences.REFUSALS` (`law:<rule>` where the law forbids a
    charge), or empty. The ledger's own sentence about a charge it refused is put into `told` under the action's id.
    """
    refusals = [""] * len(orders)
    by_way: dict[_Way, list[int]] = defaultdict(list)
    charged: list[int] = []
    for place, order in enumerate(orders):
        if isinstance(order.effect, ChargeLateFee | ChargeIndemnity | BillInterest):
            charged.append(place)
        else:
            by_way[_WAYS[type(order.effect)]].append(place)
    for way, places in by_way.items():
        for place, refusal in zip(places, way([orders[place] for place in places], as_of), strict=True):
            refusals[place] = refusal
    if charged:
        # Charges come last: what they add to the debt must not be in what staff and other systems are told today.
        items = chased_items(sorted({orders[place].account_id for place in charged}), as_of)
        for place in charged:
            order = orders[place]
            if isinstance(order.effect, ChargeLateFee | ChargeIndemnity | BillInterest):
                mine = [item for item in items.get(order.account_id, ()) if order.item_id in (0, item.id)]
                act = Act(order.account_id, as_of, order.by_person, order.why, f"dunning:{order.action_id}")
                refusals[place], because = make_charge(order.effect, mine, order.currency, act)
                if because is not None and told is not None:
                    told[order.action_id] = because
    return refusals


def _open_work(orders: Sequence[EffectOrder], as_of: dt.date) -> list[str]:
    known = kinds()
    work, refusals = [], []
    for order in orders:
        match order.effect:
            case OpenWork(kind, title, due_in_days):
                pass
            case FlagForReview(reason):
                kind, title, due_in_days = _REVIEW, reason, 0
            case _:
                raise AssertionError(f"{order.effect} is no work")
        refusals.append("" if kind in known else "unknown_work_kind")
        if kind in known:
            work.append(
                WorkOrder(
                    order.action_id, order.account_id, kind, order.item_id, order.currency,
                    as_of + dt.timedelta(days=due_in_days), title,
                    {"scenario": order.scenario, "stage": order.stage}, as_of,
                )
            )  # fmt: skip
    open_work(work)
    return refusals


def _move_class(orders: Sequence[EffectOrder], as_of: dt.date) -> list[str]:
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for order in orders:
        if isinstance(order.effect, MoveCreditClass):
            groups[order.effect.credit_class, order.by_person, order.why].append(order.account_id)
    for (credit_class, by, why), account_ids in groups.items():
        move_credit_class(account_ids, credit_class, by, why, as_of)
    return [""] * len(orders)


def _hold_credit(orders: Sequence[EffectOrder], as_of: dt.date) -> list[str]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for order in orders:
        groups[order.by_person, order.why].append(order.account_id)
    for (by, why), account_ids in groups.items():
        place_credit_hold(account_ids, as_of, by, why)
    return [""] * len(orders)


def _notify(orders: Sequence[EffectOrder], as_of: dt.date) -> list[str]:
    owed = _owed(orders, as_of)
    notices = []
    for order in orders:
        standing = owed.get((order.account_id, order.currency))
        if isinstance(order.effect, NotifyStaff):
            data = {
                "scenario": order.scenario,
                "stage": order.stage,
                "on": as_of.isoformat(),
                "currency": order.currency,
                "overdue_minor": standing.overdue_minor if standing else 0,
                "oldest_due_on": (standing.oldest_due_on if standing else as_of).isoformat(),
                "subject": order.effect.subject,
            }
            notices.append(NoticeOrder(order.action_id, order.account_id, order.effect.to, NOTICE, data, as_of))
    return ["nobody_to_tell" if refusal else "" for refusal in notify_staff(notices)]


def _call(orders: Sequence[EffectOrder], as_of: dt.date) -> list[str]:
    owed = _owed(orders, as_of)
    people = accounts(sorted({order.account_id for order in orders}))
    codes = {creditor.id: creditor.code for creditor in creditors()}
    calls = []
    for order in orders:
        account, standing = people[order.account_id], owed.get((order.account_id, order.currency))
        if isinstance(order.effect, CallWebhook):
            payload: Mapping[str, object] = {
                "event": EVENT,
                "action": order.action_id,
                "on": as_of.isoformat(),
                "creditor": codes[account.creditor_id],
                "account": account.number,
                "scenario": order.scenario,
                "stage": order.stage,
                "currency": order.currency,
                "overdue": format_amount(standing.overdue_minor if standing else 0, order.currency),
                "oldest_due_on": standing.oldest_due_on.isoformat() if standing else None,
            }
            calls.append(WebhookOrder(order.action_id, order.account_id, order.effect.endpoint, payload))
    return call_webhooks(calls)


def _owed(orders: Sequence[EffectOrder], as_of: dt.date) -> dict[tuple[int, str], Standing]:
    """What each account owes past due, by currency."""
    account_ids = sorted({order.account_id for order in orders})
    return {(found.account_id, found.currency): found for found in standings(as_of, Level.ACCOUNT, account_ids)}


_Way = Callable[[Sequence[EffectOrder], dt.date], list[str]]
"""Hands orders of one kind to the room that carries them out; why not, beside each."""

_WAYS: Mapping[type, _Way] = {
    OpenWork: _open_work,
    FlagForReview: _open_work,
    MoveCreditClass: _move_class,
    PlaceCreditHold: _hold_credit,
    NotifyStaff: _notify,
    CallWebhook: _call,
}
"""The way of each effect; messages are not among them, for only the decision knows what they may claim."""
