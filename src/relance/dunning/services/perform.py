"""Performing actions: each is held against fresh facts, then its effects are handed to the rooms below."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, cases, with_families
from relance.dunning.criteria import fits
from relance.dunning.facts import Because, SendMessage, Stage
from relance.dunning.possible import NEEDS_APPROVAL, effects_of, refusals_of
from relance.dunning.reasons import reasons_text
from relance.dunning.rules import stage_due_on
from relance.dunning.services.effects import EffectOrder, carry_out
from relance.dunning.services.nudge import nudge
from relance.kit.money import threshold_minor
from relance.kit.refusal import Refusal
from relance.outbound.facts import MessageOrder
from relance.outbound.queries import passed_over, reachable
from relance.outbound.services import prepare

Outcome = tuple[str, str]
"""The state an action is in after the attempt (performed, refused, passed, waiting) and the reason, empty if none."""

_PERFORMED: Outcome = ("performed", "")


@dataclass(slots=True)
class PerformFigures:
    """What was done: actions performed by kind, messages handed to each channel, actions refused by reason."""

    actions: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Undertaking:
    """A planned action with the case it is held against, read under the account's lock in this transaction.

    `refusal` is what stands in its way today, `told` what the ledger said when it refused. It never leaves the room,
    and a night makes hundreds of thousands: not frozen, which would triple its price.
    """

    id: int
    case: Case
    stage_index: int
    ordinal: int
    refusal: str
    approved_by: str = ""
    told: Because | None = None

    @property
    def stage(self) -> Stage:
        """The stage it belongs to."""
        return self.case.scenario.stages[self.stage_index]

    @property
    def kind(self) -> str:
        """The action's code."""
        return self.stage.actions[self.ordinal].kind


def undertake(undertakings: Sequence[Undertaking], as_of: dt.date, figures: PerformFigures) -> list[Outcome]:
    """Do these actions now and return, beside each, what became of it.

    Effects carry the action's id as their idempotency key, so doing one twice does it once.
    """
    messages: list[MessageOrder] = []
    others: list[EffectOrder] = []
    other_places: list[int] = []
    outcomes: list[Outcome] = []
    for place, action in enumerate(undertakings):
        outcome = _obstacle(action)
        if outcome is None:
            outcome = _PERFORMED
            for effect in effects_of(action.case.scenario.version_id, action.stage_index, action.ordinal) or ():
                if isinstance(effect, SendMessage):
                    messages.append(_message(action, effect, as_of))
                else:
                    case = action.case
                    others.append(
                        EffectOrder(
                            action.id,
                            case.account_id,
                            case.item_id,
                            case.currency,
                            effect,
                            action.approved_by,
                            case.scenario.code,
                            action.stage.code,
                        )
                    )
                    other_places.append(place)
        outcomes.append(outcome)
    if messages:
        prepare(messages)
        figures.messages.update(order.channel for order in messages)
    if others:
        told: dict[int, Because] = {}
        for place, refusal in zip(other_places, carry_out(others, as_of, told), strict=True):
            if refusal:
                outcomes[place] = ("refused", refusal)
                undertakings[place].told = told.get(undertakings[place].id)
    for action, (state, refusal) in zip(undertakings, outcomes, strict=True):
        if state == "performed":
            figures.actions[action.kind] += 1
        else:
            figures.refused[refusal] += 1
    return outcomes


def _obstacle(action: Undertaking) -> Outcome | None:
    """What keeps this action from being done; None when nothing does."""
    case = action.case
    owed, chased, scenario = case.situation.owed, case.situation.chased, case.scenario
    leave_minor = threshold_minor(scenario.leave_max_amount, case.currency)
    if owed is None or owed.overdue_minor <= leave_minor:
        return "refused", "settled"
    if chased is None or chased.overdue_minor <= leave_minor:
        return "refused", "held_out"
    if chased.overdue_minor < threshold_minor(action.stage.min_amount, case.currency):
        return "refused", "below_minimum"
    if action.refusal == NEEDS_APPROVAL:
        return None if action.approved_by else ("waiting", NEEDS_APPROVAL)
    if action.refusal:
        return "refused", action.refusal
    if case.merged and action.kind == "send":
        return "passed", "merged"
    return None


def _message(action: Undertaking, effect: SendMessage, as_of: dt.date) -> MessageOrder:
    case = action.case
    reached = case.reach.get(effect.channels) or reachable(case.account, effect.channels, case.dead)
    if reached is None:
        raise AssertionError("an action whose channels reach nobody is refused before")
    channel, recipient = reached
    context = _outlook(action, as_of)
    if len(effect.channels) > 1:
        place = effect.channels.index(channel)
        context = {**context, "channels": effect.channels[place + 1 :]} if effect.channels[place + 1 :] else context
        if place:
            context = {**context, "passed": passed_over(case.account, effect.channels[:place], case.dead)}
    if case.family or case.left_out:
        context = {
            **context,
            "family": list(case.family),
            "left_out": {str(item_id): minor for item_id, minor in case.left_out.items()},
        }
    return MessageOrder(
        action.id, case.account_id, 0 if case.names_all else case.item_id, case.currency, channel, effect.template, "",
        recipient, as_of, context,
    )  # fmt: skip


def _outlook(action: Undertaking, as_of: dt.date) -> Mapping[str, object]:
    """What a message says beyond its debt: when to keep silent, and what comes next and when if nothing is paid."""
    case = action.case
    scenario, situation = case.scenario, case.situation
    next_on, following = None, action.stage_index + 1
    if situation.chased is not None:
        while following < len(scenario.stages) and not fits(
            scenario.stages[following].when, situation.person, situation.chased.overdue_minor, case.currency
        ):
            following += 1
        if following < len(scenario.stages):
            effective_due_on = situation.chased.oldest_due_on + dt.timedelta(days=situation.paused_days)
            next_on = stage_due_on(
                scenario, following, effective_due_on, action.stage_index, as_of, situation.person.country
            )
    return _context(scenario.version_id, case.currency, action.stage_index, following, next_on)


@lru_cache(maxsize=4096)
def _context(
    version_id: int, currency: str, stage_index: int, following: int, next_on: dt.date | None
) -> Mapping[str, object]:
    scenario = stored_scenarios.version(version_id)
    minimum = threshold_minor(scenario.stages[stage_index].min_amount, currency)
    silence_at = max(threshold_minor(scenario.leave_max_amount, currency), minimum - 1)
    context: dict[str, object] = {"silence_at_minor": silence_at}
    if next_on is not None:
        context |= {"next_stage": scenario.stages[following].code, "next_on": next_on.isoformat()}
    return MappingProxyType(context)


@transaction.atomic
def perform_accounts(account_ids: Sequence[int], as_of: dt.date) -> PerformFigures:
    """Perform the planned actions of these accounts that are still waiting, with facts read anew.

    Whoever paid since the decision hears nothing: the action is refused as `settled`. Performing twice does nothing.
    """
    account_ids = with_families(account_ids)
    lock_accounts(account_ids)
    figures = PerformFigures()
    waiting = _waiting(account_ids, as_of)
    if waiting:
        outcomes = undertake(waiting, as_of, figures)
        _mark(waiting, outcomes, as_of)
        done = {a.case.account_id for a, (state, _) in zip(waiting, outcomes, strict=True) if state == "performed"}
        nudge(sorted(done), only_pursued=True)  # what a mandatory stage waited for may let the next one come
    return figures


@transaction.atomic
def approve_action(account_id: int, action_id: int, by: str, as_of: dt.date, reason: str = "") -> str:
    """Let an action be done that needs a person's approval, and do it now. Returns its state after the attempt.

    Raises Refusal when it does not wait for approval any more.
    """
    lock_accounts(with_families([account_id]))
    _answer_waiting(account_id, action_id, by, reason, ("planned", ""))
    perform_accounts([account_id], as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state FROM dunning_plannedaction WHERE account_id = %s AND id = %s", [account_id, action_id]
        )
        state: str = cursor.fetchone()[0]
    return state


@transaction.atomic
def decline_action(account_id: int, action_id: int, by: str, reason: str = "") -> None:
    """Refuse an action that waits for a person's approval; the stages after it go on without it.

    Raises Refusal when it does not wait any more.
    """
    lock_accounts([account_id])
    _answer_waiting(account_id, action_id, by, reason, ("refused", "declined"))
    nudge([account_id], only_pursued=True)


def _answer_waiting(account_id: int, action_id: int, by: str, reason: str, outcome: Outcome) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction SET state = %s, refusal = %s, answered_by = %s, answer_reason = %s "
            "WHERE account_id = %s AND id = %s AND state = 'waiting'",
            [*outcome, by, reason, account_id, action_id],
        )
        if cursor.rowcount == 0:
            raise Refusal(_("this action does not wait for approval any more; reload the page"))


def _waiting(account_ids: Sequence[int], as_of: dt.date) -> list[Undertaking]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, account_id, item_id, currency, stage_index, ordinal, answered_by "
            "FROM dunning_plannedaction WHERE account_id = ANY(%s) AND state = 'planned' ORDER BY account_id, id",
            [list(account_ids)],
        )
        rows = cursor.fetchall()
    if not rows:
        return []
    fresh = {(case.account_id, case.item_id, case.currency): case for case in cases(account_ids, as_of)}
    found = []
    for id_, account_id, item_id, currency, stage_index, ordinal, answered_by in rows:
        case = fresh[account_id, item_id, currency]
        refusal = refusals_of(case, stage_index, as_of)[ordinal]
        found.append(Undertaking(id_, case, stage_index, ordinal, refusal, answered_by))
    return found


def _mark(done: Sequence[Undertaking], outcomes: Sequence[Outcome], as_of: dt.date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction p SET refusal = t.refusal, state = t.state, "
            "performed_at = CASE t.state WHEN 'performed' THEN now() END, "
            "performed_on = CASE t.state WHEN 'performed' THEN %s::date END, because = coalesce(("
            "  SELECT jsonb_agg(e ORDER BY n) || t.told::jsonb FROM jsonb_array_elements(p.because::jsonb) "
            "  WITH ORDINALITY AS r(e, n) WHERE e ->> 0 <> 'charge_refused')::text, p.because) "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) "
            "AS t(account_id, id, state, refusal, told) "
            "WHERE p.account_id = t.account_id AND p.id = t.id",
            [
                as_of, [action.case.account_id for action in done], [action.id for action in done],
                [outcome[0] for outcome in outcomes], [outcome[1] for outcome in outcomes],
                [reasons_text((action.told,)) if action.told else None for action in done],
            ],
        )  # fmt: skip
