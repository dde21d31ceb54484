"""Work in the reader's words: what kinds are called, what may come of them, what happened."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import language
from relance.worklist import queries as worklist
from relance.worklist.facts import WorkItemFacts


@dataclass(frozen=True, slots=True)
class WorkWords:
    """What a line of the list says beside the facts of its item. `is_late` when its day has passed."""

    work: WorkItemFacts
    kind: str
    outcome: str
    is_late: bool


def in_words(titles: Mapping[str, str], code: str) -> str:
    """The title in the reader's language, else in English, else the code made readable."""
    return titles.get(language()) or titles.get("en") or code.replace("_", " ").capitalize()


def kind_title(code: str) -> str:
    """What a kind of work is called; one that is not installed by its code."""
    kinds = worklist.kinds()
    return in_words(kinds[code].title if code in kinds else {}, code)


def outcome_title(kind: str, outcome: str) -> str:
    """What came of work, in words; nothing for work that is open."""
    if not outcome:
        return ""
    titles = {entry.code: entry.title for entry in worklist.kind(kind).outcomes}
    return in_words(titles[outcome], outcome) if outcome in titles else label("work_outcome", outcome)


def outcome_choices(kind: str) -> list[tuple[str, str]]:
    """The outcomes that this kind of work may be closed with, to choose from."""
    return [
        ("", _("Choose…")),
        *((entry.code, in_words(entry.title, entry.code)) for entry in worklist.kind(kind).outcomes),
    ]


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of work, to choose from, by their titles."""
    return sorted(
        ((code, in_words(kind.title, code)) for code, kind in worklist.kinds().items()), key=lambda entry: entry[1]
    )


def what_to_do(kind: str, title: str) -> str:
    """The work in one line: what was asked for, else what its kind is called."""
    return title or kind_title(kind)


def said_rows(rows: Sequence[WorkItemFacts], today: dt.date) -> list[WorkWords]:
    """Items of work with their words, for a list."""
    return [
        WorkWords(
            work,
            kind_title(work.kind),
            outcome_title(work.kind, work.outcome),
            work.is_late(today),
        )
        for work in rows
    ]
