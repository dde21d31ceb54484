"""Scenario files: YAML in and out, with errors that name the place and what would be right."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from relance.dunning.facts import ActionSpec, AppliesTo, ScenarioFacts, Stage
from relance.kit.refusal import Refusal
from relance.ledger.facts import Level

_TOP_KEYS = ("code", "name", "level", "applies_to", "priority", "enter", "leave", "stages")
_STAGE_KEYS = ("code", "age", "mandatory", "min_amount", "actions")
_CRITERIA = ("kind", "segment", "credit_class", "payment_method")
_KINDS = ("consumer", "business", "public")
_PAYMENT_METHODS = ("direct_debit", "card", "gocardless", "transfer", "cheque", "cash")
_CODE = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")

LATER_ACTIONS = frozenset(
    {"late_fee", "indemnity", "interest", "task", "restrict", "place", "review", "notify", "webhook"}
)
"""Action names that scenarios may hold today although their file is not on the shelf yet: such an action is planned,
then refused with the reason `not_installed`, and the desk shows it."""

LATER_CHANNELS = frozenset({"sms", "letter", "registered_letter", "voice", "call", "meeting"})


class _Loader(yaml.SafeLoader):
    """YAML in which a number with decimals stays text (money never passes through a float), a key appears once, a whole
    number is decimal (`010` is not eight) and nothing is repeated by reference (a few lines could grow without end).
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "references (*name) are not used in scenarios", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} appears twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_LEFT_AS_TEXT = {"tag:yaml.org,2002:float", "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _LEFT_AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]{0,17})$"), list("-0123456789"))  # type: ignore[no-untyped-call]


def read_content(text: str) -> dict[str, Any]:
    """The mapping in a scenario file. Raises Refusal when it is not YAML or not one mapping."""
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with stricter reading
    except yaml.YAMLError as error:
        raise Refusal(f"the scenario file is not readable YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise Refusal("a scenario file holds one mapping that starts with `code:`")
    return content


def write_content(content: Mapping[str, Any]) -> str:
    """The scenario as YAML, keys in the order of the documentation."""
    ordered = {key: content[key] for key in _TOP_KEYS if key in content}
    for key, order in (("name", ("fr", "en")), ("applies_to", _CRITERIA)):
        if isinstance(ordered.get(key), dict):
            ordered[key] = {name: ordered[key][name] for name in (*order, *ordered[key]) if name in ordered[key]}
    ordered["stages"] = [
        {name: stage[name] for name in _STAGE_KEYS if name in stage} for stage in ordered.get("stages", [])
    ]
    return yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=140, default_flow_style=None)


def parse(
    content: Mapping[str, Any], actions: Collection[str], channels: Collection[str], templates: Collection[str]
) -> ScenarioFacts:
    """A scenario from its content, checked whole. `actions`, `channels` and `templates` are what is installed.

    Raises Refusal with one sentence per thing that is wrong, each naming its place.
    """
    return _Parser(actions, channels, templates).scenario(content)


class _Parser:
    def __init__(self, actions: Collection[str], channels: Collection[str], templates: Collection[str]) -> None:
        self.actions, self.channels, self.templates = actions, channels, templates
        self.wrong: list[str] = []

    def scenario(self, content: Mapping[str, Any]) -> ScenarioFacts:
        self._only(content, _TOP_KEYS, "")
        code = self._code(content.get("code"), "code")
        level = content.get("level", "account")
        if level not in ("account", "invoice"):
            self.wrong.append(f"level: {level!r} should be account or invoice")
            level = "account"
        priority = content.get("priority", 0)
        if not isinstance(priority, int) or isinstance(priority, bool):
            self.wrong.append(f"priority: {priority!r} should be a whole number")
            priority = 0
        enter = self._amount_in(content, "enter", "min_amount", "0.01")
        leave = self._amount_in(content, "leave", "max_amount", "0.00")
        if Decimal(leave) >= Decimal(enter):
            self.wrong.append(
                f"leave.max_amount: {leave} should be below enter.min_amount ({enter}), or an episode would open and "
                "close on the same debt"
            )
        stages = self._stages(content.get("stages"))
        applies_to = self._applies_to(content.get("applies_to") or {})
        name = content.get("name", code)
        names = name if isinstance(name, dict) else {"fr": name, "en": name}
        if not all(isinstance(value, str) for value in names.values()) or not {"fr", "en"} <= set(names):
            self.wrong.append("name: write the name in both languages, {fr: …, en: …}")
        if self.wrong:
            raise Refusal(f"scenario {code or '?'}: " + "; ".join(self.wrong))
        return ScenarioFacts(
            version_id=0, code=code, version=0, name=names, level=Level(level), applies_to=applies_to,
            priority=priority, enter_min_amount=enter, leave_max_amount=leave, stages=stages, content=dict(content),
        )  # fmt: skip

    def _only(self, mapping: Mapping[str, Any], known: Collection[str], place: str) -> None:
        for key in mapping:
            if key not in known:
                self.wrong.append(f"{place}{key}: unknown; known here are {', '.join(known)}")

    def _code(self, value: Any, place: str) -> str:
        if not isinstance(value, str) or not _CODE.match(value):
            self.wrong.append(f"{place}: {value!r} should be a short name of lower-case letters, digits, - and _")
            return ""
        return value

    def _amount_in(self, content: Mapping[str, Any], section: str, key: str, default: str) -> str:
        value = content.get(section) or {}
        if not isinstance(value, dict):
            self.wrong.append(f"{section}: write {section}: {{{key}: '15.00'}}")
            return default
        self._only(value, (key,), f"{section}.")
        return self._amount(value.get(key, default), f"{section}.{key}", default)

    def _amount(self, value: Any, place: str, default: str = "0.00") -> str:
        text = str(value)
        try:
            if isinstance(value, bool) or not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", text):
                raise InvalidOperation
            Decimal(text)
        except InvalidOperation:
            self.wrong.append(f"{place}: {value!r} should be an amount such as '15.00'")
            return default
        return text

    def _applies_to(self, value: Any) -> AppliesTo:
        if not isinstance(value, dict):
            self.wrong.append("applies_to: write a mapping of criteria, for example {kind: [consumer]}")
            return AppliesTo((), (), (), ())
        self._only(value, _CRITERIA, "applies_to.")
        lists: dict[str, tuple[str, ...]] = {}
        for criterion in _CRITERIA:
            chosen = value.get(criterion) or []
            chosen = [chosen] if isinstance(chosen, str) else chosen
            if not isinstance(chosen, list) or not all(isinstance(entry, str) for entry in chosen):
                self.wrong.append(f"applies_to.{criterion}: should be a list of texts")
                chosen = []
            lists[criterion] = tuple(chosen)
        for criterion, known in (("kind", _KINDS), ("payment_method", _PAYMENT_METHODS)):
            for entry in lists[criterion]:
                if entry not in known:
                    self.wrong.append(f"applies_to.{criterion}: {entry!r} should be one of {', '.join(known)}")
        return AppliesTo(**lists)

    def _stages(self, value: Any) -> tuple[Stage, ...]:
        if not isinstance(value, list) or not value:
            self.wrong.append("stages: at least one stage is needed")
            return ()
        stages: list[Stage] = []
        for number, entry in enumerate(value, start=1):
            place = f"stages[{number}]."
            if not isinstance(entry, dict):
                self.wrong.append(f"{place[:-1]}: should be a mapping with code, age and actions")
                continue
            self._only(entry, _STAGE_KEYS, place)
            code = self._code(entry.get("code"), f"{place}code")
            age = entry.get("age")
            if not isinstance(age, int) or isinstance(age, bool) or not 1 <= age <= 3650:
                self.wrong.append(f"{place}age: {age!r} should be a number of days past due, from 1")
                age = 1
            if stages and age <= stages[-1].age_days:
                self.wrong.append(f"{place}age: {age} should be above the stage before it ({stages[-1].age_days})")
            if code and code in {stage.code for stage in stages}:
                self.wrong.append(f"{place}code: {code!r} is used by an earlier stage")
            mandatory = entry.get("mandatory", False)
            if not isinstance(mandatory, bool):
                self.wrong.append(f"{place}mandatory: {mandatory!r} should be true or false")
                mandatory = False
            minimum = self._amount(entry.get("min_amount", "0.00"), f"{place}min_amount")
            actions = self._actions(entry.get("actions"), place)
            stages.append(Stage(code, age, actions, mandatory, minimum))
        return tuple(stages)

    def _actions(self, value: Any, place: str) -> tuple[ActionSpec, ...]:
        if not isinstance(value, list) or not value:
            self.wrong.append(f"{place}actions: at least one action is needed, for example [{{send: {{…}}}}]")
            return ()
        actions = []
        for number, entry in enumerate(value, start=1):
            where = f"{place}actions[{number}]"
            if not isinstance(entry, dict) or len(entry) != 1:
                self.wrong.append(f"{where}: should be one action with its parameters, for example {{send: {{…}}}}")
                continue
            kind, params = next(iter(entry.items()))
            params = {} if params is None else params
            if kind not in self.actions and kind not in LATER_ACTIONS:
                known = ", ".join(sorted({*self.actions, *LATER_ACTIONS}))
                self.wrong.append(f"{where}: {kind!r} is not an action; known are {known}")
            elif not isinstance(params, dict):
                self.wrong.append(f"{where}.{kind}: should be a mapping of parameters")
            else:
                if kind == "send":
                    self._send(params, f"{where}.send")
                actions.append(ActionSpec(kind, params))
        return tuple(actions)

    def _send(self, params: Mapping[str, Any], where: str) -> None:
        self._only(params, ("channel", "template"), f"{where}.")
        channel = params.get("channel")
        channels = [channel] if isinstance(channel, str) else channel
        if not isinstance(channels, list) or not channels:
            self.wrong.append(f"{where}.channel: should be a channel or a list of them, for example email")
        else:
            known = sorted({*self.channels, *LATER_CHANNELS})
            for entry in channels:
                if entry not in self.channels and entry not in LATER_CHANNELS:
                    self.wrong.append(f"{where}.channel: {entry!r} should be one of {', '.join(known)}")
        template = params.get("template")
        if template not in self.templates:
            self.wrong.append(f"{where}.template: {template!r} should be one of {', '.join(sorted(self.templates))}")
