"""Reading YAML strictly, and holding content from any hand to what can be stored."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _

from relance.kit.refusal import Refusal

LARGEST_BYTES = 200_000
"""A scenario is a page of text; whatever is larger is something else."""


DEEPEST_LEVEL = 20
"""How many mappings and lists may stand within each other; what a scenario says takes seven."""


class _Loader(yaml.SafeLoader):
    """YAML in which a number with decimals stays text (money never passes through a float), a key appears once, a whole
    number is decimal (`010` is not eight) and nothing is repeated by reference (a few lines could grow without end).
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, _("references (*name) are not used in scenarios"), mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, _("the key %(key)r is not text") % {"key": key}, key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, _("the key %(key)r appears twice") % {"key": key}, key_node.start_mark
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
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise Refusal(_("a scenario file has at most %(bytes)s bytes") % {"bytes": LARGEST_BYTES})
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with stricter reading
    except yaml.YAMLError as error:
        raise Refusal(
            _("the scenario file is not readable YAML: %(error)s") % {"error": " ".join(str(error).split())}
        ) from None
    except RecursionError:
        raise Refusal(_too_deep()) from None
    if not isinstance(content, dict):
        raise Refusal(_("a scenario file holds one mapping that starts with `code:`"))
    return storable(content)


def storable(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it can be stored and read back. Raises Refusal for characters or numbers that cannot.

    So it does for what is nested deeper than pages and comparisons can follow.
    """
    _refuse_too_deep(content)
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        size = len(text.encode("utf-8"))
    except (TypeError, ValueError, RecursionError):
        raise Refusal(
            _("a scenario holds texts, whole numbers, true and false, lists and mappings, and nothing else")
        ) from None
    if size > LARGEST_BYTES:
        raise Refusal(_("a scenario file has at most %(bytes)s bytes") % {"bytes": LARGEST_BYTES})
    if "\\u0000" in text.replace("\\\\", ""):
        raise Refusal(_("a scenario holds no characters that cannot be shown"))
    return dict(content)


def _refuse_too_deep(content: Mapping[str, Any]) -> None:
    level: list[Any] = [content]
    for _depth in range(DEEPEST_LEVEL):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, Mapping) else value)
            if isinstance(inner, Mapping | list | tuple)
        ]
        if not level:
            return
    raise Refusal(_too_deep())


def _too_deep() -> str:
    return _("a scenario has at most %(levels)s levels of lists and mappings; take out what is nested deeper") % {
        "levels": DEEPEST_LEVEL
    }
