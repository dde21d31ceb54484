"""Checks that actions share about their parameters in a scenario; each answer is a sentence that names the place.

Actions are pure and know no reader's language: a `Flaw` is the English sentence, and keeps what it was made of, so that the
scenario file can say it in another one.
"""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

_AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,3})?")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


class Flaw(str):
    """What is wrong with a parameter, as `place: message`; `text` is the message before `values` are put in."""

    place: str
    text: str
    values: Mapping[str, Any]

    def __new__(cls, place: str, text: str, **values: Any) -> "Flaw":
        """The sentence about the parameter `place`."""
        made = super().__new__(cls, f"{place}: {text % values}")
        made.place, made.text, made.values = place, text, values
        return made


def unknown(params: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """One sentence for each parameter that the action does not take."""
    if not known:
        return [Flaw(key, _("unknown; this action takes no parameters")) for key in params]
    told = ", ".join(known)
    return [Flaw(key, _("unknown; known here are %(known)s"), known=told) for key in params if key not in known]


def wrong_amount(value: Any, place: str) -> list[str]:
    """What is wrong with an amount above zero, written as a decimal string or a whole number."""
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or not _AMOUNT.fullmatch(text) or not Decimal(text):
        return [Flaw(place, _("%(value)r should be an amount above zero such as '15.00'"), value=value)]
    return []


def wrong_code(value: Any, place: str, longest: int, example: str) -> list[str]:
    """What is wrong with a short name of lower-case letters, digits, - and _."""
    if not isinstance(value, str) or len(value) > longest or not _CODE.fullmatch(value):
        told = _(
            "%(value)r should be a name of at most %(length)s lower-case letters, digits, - and _, for example %(example)s"
        )
        return [Flaw(place, told, value=value, length=longest, example=example)]
    return []


def wrong_text(value: Any, place: str, longest: int) -> list[str]:
    """What is wrong with a line of text for staff; empty text is fine."""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        return [Flaw(place, _("%(value)r should be one line of text, at most %(length)s characters"), value=value,
                     length=longest)]  # fmt: skip
    return []
