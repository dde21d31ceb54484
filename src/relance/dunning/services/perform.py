"""Performing actions: each is held against fresh facts, then its effects are handed to the rooms below."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from django.db import connection, transaction

from relance.customers.facts import AccountFacts
from relance.customers.queries import accounts
from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.facts import Effect, ScenarioFacts, SendMessage
from relance.dunning.rules import stage_due_on
from relance.kit.money import threshold_minor
from relance.kit.shelf import shelf
from relance.ledger.facts import Level, Standing
from relance.ledger.queries import standings
from relance.outbound.facts import MessageOrder
from relance.outbound.queries import reachable
from relance.outbound.services import prepare


@dataclass(slots=True)
class PerformFigures:
    """What was done: actions performed by kind, messages handed to each channel, actions refused by reason."""

    actions: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Undertaking:
    """A planned action with the facts it is held against, read under the account's lock in this transaction.

    It never leaves the room, and a night makes hundreds of thousands: not frozen, which would triple its price.
    """

    id: int
    account_id: int
    item_id: int
    currency: str
    scenario: ScenarioFacts
    stage_index: int
    ordinal: int
    standing: Standing | None
    account: AccountFacts

    @property
    def kind(self) -> str:
        """The action's code."""
        return self.scenario.stages[self.stage_index].actions[self.ordinal].kind


def undertake(undertakings: Sequence[Undertaking], as_of: dt.date, figures: PerformFigures) -> list[str]:
    """Do these actions now and return, beside each, why it was refused; empty text means it was performed.

    Effects carry the action's id as their idempotency key, so doing one twice does it once.
    """
    orders: list[MessageOrder] = []
    refusals = []
    for action in undertakings:
        refusal = _debt_refusal(action) or _hand_over(action, as_of, orders)
        refusals.append(refusal)
        if refusal:
            figures.refused[refusal] += 1
        else:
            figures.actions[action.kind] += 1
    if orders:
        prepare(orders)
        figures.messages.update(order.channel for order in orders)
    return refusals


def _debt_refusal(action: Undertaking) -> str:
    """Why the debt does not carry this action; empty when it does."""
    standing, scenario = action.standing, action.scenario
    if standing is None or standing.overdue_minor <= threshold_minor(scenario.leave_max_amount, action.currency):
        return "settled"
    minimum = scenario.stages[action.stage_index].min_amount
    return "below_minimum" if standing.overdue_minor < threshold_minor(minimum, action.currency) else ""


def _hand_over(action: Undertaking, as_of: dt.date, orders: list[MessageOrder]) -> str:
    """Turn an action into orders for the rooms below; returns the reason when it cannot be done."""
    effects = _effects(action.scenario.version_id, action.stage_index, action.ordinal)
    if effects is None:
        return "not_installed"
    for effect in effects:
        match effect:
            case SendMessage(channels, template):
                reached = reachable(action.account, channels)
                if reached is None:
                    return "unreachable"
                channel, recipient = reached
                orders.append(
                    MessageOrder(
                        action.id, action.account_id, action.item_id, action.currency, channel, template, "", recipient,
                        as_of, _outlook(action, as_of),
                    )
                )  # fmt: skip
    return ""


@lru_cache(maxsize=4096)
def _effects(version_id: int, stage_index: int, ordinal: int) -> tuple[Effect, ...] | None:
    """What an action of a stored version asks for; None when its file is not on the shelf."""
    spec = stored_scenarios.version(version_id).stages[stage_index].actions[ordinal]
    installed = shelf("relance.dunning.actions", "ACTION").get(spec.kind)
    return None if installed is None else installed.effects(spec.params)


def _outlook(action: Undertaking, as_of: dt.date) -> Mapping[str, object]:
    """What a message says beyond its debt: when to keep silent, and what comes next and when if nothing is paid."""
    next_on = None
    following = action.stage_index + 1
    if action.standing is not None and following < len(action.scenario.stages):
        next_on = stage_due_on(action.scenario, following, action.standing.oldest_due_on, action.stage_index, as_of)
    return _context(action.scenario.version_id, action.currency, action.stage_index, next_on)


@lru_cache(maxsize=4096)
def _context(version_id: int, currency: str, stage_index: int, next_on: dt.date | None) -> Mapping[str, object]:
    scenario = stored_scenarios.version(version_id)
    minimum = threshold_minor(scenario.stages[stage_index].min_amount, currency)
    silence_at = max(threshold_minor(scenario.leave_max_amount, currency), minimum - 1)
    context: dict[str, object] = {"silence_at_minor": silence_at}
    if next_on is not None:
        context |= {"next_stage": scenario.stages[stage_index + 1].code, "next_on": next_on.isoformat()}
    return MappingProxyType(context)


@transaction.atomic
def perform_accounts(account_ids: Sequence[int], as_of: dt.date) -> PerformFigures:
    """Perform the planned actions of these accounts that are still waiting, with facts read anew.

    Whoever paid since the decision hears nothing: the action is refused as `settled`. Performing twice does nothing.
    """
    lock_accounts(account_ids)
    figures = PerformFigures()
    waiting = _waiting(account_ids, as_of)
    if waiting:
        _mark(waiting, undertake(waiting, as_of, figures))
    return figures


def _waiting(account_ids: Sequence[int], as_of: dt.date) -> list[Undertaking]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, account_id, item_id, currency, version_id, stage_index, ordinal "
            "FROM dunning_plannedaction WHERE account_id = ANY(%s) AND state = 'planned' ORDER BY account_id, id",
            [list(account_ids)],
        )
        rows = cursor.fetchall()
    fresh: dict[tuple[int, int, str], Standing] = {}
    for level, ids in (
        (Level.INVOICE, sorted({row[1] for row in rows if row[2]})),
        (Level.ACCOUNT, sorted({row[1] for row in rows if not row[2]})),
    ):
        if ids:
            fresh |= {(s.account_id, s.item_id, s.currency): s for s in standings(as_of, level, ids)}
    people = accounts(sorted({row[1] for row in rows}))
    return [
        Undertaking(
            id_, account_id, item_id, currency, stored_scenarios.version(version_id), stage_index, ordinal,
            fresh.get((account_id, item_id, currency)), people[account_id],
        )
        for id_, account_id, item_id, currency, version_id, stage_index, ordinal in rows
    ]  # fmt: skip


def _mark(done: Sequence[Undertaking], refusals: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction p SET refusal = t.refusal, "
            "state = CASE t.refusal WHEN '' THEN 'performed' ELSE 'refused' END, "
            "performed_at = CASE t.refusal WHEN '' THEN now() END "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS t(account_id, id, refusal) "
            "WHERE p.account_id = t.account_id AND p.id = t.id",
            [[action.account_id for action in done], [action.id for action in done], list(refusals)],
        )
