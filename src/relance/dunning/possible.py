"""What stands in the way of an action: it is not installed, a hold forbids it, or no channel reaches the customer."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from relance.arrangements.facts import Guarded, HoldFacts, HoldKind, Verdict
from relance.arrangements.rules import verdict
from relance.dunning import stored_scenarios
from relance.dunning.facts import ActionSpec, Effect, GuardedAs, SendMessage
from relance.dunning.gathering import Case
from relance.kit.shelf import shelf
from relance.outbound.queries import reachable

NEEDS_APPROVAL = "needs_approval"


def refusals_of(case: Case, stage_index: int, as_of: dt.date) -> tuple[str, ...]:
    """Beside each action of a stage why it cannot happen today, empty text where it can: `not_installed`, `hold:<kind>`,
    `needs_approval` or `unreachable`. Where a message reaches the customer is remembered in the case.
    """
    version_id = case.scenario.version_id
    found = []
    for ordinal, action in enumerate(case.scenario.stages[stage_index].actions):
        effects = effects_of(version_id, stage_index, ordinal) if version_id else resolve(action)
        if effects is None:
            found.append("not_installed")
            continue
        refusal = _hold_refusal(action, case.holds, as_of) if case.holds else ""
        if not refusal:
            for effect in effects:
                if isinstance(effect, SendMessage):
                    reached = reachable(case.account, effect.channels, case.dead)
                    if reached is None:
                        refusal = "unreachable"
                    else:
                        case.reach[effect.channels] = reached
        found.append(refusal)
    return tuple(found)


def _hold_refusal(action: ActionSpec, holds: Sequence[HoldFacts], as_of: dt.date) -> str:
    guarded = shelf("relance.dunning.actions", "ACTION")[action.kind].guarded(action.params)
    if guarded is GuardedAs.INTERNAL:
        exempting = [hold for hold in holds if hold.kind is HoldKind.EXEMPT]
        answer, _ = verdict(exempting, Guarded.REMINDER, as_of)
        return f"hold:{HoldKind.EXEMPT}" if answer is Verdict.FORBIDDEN else ""
    as_kind = {GuardedAs.FORMAL: Guarded.FORMAL, GuardedAs.RESTRICT: Guarded.RESTRICT}
    answer, hold = verdict(holds, as_kind.get(guarded, Guarded.REMINDER), as_of)
    if hold is None or answer in (Verdict.ALLOWED, Verdict.RESTRICTED_ONLY):
        return ""
    if answer is Verdict.NEEDS_APPROVAL:
        return NEEDS_APPROVAL
    if answer is Verdict.COURTESY_ONLY and guarded is GuardedAs.COURTESY:
        return ""
    return f"hold:{hold.kind}"


def resolve(action: ActionSpec) -> tuple[Effect, ...] | None:
    """What an action asks for; None when its file is not on the shelf, or when it was stored before there was one, with
    parameters that the file does not understand.
    """
    installed = shelf("relance.dunning.actions", "ACTION").get(action.kind)
    return None if installed is None or installed.check(action.params) else installed.effects(action.params)


@lru_cache(maxsize=4096)
def effects_of(version_id: int, stage_index: int, ordinal: int) -> tuple[Effect, ...] | None:
    """What an action of a stored version, which never changes, asks for; None when its file is not on the shelf."""
    return resolve(stored_scenarios.version(version_id).stages[stage_index].actions[ordinal])


@lru_cache(maxsize=4096)
def contacts(version_id: int, stage_index: int, ordinal: int) -> bool:
    """Whether an action of a stored version reaches out to the customer."""
    action = stored_scenarios.version(version_id).stages[stage_index].actions[ordinal]
    installed = shelf("relance.dunning.actions", "ACTION").get(action.kind)
    return installed is not None and bool(installed.contacts(action.params))
