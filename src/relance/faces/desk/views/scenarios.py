"""Scenarios as they stand: for whom, from which amount, and stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.dunning import queries
from relance.dunning.facts import ActionSpec, ScenarioFacts, Stage
from relance.dunning.services import export_scenario
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.labels import label
from relance.staff.facts import Permission


@dataclass(frozen=True, slots=True)
class Rung:
    """A stage with its actions in words."""

    stage: Stage
    actions: Sequence[str]


@needs(Permission.SEE_SCENARIOS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Every scenario in the order in which they are tried."""
    return render(request, "desk/scenarios.html", {"scenarios": queries.scenarios()})


@needs(Permission.SEE_SCENARIOS)
@require_safe
def one(request: StaffRequest, code: str) -> HttpResponse:
    """One scenario: criteria, thresholds, stages, versions, and its file."""
    versions = queries.scenario_versions(code)
    if not versions:
        raise Http404
    current = versions[0]
    context = {
        "scenario": current,
        "versions": versions,
        "rungs": [Rung(stage, [action_words(action) for action in stage.actions]) for stage in current.stages],
        "criteria": _criteria(current),
        "yaml": export_scenario(code) if request.user.may(Permission.EXPORT) else "",
    }
    return render(request, "desk/scenario.html", context)


def action_words(action: ActionSpec) -> str:
    """An action of a stage as a person would say it."""
    params: Mapping[str, Any] = action.params
    if action.kind == "send":
        channels = params.get("channel", [])
        channels = [channels] if isinstance(channels, str) else list(channels)
        way = _(", else ").join(label("channel", channel) for channel in channels)
        return _("%(channels)s: “%(template)s”") % {
            "channels": way,
            "template": label("template", params.get("template")),
        }
    details = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in params.items())
    return f"{label('action', action.kind)} ({details})" if details else label("action", action.kind)


def _criteria(scenario: ScenarioFacts) -> list[tuple[str, list[str]]]:
    applies = scenario.applies_to
    return [
        (_("Kind"), [label("kind", code) for code in applies.kind]),
        (_("Segment"), list(applies.segment)),
        (_("Credit class"), list(applies.credit_class)),
        (_("Payment method"), [label("method", code) for code in applies.payment_method]),
    ]
