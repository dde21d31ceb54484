"""House edits of the standard texts: what an edited part may say, checked when it is saved, and how it takes the place of
the standard one. Pure.

Whoever edits a text is trusted with words, not with code: only the fields of a message, a few ways to write them, and
conditions are let in, everything else is refused by name. What stands between them is plain text, in HTML too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relance.outbound import wording
from relance.outbound.facts import ClaimLine, Edits, MessageContent, PartProblem

LONGEST = {"subject": 600, "title": 400, "short": 1200}
LONGEST_OTHERWISE = 6000
MAY_BE_EMPTY = frozenset({"contact"})
HEAD_PARTS = frozenset({"subject", "short"})
"""Parts that stand alone, so the shared words of a language (`words`) are not at hand in them."""

LEGAL_WORDS = {
    "formal_notice": {"fr": "mise en demeure", "en": "formal notice", "de": "mahnung", "nl": "aanmaning"},
}
"""Words without which a text is not what the law calls it (French Code civil, art. 1344; Commercial Code, D. 441-5)."""

_FIELDS = frozenset(field.name for field in fields(MessageContent))
_LINE_FIELDS = frozenset(field.name for field in fields(ClaimLine))
_WRITERS = {"money": "_minor", "day": "_on", "short_day": "_on"}
"""Functions of a text, and how the name of the field ends that each writes."""
_FILTERS = frozenset({"strong", "grouped", "length", "upper", "lower", "trim"})
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.List, nodes.Tuple, nodes.Neg,
)  # fmt: skip
_BLOCK = re.compile(r"{% block (\w+) %}(.*?){% endblock %}", re.DOTALL)
_KEPT_BY_US = frozenset({"accent"})


@cache
def standard_parts(code: str, language: str) -> Mapping[str, str]:
    """The parts of a standard text as they are written, in the order of its file. Raises LookupError for no such text."""
    path = wording.TEXTS / language / f"{code}.j2"
    if not re.fullmatch(r"[a-z_]+", code) or not path.is_file():
        raise LookupError(f"there is no text {code!r} in {language!r}")
    return {name: text.strip("\n") for name, text in _BLOCK.findall(path.read_text("utf-8")) if name not in _KEPT_BY_US}


def changed_parts(code: str, language: str, parts: Mapping[str, str]) -> Edits:
    """The parts that differ from the standard text, cleaned of what cannot be seen, in the order of the text."""
    standard = standard_parts(code, language)
    cleaned = {name: tidy(text) for name, text in parts.items()}
    return tuple((name, cleaned[name]) for name in standard if cleaned.get(name, standard[name]) != standard[name])


def tidy(text: str) -> str:
    """A part without control and direction characters, its line ends plain and none at its ends."""
    lines = (wording.visible(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


def problems(code: str, language: str, edits: Edits) -> list[PartProblem]:
    """What keeps these parts from being used, part by part; none for a text that can be written for every customer.

    Whether it can be written is not asked here: see `samples.trials`.
    """
    standard = standard_parts(code, language)
    found: list[PartProblem] = []
    for part, text in edits:
        if part not in standard:
            found.append(PartProblem(part, 0, "unknown_part", part))
        elif not text.strip() and part not in MAY_BE_EMPTY:
            found.append(PartProblem(part, 0, "empty"))
        elif len(text) > LONGEST.get(part, LONGEST_OTHERWISE):
            found.append(PartProblem(part, 0, "too_long", str(LONGEST.get(part, LONGEST_OTHERWISE))))
        else:
            found += _problems_of(part, text)
    whole = {**standard, **dict(edits)}
    if "m.total_minor" not in whole["short"]:
        found.append(PartProblem("short", 0, "no_amount"))
    needed = LEGAL_WORDS.get(code, {}).get(language, "")
    if needed not in f"{whole['title']}\n{whole['opening']}".lower():
        found.append(PartProblem("title", 0, "no_legal_words", needed))
    return found


def _problems_of(part: str, text: str) -> list[PartProblem]:
    try:
        tree = _grammar().parse(text)
    except TemplateSyntaxError as trouble:
        return [PartProblem(part, trouble.lineno, "syntax", str(trouble.message))]
    except TemplateError as trouble:
        return [PartProblem(part, 0, "syntax", str(trouble))]
    except RecursionError:
        return [PartProblem(part, 0, "syntax", "too deeply nested")]
    return [PartProblem(part, *found) for found in _strangers(tree, part, frozenset())]


def _strangers(node: nodes.Node, part: str, lines: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """What is not let in, as line, what is wrong and its name; `lines` are the names that stand for one invoice here."""
    match node:
        case nodes.For():
            if (
                node.recursive
                or node.else_
                or node.test
                or not isinstance(node.target, nodes.Name)
                or _field_of(node.iter) != "lines"
            ):
                yield node.lineno, "not_allowed", "for"
            else:
                inner = lines | {node.target.name}
                for child in node.body:
                    yield from _strangers(child, part, inner)
            return
        case nodes.Getattr():
            yield from _unknown_field(node, lines)
            return
        case nodes.Name():
            if node.name != "one":
                yield node.lineno, "unknown_field", node.name
            return
        case nodes.Call():
            yield from _strange_call(node, part, lines)
            return
        case nodes.Filter():
            if node.name not in _FILTERS or node.args or node.kwargs or node.node is None:
                yield node.lineno, "not_allowed", node.name
                return
        case _ if not isinstance(node, _PLAIN):
            yield node.lineno, "not_allowed", type(node).__name__.lower()
            return
    for child in node.iter_child_nodes():
        yield from _strangers(child, part, lines)


def _field_of(node: nodes.Node) -> str:
    """The field of a message that this is, empty when it is none."""
    is_field = isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "m"
    return node.attr if is_field and isinstance(node, nodes.Getattr) else ""


def _unknown_field(node: nodes.Getattr, lines: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    owner = node.node
    if isinstance(owner, nodes.Name) and owner.name == "m":
        if node.attr not in _FIELDS:
            yield node.lineno, "unknown_field", f"m.{node.attr}"
    elif (isinstance(owner, nodes.Name) and owner.name in lines) or _is_first_line(owner):
        if node.attr not in _LINE_FIELDS:
            yield node.lineno, "unknown_field", node.attr
    else:
        yield node.lineno, "unknown_field", node.attr


def _is_first_line(node: nodes.Node) -> bool:
    """`m.lines[0]`: every message has a first line, and only that one for certain."""
    return (
        isinstance(node, nodes.Getitem)
        and _field_of(node.node) == "lines"
        and isinstance(node.arg, nodes.Const)
        and node.arg.value == 0
        and node.arg.value is not False
    )


def _strange_call(node: nodes.Call, part: str, lines: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    called = node.node
    if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name) and called.node.name == "words":
        if called.attr != "next_step" or node.args or node.kwargs or part in HEAD_PARTS:
            yield node.lineno, "not_allowed", f"words.{called.attr}"
        return
    name = called.name if isinstance(called, nodes.Name) else ""
    if name not in _WRITERS or len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield node.lineno, "not_allowed", name or "call"
        return
    written = node.args[0]
    if not isinstance(written, nodes.Getattr) or not written.attr.endswith(_WRITERS[name]):
        yield node.lineno, "wrong_field", name
        return
    yield from _unknown_field(written, lines)


@cache
def _grammar() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment()


@dataclass(frozen=True, slots=True)
class Edition:
    """The house edits in force: by creditor (0 for all), text, language and channel (empty for all)."""

    texts: Mapping[tuple[int, str, str, str], tuple[int, Edits]]

    def of(self, creditor_id: int, code: str, language: str, channel: str) -> tuple[int, Edits]:
        """Id and parts of the edit to write with, the nearest one first; 0 and none for the standard text."""
        for owner in (creditor_id, 0):
            for way in (channel, ""):
                found = self.texts.get((owner, code, language, way))
                if found is not None:
                    return found
        return 0, ()


STANDARD = Edition({})
