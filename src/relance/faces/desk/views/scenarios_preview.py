"""A draft tried on the real portfolio of a day, beside the scenarios in force: figures, cost, and the accounts.

Posting asks for a run, which a job makes where the portfolio is large; reading shows the latest run of the day asked for.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from relance.customers.queries import accounts
from relance.dunning import queries, services
from relance.dunning.facts import DraftFacts, PreviewChange, PreviewOutcome, PreviewReport, PreviewRunFacts
from relance.dunning.sentences import refusal_sentence
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import label
from relance.faces.desk.scenario_words import stage_words
from relance.faces.desk.story import scenario_names
from relance.faces.desk.templatetags.desk import language
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit

SHOWN_CHANGES = 100
SECONDS_TO_BE_TAKEN_UP = 8
"""A run that waits longer than this very likely has no worker."""
_MESSAGE = re.compile(r"send (?P<channel>\w+) \((?P<template>\w+)\)")
_FARTHEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the comparison: what would happen, what happens today."""

    name: str
    would: int
    today: int
    is_part: bool = False
    """Whether it is a part of the line above it."""

    @property
    def difference(self) -> int:
        """How many more, or fewer when below zero."""
        return self.would - self.today


@dataclass(frozen=True, slots=True)
class ChangedDebt:
    """A debt that would be treated otherwise, in words."""

    change: PreviewChange
    name: str
    today: Sequence[str]
    then: Sequence[str]


@dataclass(frozen=True, slots=True)
class CostFigure:
    """The estimated cost in one currency, in minor units."""

    currency: str
    would_minor: int
    today_minor: int

    @property
    def difference_minor(self) -> int:
        """How much more, or less when below zero."""
        return self.would_minor - self.today_minor


@needs(Permission.CHANGE_SCENARIO)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest, code: str) -> HttpResponse:
    """The latest run of a day, or the form that asks for one; posted, a new run of the draft as it stands."""
    draft = _found(code)
    today = as_of()
    asked = request.POST if request.method == "POST" else request.GET
    on = _day(asked.get("on", ""), today)
    context: dict[str, object] = {"draft": draft, "as_of": on or today, "asked": "on" in asked or bool(request.POST)}
    if on is None:
        context["refusal"] = _("Choose a day within a year of today.")
    elif request.method == "POST":
        try:
            services.request_preview(draft.content, on, request.user.username)
        except Refusal as refusal:
            context["refusal"] = str(refusal)
        else:
            if not request.htmx:
                return redirect(f"{reverse('desk:scenario_draft_preview', args=[code])}?on={on.isoformat()}")
    if on is not None and "refusal" not in context:
        context |= _kept(draft, queries.preview_run(code, on))
    return render(request, f"desk/scenario_preview{'_results' if request.htmx else ''}.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest, code: str) -> HttpResponseBase:
    """The accounts that the draft would treat otherwise, as the run that the page shows found them, as a CSV file."""
    if not request.user.may(Permission.CHANGE_SCENARIO):
        raise Http404
    _found(code)
    on = _day(request.GET.get("on", ""), as_of())
    run = queries.preview_run(code, on) if on is not None else None
    if run is None or run.report is None:
        raise Http404
    changes, day = run.report.changes, run.as_of.isoformat()
    record_audit(request.user, "scenario_previewed", code, {"on": day, "accounts": len(changes)})
    return csv_download(_csv_rows(changes), f"preview-{code}-{day}.csv")


def _kept(draft: DraftFacts, run: PreviewRunFacts | None) -> dict[str, object]:
    """What is shown of a run: how far it is, its report, or why there is none."""
    if run is None:
        return {}
    shown: dict[str, object] = {
        "run": run,
        "is_stale": run.digest != queries.preview_digest(draft.content),
        "no_worker": run.state == "queued" and run.waited_seconds >= SECONDS_TO_BE_TAKEN_UP,
        "reason": _reason(run),
    }
    return shown | _in_figures(run.report) if run.report is not None else shown


def _reason(run: PreviewRunFacts) -> str:
    """Why a run has no result; empty when it has one or may still have one."""
    if run.state == "lost" or (run.state == "failed" and run.error == "worker"):
        return _("The worker that made this preview ended before it was done.")
    if run.state == "failed" and run.error == "unexpected":
        return _("Something went wrong that should not; the log of the worker has the details.")
    return run.error if run.state == "failed" else ""


def _in_figures(report: PreviewReport) -> dict[str, object]:
    names = scenario_names()
    return {
        "report": report,
        "actions": _counted(report.would.actions, report.today.actions, lambda kind: label("action", kind)),
        "stages": _by_stage(report, names),
        "others": _others(report),
        "costs": [
            CostFigure(currency, report.would.cost_minor[currency], report.today.cost_minor[currency])
            for currency in report.currencies
        ],
        "refused": _counted(
            report.would.refused, report.today.refused, lambda reason: refusal_sentence(reason, language())
        ),
        "changes": _in_words(report.changes[:SHOWN_CHANGES], names),
    }


def _in_words(changes: Sequence[PreviewChange], names: Mapping[str, str]) -> list[ChangedDebt]:
    known = accounts([change.account_id for change in changes])
    return [
        ChangedDebt(
            change,
            known[change.account_id].name if change.account_id in known else "",
            _outcome(change.today, names),
            _outcome(change.then, names),
        )
        for change in changes
    ]


def _outcome(outcome: PreviewOutcome, names: Mapping[str, str]) -> list[str]:
    """What happens, then what is done about it, and what cannot be done and why."""
    if outcome.happens == "enters":
        scenario = names.get(outcome.scenario, outcome.scenario)
        done = [_action(told) for told in outcome.actions]
        not_done = [
            _("not possible: %(action)s (%(reason)s)")
            % {"action": _action(told), "reason": refusal_sentence(reason, language())}
            for told, reason in outcome.withheld
        ]
        return [stage_words(scenario, outcome.stage), *done, *not_done]
    if outcome.happens == "opens":
        return [_("an episode opens")]
    return [_("its episode ends")] if outcome.happens == "leaves" else []


def _action(told: str) -> str:
    """An action of the report, such as `send email (reminder)`, in the reader's words."""
    message = _MESSAGE.fullmatch(told)
    if message:
        return _("%(channels)s: “%(template)s”") % {
            "channels": label("channel", message["channel"]),
            "template": label("template", message["template"]),
        }
    kind, _space, rest = told.partition(" ")
    return f"{label('action', kind)} {rest}".strip()


def _by_stage(report: PreviewReport, names: Mapping[str, str]) -> list[Figure]:
    """Each stage that anybody enters, and under it what is done there."""
    found = []
    for place in sorted({*report.would.stages, *report.today.stages}):
        scenario, _slash, stage = place.partition("/")
        name = stage_words(names.get(scenario, scenario), stage)
        found.append(Figure(name, report.would.stages[place], report.today.stages[place]))
        kinds = {kind for where, kind in (*report.would.stage_actions, *report.today.stage_actions) if where == place}
        found += [
            Figure(
                label("action", kind), report.would.stage_actions[place, kind], report.today.stage_actions[place, kind],
                is_part=True,
            )
            for kind in sorted(kinds)
        ]  # fmt: skip
    return found


def _others(report: PreviewReport) -> list[Figure]:
    return [
        Figure(_("Episodes that open"), report.would.opened, report.today.opened),
        Figure(_("Episodes that end"), report.would.left, report.today.left),
        Figure(_("Kept where they are by a hold"), report.would.held, report.today.held),
    ]


def _counted(would: Mapping[str, int], today: Mapping[str, int], name: Callable[[str], str]) -> list[Figure]:
    return [Figure(name(key), would.get(key, 0), today.get(key, 0)) for key in sorted({*would, *today})]


def _csv_rows(changes: Sequence[PreviewChange]) -> Iterator[list[str]]:
    yield ["account", "item", "currency", "overdue", "today", "then"]
    for change in changes:
        yield [
            change.account_number, change.item_number, change.currency,
            format_amount(change.overdue_minor, change.currency), change.today.told, change.then.told,
        ]  # fmt: skip


def _day(text: str, today: dt.date) -> dt.date | None:
    """The day asked for; None for what is no day, or one too far away to say anything about."""
    try:
        on = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return on if abs(on - today) <= _FARTHEST else None


def _found(code: str) -> DraftFacts:
    draft = queries.draft(code)
    if draft is None:
        raise Http404
    return draft
