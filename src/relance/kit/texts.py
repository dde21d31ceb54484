"""Texts from outside, made safe to show."""

import re

_DIRECTION_MARKS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_direction_marks(text: str) -> str:
    """The text without the invisible marks that turn the direction of writing and make a text read as another one."""
    return _DIRECTION_MARKS.sub("", text)
