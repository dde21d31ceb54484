"""Scenarios in words: whom they are for, what a stage does, and where the open episodes stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relance.dunning.facts import ActionSpec, Conditions, ScenarioFacts, Stage, StageCount
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import count, language, money

_TONES = 4


@dataclass(frozen=True, slots=True)
class Rung:
    """A stage with its actions and conditions in words, and what stands at it today."""

    stage: Stage
    actions: Sequence[str]
    only: Sequence[str]
    here: Sequence[StageCount]

    @property
    def has_minimum(self) -> bool:
        """Whether the stage asks for a minimum at all."""
        return bool(self.stage.min_amount.strip("0."))

    @property
    def episodes(self) -> int:
        """Open episodes at this stage, whatever their currency."""
        return sum(row.episodes for row in self.here)


@dataclass(frozen=True, slots=True)
class Live:
    """The open episodes of one scenario, stage by stage."""

    rows: Sequence[StageCount]

    @property
    def episodes(self) -> int:
        """Open episodes in all."""
        return sum(row.episodes for row in self.rows)

    @property
    def amounts(self) -> list[str]:
        """What they owe, once per currency."""
        sums: dict[str, int] = {}
        for row in self.rows:
            sums[row.currency] = sums.get(row.currency, 0) + row.overdue_minor
        return [money(minor, currency) for currency, minor in sorted(sums.items())]

    @property
    def parts(self) -> list[tuple[int, str, str]]:
        """Episodes, tone and words of each stage, in the order of the ladder: later stages are redder."""
        by_stage: dict[tuple[int, str], list[StageCount]] = {}
        for row in self.rows:
            by_stage.setdefault((row.stage_order, row.stage), []).append(row)
        return [
            (sum(row.episodes for row in rows), f"age-{min(order + 1, _TONES)}", _told(stage, rows))
            for (order, stage), rows in sorted(by_stage.items())
        ]


def _told(stage: str, rows: Sequence[StageCount]) -> str:
    amounts = " + ".join(money(row.overdue_minor, row.currency) for row in rows)
    name = label("stage", stage) if stage else _("Before the first stage")
    return f"{name}: {count(sum(row.episodes for row in rows))} · {amounts}"


def live_of(rows: Sequence[StageCount]) -> dict[str, Live]:
    """Open episodes by the code of their scenario."""
    found: dict[str, list[StageCount]] = {}
    for row in rows:
        found.setdefault(row.scenario, []).append(row)
    return {code: Live(entries) for code, entries in found.items()}


def rungs_of(scenario: ScenarioFacts, live: Live | None = None) -> list[Rung]:
    """The ladder in words."""
    rows = live.rows if live else ()
    return [
        Rung(
            stage,
            [action_words(action) for action in stage.actions],
            who_for(stage.when),
            [row for row in rows if row.stage == stage.code],
        )
        for stage in scenario.stages
    ]


def stage_words(scenario: str, stage: str) -> str:
    """A stage with the name of its scenario before it."""
    return _("%(scenario)s: %(stage)s") % {"scenario": scenario, "stage": label("stage", stage)}


def who_for(conditions: Conditions) -> list[str]:
    """Whom a scenario or a stage is for, one text per criterion that narrows it; empty when it is for anybody."""
    found = []
    if conditions.kind:
        found.append(_either(label("kind", code) for code in conditions.kind))
    if conditions.segment:
        found.append(_("segment %(names)s") % {"names": _either(conditions.segment)})
    if conditions.credit_class:
        found.append(_("credit class %(names)s") % {"names": _either(conditions.credit_class)})
    if conditions.payment_method:
        named = _either(label("method", code) for code in conditions.payment_method)
        found.append(_("paying by %(methods)s") % {"methods": named[:1].lower() + named[1:]})
    low, high = conditions.min_amount, conditions.max_amount
    if low is not None and high is not None:
        found.append(_("owing from %(low)s to below %(high)s") % {"low": _decimal(low), "high": _decimal(high)})
    elif low is not None:
        found.append(_("owing %(low)s or more") % {"low": _decimal(low)})
    elif high is not None:
        found.append(_("owing less than %(high)s") % {"high": _decimal(high)})
    least, most = conditions.min_score, conditions.max_score
    if least is not None and most is not None:
        found.append(_("score from %(low)s to below %(high)s") % {"low": least, "high": most})
    elif least is not None:
        found.append(_("score %(low)s or more") % {"low": least})
    elif most is not None:
        found.append(_("score below %(high)s") % {"high": most})
    if conditions.strategic is not None:
        found.append(_("strategic customers") if conditions.strategic else _("no strategic customer"))
    return found


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
    if action.kind == "task":
        return _task_words(params)
    if action.kind == "late_fee":
        told = " ".join(part for part in (_decimal(str(params.get("amount", ""))), params.get("currency", "")) if part)
        return _("Late fee of %(amount)s") % {"amount": told}
    if action.kind == "notify":
        to = str(params.get("to", ""))
        return _("Notice to: %(who)s") % {"who": to if "@" in to else label("recipient", to)}
    details = ", ".join(str(value) for value in params.values() if value not in ("", None))
    return f"{label('action', action.kind)}: {details}" if details else label("action", action.kind)


def _task_words(params: Mapping[str, Any]) -> str:
    words = str(params.get("title") or "") or label("work", params.get("kind"))
    days = params.get("due_in_days", 0)
    if not days:
        return _("For a person: %(work)s") % {"work": words}
    within = ngettext("within %(days)s day", "within %(days)s days", int(days)) % {"days": days}
    return _("For a person: %(work)s, %(within)s") % {"work": words, "within": within}


def _either(names: Any) -> str:
    return _(" or ").join(names)


def _decimal(text: str) -> str:
    """A scenario's decimal text in the reader's way of writing it."""
    return text.replace(".", ",") if language() == "fr" else text
