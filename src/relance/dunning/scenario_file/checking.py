"""Checking a scenario whole: every problem with its place, or the facts."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

from django.utils.translation import gettext as _

from relance.dunning.action_params import Flaw
from relance.dunning.facts import (
    ActionSpec,
    CatchUp,
    Conditions,
    DoneWhen,
    Family,
    NewItem,
    ScenarioFacts,
    Stage,
    WorkingDays,
)
from relance.dunning.policy_facts import Problem
from relance.dunning.scenario_file.keys import (
    BAND_KEYS,
    CRITERIA,
    KINDS,
    LATER_ACTIONS,
    LATER_CHANNELS,
    LISTS,
    PAYMENT_METHODS,
    STAGE_KEYS,
    TOP_KEYS,
)
from relance.kit.refusal import Refusal
from relance.ledger.facts import Level

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,3})?")
_COST = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?")
_LONGEST_NAME = 120
_LATEST_AGE = 3650
_HIGHEST_SCORE = 1_000_000
_LONGEST_SHOWN = 60

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Installed:
    """What scenarios can name: actions by code, channels and message texts.

    `check` is asked of each action's file for its parameters.
    """

    actions: Collection[str]
    channels: Collection[str]
    templates: Collection[str]


def parse(
    content: Mapping[str, Any], actions: Collection[str], channels: Collection[str], templates: Collection[str]
) -> ScenarioFacts:
    """A scenario from its content, checked whole. `actions`, `channels` and `templates` are what is installed.

    Raises Refusal with one sentence per thing that is wrong, each naming its place.
    """
    facts, wrong = check(content, Installed(actions, channels, templates))
    if facts is None:
        told = "; ".join(f"{problem.place}: {problem.message}" for problem in wrong)
        raise Refusal(_("scenario %(code)s: %(problems)s") % {"code": content.get("code") or "?", "problems": told})
    return facts


def check(content: Mapping[str, Any], installed: Installed) -> tuple[ScenarioFacts | None, list[Problem]]:
    """The scenario, or None with everything that is wrong with it."""
    checking = _Checking(installed)
    facts = checking.scenario(content)
    return (None if checking.wrong else facts), checking.wrong


def as_far_as_readable(content: Mapping[str, Any]) -> ScenarioFacts:
    """The facts of content that was checked when it was stored, or that is not finished; what cannot be read is as if it
    were absent.
    """
    return _Checking(Installed(_Anything(), _Anything(), _Anything())).scenario(content)


class _Anything(list[str]):
    """Stands for "whatever is installed"."""

    def __contains__(self, item: Any) -> bool:
        return True


@dataclass(slots=True)
class _Checking:
    installed: Installed
    wrong: list[Problem] = field(default_factory=list)

    def scenario(self, content: Mapping[str, Any]) -> ScenarioFacts:
        self._only(content, TOP_KEYS, "")
        code = self._code(content.get("code"), "code")
        level = self._word(content, "level", Level, Level.ACCOUNT, "")
        priority = content.get("priority", 0)
        if not _is_whole(priority) or abs(priority) > 1_000_000:
            self._add("priority", _("%(value)r should be a whole number"), value=priority)
            priority = 0
        enter = self._amount_in(content, "enter", "min_amount", "0.01")
        leave = self._amount_in(content, "leave", "max_amount", "0.00")
        both_read = not any(problem.place.startswith(("enter", "leave")) for problem in self.wrong)
        if both_read and Decimal(leave) >= Decimal(enter):
            self._add(
                "leave.max_amount",
                _(
                    "%(leave)s should be below enter.min_amount (%(enter)s), or an episode would open and close on the "
                    "same debt"
                ),
                leave=leave,
                enter=enter,
            )
        catch_up = self._word(content, "catch_up", CatchUp, CatchUp.STEP, "")
        new_item = self._word(content, "new_item", NewItem, NewItem.CONTINUE, "")
        family = self._word(content, "family", Family, Family.APART, "")
        if family is Family.TOGETHER and level is Level.INVOICE:
            self._add("family", _("together is for level: account; invoices are pursued one by one"))
        return ScenarioFacts(
            version_id=0, code=code, version=0, name=self._name(content.get("name", code)), level=level,
            applies_to=self._conditions(content.get("applies_to"), "applies_to"), priority=priority,
            enter_min_amount=enter, leave_max_amount=leave, stages=self._stages(content.get("stages")),
            content=dict(content), catch_up=catch_up, new_item=new_item, family=family,
            costs=self._costs(content.get("costs")),
        )  # fmt: skip

    def _add(self, place: str, message: str, **values: object) -> None:
        shown = {key: value if isinstance(value, str | int) and key not in _TYPED else _Typed(value)
                 for key, value in values.items()}  # fmt: skip
        self.wrong.append(Problem(place, message % shown if values else message))

    def _only(self, mapping: Mapping[str, Any], known: Collection[str], within: str) -> None:
        for key in mapping:
            if key not in known:
                self._add(f"{within}{key}", _("unknown; known here are %(known)s"), known=", ".join(known))

    def _mapping(self, value: Any, place: str, known: Collection[str], example: str) -> Mapping[str, Any]:
        """The value as a mapping of known keys; nothing written is an empty one."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._add(place, _("should be written as %(example)s"), example=example)
            return {}
        self._only(value, known, f"{place}.")
        return value

    def _code(self, value: Any, place: str) -> str:
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            self._add(place, _("%(value)r should be a short name of lower-case letters, digits, - and _"), value=value)
            return ""
        return value

    def _name(self, value: Any) -> dict[str, str]:
        names = dict(value) if isinstance(value, Mapping) else {"fr": value, "en": value}
        said = {language: name for language, name in names.items() if isinstance(name, str)}
        if len(said) < len(names) or not said.get("fr", "").strip() or not said.get("en", "").strip():
            self._add("name", _("write the name in both languages, {fr: …, en: …}"))
        elif any(len(name) > _LONGEST_NAME or not name.isprintable() for name in said.values()):
            self._add("name", _("should be one line of at most %(length)s characters"), length=_LONGEST_NAME)
        return said

    def _word(self, within: Mapping[str, Any], key: str, words: type[Word], usual: Word, place: str) -> Word:
        value = within.get(key, usual.value)
        if value not in [word.value for word in words]:
            known = ", ".join(word.value for word in words)
            self._add(f"{place}{key}", _("%(value)r should be one of %(known)s"), value=value, known=known)
            return usual
        return words(value)

    def _truth(self, within: Mapping[str, Any], key: str, place: str) -> bool:
        value = within.get(key, False)
        if not isinstance(value, bool):
            self._add(f"{place}{key}", _("%(value)r should be true or false"), value=value)
            return False
        return value

    def _amount_in(self, content: Mapping[str, Any], section: str, key: str, usual: str) -> str:
        value = self._mapping(content.get(section), section, (key,), f"{section}: {{{key}: '15.00'}}")
        return self._amount(value.get(key, usual), f"{section}.{key}", usual)

    def _amount(self, value: Any, place: str, usual: str = "0.00") -> str:
        if not _is_amount(value, _AMOUNT):
            self._add(place, _("%(value)r should be an amount such as '15.00'"), value=value)
            return usual
        return str(value)

    def _conditions(self, value: Any, place: str) -> Conditions:
        given = self._mapping(value, place, CRITERIA, f"{place}: {{kind: [consumer]}}")
        lists: dict[str, Any] = {
            criterion: self._list(given.get(criterion), f"{place}.{criterion}") for criterion in LISTS
        }
        for criterion, known in (("kind", KINDS), ("payment_method", PAYMENT_METHODS)):
            for entry in lists[criterion]:
                if entry not in known:
                    self._add(
                        f"{place}.{criterion}", _("%(value)r should be one of %(known)s"),
                        value=entry, known=", ".join(known),
                    )  # fmt: skip
        strategic = given.get("strategic")
        if strategic is not None and not isinstance(strategic, bool):
            self._add(f"{place}.strategic", _("%(value)r should be true or false"), value=strategic)
            strategic = None
        return Conditions(
            **lists, **self._amount_band(given, f"{place}.amount"), **self._score_band(given, f"{place}.score"),
            strategic=strategic,
        )  # fmt: skip

    def _list(self, value: Any, place: str) -> tuple[str, ...]:
        chosen = [value] if isinstance(value, str) else value or []
        if not isinstance(chosen, list) or not all(isinstance(entry, str) for entry in chosen):
            self._add(place, _("should be a list of texts"))
            return ()
        return tuple(chosen)

    def _amount_band(self, given: Mapping[str, Any], place: str) -> dict[str, Any]:
        band = self._mapping(given.get("amount"), place, BAND_KEYS, "amount: {min: '50.00', max: '500.00'}")
        low, high = (
            self._amount(band[bound], f"{place}.{bound}") if band.get(bound) is not None else None
            for bound in BAND_KEYS
        )
        if low is not None and high is not None and Decimal(high) <= Decimal(low):
            self._add(f"{place}.max", _("%(high)s should be above min (%(low)s)"), high=high, low=low)
        return {"min_amount": low, "max_amount": high}

    def _score_band(self, given: Mapping[str, Any], place: str) -> dict[str, Any]:
        band = self._mapping(given.get("score"), place, BAND_KEYS, "score: {min: 20, max: 60}")
        bounds: list[int | None] = []
        for bound in BAND_KEYS:
            value = band.get(bound)
            if value is not None and (not _is_whole(value) or abs(value) > _HIGHEST_SCORE):
                self._add(f"{place}.{bound}", _("%(value)r should be a whole number"), value=value)
                value = None
            bounds.append(value)
        low, high = bounds
        if low is not None and high is not None and high <= low:
            self._add(f"{place}.max", _("%(high)s should be above min (%(low)s)"), high=high, low=low)
        return {"min_score": low, "max_score": high}

    def _costs(self, value: Any) -> dict[str, str]:
        given = value if isinstance(value, Mapping) else {}
        if value is not None and not isinstance(value, Mapping):
            self._add("costs", _("should be written as %(example)s"), example="costs: {email: '0.01', letter: '1.20'}")
        costs = {}
        known = sorted({*self.installed.actions, *self.installed.channels, *LATER_ACTIONS, *LATER_CHANNELS} - {"send"})
        for key, cost in given.items():
            if key not in self.installed.channels and key not in known:
                self._add(
                    f"costs.{key}", _("should be a channel or an action; known are %(known)s"), known=", ".join(known)
                )
            elif not _is_amount(cost, _COST):
                self._add(f"costs.{key}", _("%(value)r should be an amount such as '0.05'"), value=cost)
            else:
                costs[key] = str(cost)
        return costs

    def _stages(self, value: Any) -> tuple[Stage, ...]:
        if not isinstance(value, list) or not value:
            self._add("stages", _("at least one stage is needed"))
            return ()
        stages: list[Stage] = []
        for number, entry in enumerate(value, start=1):
            if isinstance(entry, Mapping):
                stages.append(self._stage(entry, f"stages[{number}].", stages))
            else:
                self._add(f"stages[{number}]", _("should be a mapping with code, age and actions"))
        return tuple(stages)

    def _stage(self, entry: Mapping[str, Any], place: str, before: list[Stage]) -> Stage:
        self._only(entry, STAGE_KEYS, place)
        code = self._code(entry.get("code"), f"{place}code")
        age: Any = entry.get("age")
        if not _is_whole(age) or not 1 <= age <= _LATEST_AGE:
            self._add(f"{place}age", _("%(age)r should be a number of days past due, from 1"), age=age)
            age = before[-1].age_days + 1 if before else 1
        elif before and age <= before[-1].age_days:
            self._add(
                f"{place}age", _("%(age)s should be above the stage before it (%(before)s)"),
                age=age, before=before[-1].age_days,
            )  # fmt: skip
        if code and code in {stage.code for stage in before}:
            self._add(f"{place}code", _("%(code)r is used by an earlier stage"), code=code)
        minimum = self._amount(entry.get("min_amount", "0.00"), f"{place}min_amount")
        when = self._conditions(entry.get("when"), f"{place}when")
        if when.max_amount is not None and Decimal(when.max_amount) <= Decimal(minimum):
            self._add(
                f"{place}when.amount.max",
                _("%(high)s should be above min_amount (%(low)s), or the stage would never happen"),
                high=when.max_amount, low=minimum,
            )  # fmt: skip
        return Stage(
            code=code, age_days=age, actions=self._actions(entry.get("actions"), place),
            mandatory=self._truth(entry, "mandatory", place), min_amount=minimum, when=when,
            working_day=self._word(entry, "working_day", WorkingDays, WorkingDays.ON, place),
            done_when=self._word(entry, "done_when", DoneWhen, DoneWhen.PERFORMED, place),
        )  # fmt: skip

    def _actions(self, value: Any, within: str) -> tuple[ActionSpec, ...]:
        if not isinstance(value, list) or not value:
            self._add(f"{within}actions", _("at least one action is needed, for example [{send: {…}}]"))
            return ()
        actions = []
        for number, entry in enumerate(value, start=1):
            place = f"{within}actions[{number}]"
            if not isinstance(entry, Mapping) or len(entry) != 1:
                self._add(place, _("should be one action with its parameters, for example {send: {…}}"))
                continue
            kind, params = next(iter(entry.items()))
            params = {} if params is None else params
            if kind not in self.installed.actions and kind not in LATER_ACTIONS:
                known = ", ".join(sorted({*self.installed.actions, *LATER_ACTIONS}))
                self._add(place, _("%(kind)r is not an action; known are %(known)s"), kind=kind, known=known)
            elif not isinstance(params, Mapping):
                self._add(f"{place}.{kind}", _("should be a mapping of parameters"))
            else:
                self._params(kind, params, f"{place}.{kind}")
                actions.append(ActionSpec(kind, params))
        return tuple(actions)

    def _params(self, kind: str, params: Mapping[str, Any], place: str) -> None:
        """What the action's own file says of its parameters, and whether a message's channels and text are there."""
        if isinstance(self.installed.actions, Mapping) and kind in self.installed.actions:
            for flaw in self.installed.actions[kind].check(params):
                if isinstance(flaw, Flaw):
                    self._add(f"{place}.{flaw.place}", _(flaw.text), **flaw.values)
                else:  # An action from another package may answer in plain sentences.
                    name, _colon, message = flaw.partition(": ")
                    self.wrong.append(Problem(f"{place}.{name}", message))
        if kind == "send":
            self._message(params, place)

    def _message(self, params: Mapping[str, Any], place: str) -> None:
        channel = params.get("channel")
        known = sorted({*self.installed.channels, *LATER_CHANNELS})
        for entry in [channel] if isinstance(channel, str) else channel if isinstance(channel, list) else []:
            if isinstance(entry, str) and entry not in self.installed.channels and entry not in LATER_CHANNELS:
                self._add(
                    f"{place}.channel", _("%(value)r should be one of %(known)s"), value=entry, known=", ".join(known)
                )
        template = params.get("template")
        if isinstance(template, str) and template not in self.installed.templates:
            known = sorted(self.installed.templates)
            self._add(
                f"{place}.template", _("%(value)r should be one of %(known)s"), value=template, known=", ".join(known)
            )


_TYPED = frozenset({"value", "age", "code", "kind"})
"""Values that a person typed, shown as they are in YAML."""


class _Typed:
    """What a person typed, cut to what fits a sentence; nothing, true and false as YAML writes them."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        if self.value is None:
            return _("nothing")
        if isinstance(self.value, bool):
            return str(self.value).lower()
        text = repr(self.value)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"

    __str__ = __repr__


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(pattern.fullmatch(str(value)))
