"""Texts of messages as the house edits them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from relance.outbound.facts.messages import RenderedMessage

Edits = tuple[tuple[str, str], ...]
"""Parts of a text that differ from the standard one: name and words, in the order of the text."""


@dataclass(frozen=True, slots=True)
class PartProblem:
    """Why a part of a text cannot be used: its line (0 for the whole part), what is wrong as a code, and of what.

    Codes: unknown_part, empty, too_long, syntax, unknown_field, wrong_field, not_allowed, no_amount, no_legal_words,
    cannot_be_written.
    """

    part: str
    line: int
    wrong: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TextVersionFacts:
    """One saved version of an edited text; `creditor_id` 0 is for all creditors, an empty `channel` for all channels.

    `parts` are those that differ from the standard text; `ended_at` is None for the one in force.
    """

    id: int
    creditor_id: int
    code: str
    language: str
    channel: str
    number: int
    parts: Mapping[str, str]
    note: str
    saved_by: str
    saved_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class TextPreview:
    """A text as one customer would get it: its words, or the pages of a letter as PNG pictures.

    `is_invented`: no real account was asked for, or it owes nothing, so an invented claim stands in. `length` and
    `segment_count` are what a text message costs.
    """

    words: RenderedMessage
    pages: tuple[bytes, ...]
    is_invented: bool
    length: int
    segment_count: int
