"""Two scenarios laid side by side: what the second says differently, in the reader's words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from relance.dunning.facts import ActionSpec, Conditions, ScenarioFacts, Stage
from relance.dunning.policy_facts import Difference
from relance.dunning.scenario_file.checking import as_far_as_readable


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What `after` says differently from `before`, thresholds first, then stage by stage in the order of `after`.

    Either may be unfinished: what cannot be read counts as absent. Nothing is said of the spelling, the order of keys or
    amounts written with more zeros.
    """
    old, new = as_far_as_readable(before), as_far_as_readable(after)
    return [*_of_scenario(old, new), *_of_stages(old, new)]


def _of_scenario(old: ScenarioFacts, new: ScenarioFacts) -> Iterator[Difference]:
    for language in sorted({*old.name, *new.name}):
        yield from _changed(
            f"name.{language}", _("name (%(language)s)") % {"language": language},
            old.name.get(language), new.name.get(language),
        )  # fmt: skip
    for place, title, was, becomes in (
        ("level", _("level"), old.level.value, new.level.value),
        ("priority", _("priority"), old.priority, new.priority),
        ("enter.min_amount", _("an episode opens from"), *_plain(old.enter_min_amount, new.enter_min_amount)),
        ("leave.max_amount", _("and closes at or below"), *_plain(old.leave_max_amount, new.leave_max_amount)),
        ("catch_up", _("catching up"), old.catch_up.value, new.catch_up.value),
        ("new_item", _("new overdue items"), old.new_item.value, new.new_item.value),
        ("family", _("parent and child accounts"), old.family.value, new.family.value),
    ):
        yield from _changed(place, title, was, becomes)
    yield from _of_conditions(old.applies_to, new.applies_to, "applies_to", _("for whom"))
    for key in sorted({*old.costs, *new.costs}):
        was, becomes = _plain(old.costs.get(key), new.costs.get(key))
        yield from _changed(f"costs.{key}", _("cost of %(what)s") % {"what": key}, was, becomes)


def _of_stages(old: ScenarioFacts, new: ScenarioFacts) -> Iterator[Difference]:
    known = {stage.code: stage for stage in old.stages}
    kept = {stage.code for stage in new.stages}
    for stage in old.stages:
        if stage.code not in kept:
            yield Difference(
                f"stages.{stage.code}", "removed",
                _("stage %(stage)s is removed (it came at %(age)s days)") % {"stage": stage.code, "age": stage.age_days},
            )  # fmt: skip
    for stage in new.stages:
        if stage.code in known:
            yield from _of_stage(known[stage.code], stage)
        else:
            told = {"stage": stage.code, "age": stage.age_days, "actions": ", ".join(map(in_short, stage.actions))}
            yield Difference(
                f"stages.{stage.code}", "added", _("stage %(stage)s is added at %(age)s days: %(actions)s") % told
            )


def _of_stage(old: Stage, new: Stage) -> Iterator[Difference]:
    place, name = f"stages.{new.code}", {"stage": new.code}
    if old.age_days != new.age_days:
        yield Difference(
            f"{place}.age", "moved",
            _("stage %(stage)s moves from %(before)s to %(after)s days")
            % {**name, "before": old.age_days, "after": new.age_days},
        )  # fmt: skip
    if old.mandatory != new.mandatory:
        message = _("stage %(stage)s becomes mandatory") if new.mandatory else _("stage %(stage)s becomes optional")
        yield Difference(f"{place}.mandatory", "changed", message % name)
    for key, title, was, becomes in (
        ("min_amount", _("stage %(stage)s: minimum"), *_plain(old.min_amount, new.min_amount)),
        ("working_day", _("stage %(stage)s: working days"), old.working_day.value, new.working_day.value),
        ("done_when", _("stage %(stage)s: done when"), old.done_when.value, new.done_when.value),
    ):
        yield from _changed(f"{place}.{key}", title % name, was, becomes)
    yield from _of_conditions(old.when, new.when, f"{place}.when", _("stage %(stage)s: only for") % name)
    yield from _of_actions(old, new)


def _of_actions(old: Stage, new: Stage) -> Iterator[Difference]:
    """Actions of one kind are paired in their order; what is left over came or went."""
    place, had, has = f"stages.{new.code}.actions", _by_kind(old), _by_kind(new)
    for kind in sorted({*had, *has}):
        was, becomes = had[kind], has[kind]
        for before, after in zip(was, becomes, strict=False):
            if _told(before.params) != _told(after.params):
                message = _("stage %(stage)s: %(before)s becomes %(after)s")
                told = {"stage": new.code, "before": in_short(before), "after": in_short(after)}
                yield Difference(place, "changed", message % told)
        for action in was[len(becomes) :]:
            told = {"stage": new.code, "action": in_short(action)}
            yield Difference(place, "removed", _("stage %(stage)s no longer does: %(action)s") % told)
        for action in becomes[len(was) :]:
            told = {"stage": new.code, "action": in_short(action)}
            yield Difference(place, "added", _("stage %(stage)s also does: %(action)s") % told)
    kinds, before_kinds = [action.kind for action in new.actions], [action.kind for action in old.actions]
    if kinds != before_kinds and sorted(kinds) == sorted(before_kinds):
        told = {"stage": new.code, "order": ", ".join(kinds)}
        yield Difference(place, "moved", _("stage %(stage)s does its actions in another order: %(order)s") % told)


def _by_kind(stage: Stage) -> defaultdict[str, list[ActionSpec]]:
    found: defaultdict[str, list[ActionSpec]] = defaultdict(list)
    for action in stage.actions:
        found[action.kind].append(action)
    return found


def _of_conditions(old: Conditions, new: Conditions, place: str, title: str) -> Iterator[Difference]:
    for key, name, was, becomes in (
        ("kind", _("kind"), _joined(old.kind), _joined(new.kind)),
        ("segment", _("segment"), _joined(old.segment), _joined(new.segment)),
        ("credit_class", _("credit class"), _joined(old.credit_class), _joined(new.credit_class)),
        ("payment_method", _("payment method"), _joined(old.payment_method), _joined(new.payment_method)),
        ("amount", _("amount"), _band(*_plain(old.min_amount, old.max_amount)),
         _band(*_plain(new.min_amount, new.max_amount))),
        ("score", _("score"), _band(old.min_score, old.max_score), _band(new.min_score, new.max_score)),
        ("strategic", _("strategic customers"), _truth(old.strategic), _truth(new.strategic)),
    ):  # fmt: skip
        yield from _changed(f"{place}.{key}", f"{title}: {name}", was or _("any"), becomes or _("any"))


def _changed(place: str, title: str, was: object, becomes: object) -> Iterator[Difference]:
    if was != becomes:
        nothing = _("nothing")
        told = {"what": title, "before": nothing if was is None else was,
                "after": nothing if becomes is None else becomes}  # fmt: skip
        yield Difference(place, "changed", _("%(what)s: %(before)s becomes %(after)s") % told)


def _plain(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Two amounts as they are compared: 5 and 5.00 are the same."""
    return _without_zeros(one), _without_zeros(other)


def _without_zeros(amount: str | None) -> str | None:
    return amount.rstrip("0").rstrip(".") if amount is not None and "." in amount else amount


def _joined(values: tuple[str, ...]) -> str:
    return ", ".join(sorted(values))


def _band(low: object, high: object) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return _("from %(low)s") % {"low": low}
    if low is None:
        return _("below %(high)s") % {"high": high}
    return _("from %(low)s to below %(high)s") % {"low": low, "high": high}


def _truth(value: bool | None) -> str:
    return "" if value is None else _("only these") if value else _("none of these")


def _told(params: Mapping[str, Any]) -> str:
    """Parameters in one line, in the order of their names."""
    return ", ".join(f"{key} {_value(params[key])}" for key in sorted(params))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _(" or ").join(map(str, value)) if isinstance(value, list) else str(value)


def in_short(action: ActionSpec) -> str:
    """An action with its parameters in one line."""
    told = _told(action.params)
    return f"{action.kind} ({told})" if told else action.kind
