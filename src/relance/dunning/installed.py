"""What scenarios can name in this house, and what a scenario names that is not there."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from relance.dunning.facts import ActionSpec, Problem, ScenarioFacts
from relance.dunning.scenario_file import Installed, check
from relance.kit.shelf import shelf
from relance.outbound.queries import channel_codes, template_codes


def installed() -> Installed:
    """The actions, channels and message texts of this house."""
    return Installed(shelf("relance.dunning.actions", "ACTION"), channel_codes(), template_codes())


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """Everything that keeps content from being published, each with its place and what would be right, in the reader's
    language: what is wrong in it, and actions and channels that are not installed. Empty when it could be.
    """
    facts, wrong = check(content, installed())
    return wrong if facts is None else not_installed(facts)


def not_installed(scenario: ScenarioFacts) -> list[Problem]:
    """The actions and channels that a scenario names and this house does not have, with their places."""
    here = installed()
    found = []
    for number, stage in enumerate(scenario.stages, start=1):
        for ordinal, action in enumerate(stage.actions, start=1):
            place = f"stages[{number}].actions[{ordinal}].{action.kind}"
            if action.kind not in here.actions:
                known = ", ".join(sorted(here.actions))
                told = {"action": action.kind, "known": known}
                found.append(
                    Problem(place, _("the action %(action)s is not installed; installed are %(known)s") % told)
                )
                continue
            for channel in _channels(action):
                if channel not in here.channels:
                    told = {"channel": channel, "known": ", ".join(sorted(here.channels))}
                    message = _("the channel %(channel)s is not installed; installed are %(known)s") % told
                    found.append(Problem(f"{place}.channel", message))
    return found


def missing_parts(scenario: ScenarioFacts) -> list[str]:
    """What the scenario names and this version of Relance cannot do yet, one sentence each, for a warning."""
    here = installed()
    warnings = []
    for stage in scenario.stages:
        for action in stage.actions:
            if action.kind not in here.actions:
                warnings.append(f"stage {stage.code}: the action {action.kind} is not installed and will be refused")
            elif action.kind == "send" and not set(_channels(action)) & set(here.channels):
                warnings.append(f"stage {stage.code}: no channel of {', '.join(_channels(action))} is installed")
    return warnings


def _channels(action: ActionSpec) -> list[str]:
    """The channels that a message names; none for other actions."""
    if action.kind != "send":
        return []
    wanted = action.params["channel"]
    return [wanted] if isinstance(wanted, str) else list(wanted)
