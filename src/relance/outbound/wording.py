"""Renders the texts on the `texts` folder, as plain text or as HTML, in the way a language writes days and amounts.

A text is a folder of the language and a file of the message's code; it fills the blocks of a layout, so each sentence
is written once and serves both forms.
"""

import datetime as dt
import re
import textwrap
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from relance.kit.money import display_amount
from relance.outbound.facts import Edits, MessageContent, NoticeContent
from relance.outbound.payment_code import picture

TEXTS = Path(__file__).parent / "texts"
_WIDTH = 76
_SHORT_DAYS = {"fr": "dd/MM/y", "de": "dd.MM.y", "nl": "dd-MM-y"}
_NO_BREAK = "\u00a0"


def subject(code: str, fields: MessageContent, edits: Edits = ()) -> str:
    """The subject of a message, on one line of plain text."""
    return _head("subject", code, fields, edits)


def short(code: str, fields: MessageContent, edits: Edits = ()) -> str:
    """The short form of a message, as written: one paragraph of plain text."""
    return _head("short", code, fields, edits)


def _head(part: str, code: str, fields: MessageContent, edits: Edits) -> str:
    """A part that stands alone; an edited text has only its own parts, the standard one all of them."""
    own = edits if any(name == part for name, _ in edits) else ()
    template = _template(fields.language, code, "text", own)
    return "".join(template.blocks[part](template.new_context(_variables(fields, "text"))))


def body(code: str, form: str, fields: MessageContent, edits: Edits = ()) -> str:
    """The body of a message; `form` is text or html."""
    return _template(fields.language, code, form, edits).render(_variables(fields, form)).strip() + "\n"


STRONG_STARTS, STRONG_ENDS = "\x02", "\x03"
"""What stands around stressed words of a letter; texts from outside have no control characters left."""
_PART_STARTS, _PART_NAMED = "\x1e", "\x1f"


@lru_cache(maxsize=128)
def letter_parts(code: str, fields: MessageContent, edits: Edits = ()) -> tuple[dict[str, str], list[str]]:
    """The parts of a letter by name (prose with stress marks, labels as `word:<name>`), and the kind of each line.

    A letter asks twice: for the text that is archived, and for its sheets.
    """
    variables = _variables(fields, "letter")
    variables["part"] = lambda name: f"{_PART_STARTS}{name}{_PART_NAMED}"
    written = _template(fields.language, code, "letter", edits).render(variables)
    parts = [part.partition(_PART_NAMED) for part in written.split(_PART_STARTS)[1:]]
    named = {name: text.strip() for name, _, text in parts if name != "line"}
    return named, [text.strip() for name, _, text in parts if name == "line"]


def notice(code: str, fields: NoticeContent) -> tuple[str, str, str]:
    """Subject, plain text and HTML of a notice to staff. Raises LookupError when a field is not given."""
    language = fields.language
    variables: dict[str, Any] = {
        "n": fields,
        "data": fields.data,
        "lang": language,
        "money": lambda minor, currency: money_text(minor, currency, language),
        "day": lambda on: long_day(dt.date.fromisoformat(on) if isinstance(on, str) else on, language),
    }
    plain, page = (_template(language, f"notices/{code}", form) for form in ("text", "html"))
    variables["layout"] = "notice.text.j2"
    subject = "".join(plain.blocks["subject"](plain.new_context(variables)))
    text = plain.render(variables).strip() + "\n"
    variables["layout"] = "notice.html.j2"
    return subject, text, page.render(variables).strip() + "\n"


def _variables(fields: MessageContent, form: str) -> dict[str, Any]:
    language = fields.language
    return {
        "m": fields,
        "lang": language,
        "one": len(fields.lines) == 1,
        "layout": f"layout.{form}.j2",
        "words_file": f"{language}/words.j2",
        "picture": picture,
        "money": lambda minor: money_text(minor, fields.currency, language),
        "day": lambda on: long_day(_given(on), language),
        "short_day": lambda on: short_day(_given(on), language),
    }


def _given(on: dt.date | None) -> dt.date:
    """The day itself; without this check a day that a message lacks would be written as today."""
    if on is None:
        raise ValueError("a day is written that not every message has; ask for it with {% if ... %} first")
    return on


@cache
def _environment(form: str) -> ImmutableSandboxedEnvironment:
    html = form == "html"
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEXTS),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., str]] = {
        "paragraphs": _html_paragraphs if html else _text_paragraphs,
        "strong": _html_strong if html else _letter_strong if form == "letter" else str,
        "grouped": grouped,
        "telephone": _telephone,
        "beside": lambda label, value: f"{label:<30}{value:>24}",
    }
    environment.filters.update(filters)
    return environment


@lru_cache(maxsize=1024)
def _template(language: str, code: str, form: str, edits: Edits = ()) -> Template:
    if not edits:
        return _environment(form).get_template(f"{language}/{code}.j2")
    return _environment(form).from_string(source(code, language, edits, form == "html"))


def source(code: str, language: str, edits: Edits, is_html: bool) -> str:
    """A text that stands on the standard one, with these parts in the place of its own."""
    parts = ((part, _escaped(text) if is_html else text) for part, text in edits)
    blocks = "".join(f"{{% block {part} %}}\n{text}\n{{% endblock %}}\n" for part, text in parts)
    return f'{{% extends "{language}/{code}.j2" %}}\n{blocks}'


def _escaped(text: str) -> str:
    """An edited part with the words between its fields made safe for HTML."""
    tokens = _environment("text").lexer.tokeniter(text, None)
    return "".join(escape(value) if kind == "data" else value for _, kind, value in tokens)


def visible(text: str) -> str:
    """The text with control, direction and line-break characters as plain spaces."""
    return "".join(
        " " if unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else mark for mark in text
    )


def prose(text: str) -> list[str]:
    """The paragraphs of a text, each on one line; an empty line stands between two."""
    found = (part.replace("\n", " ").strip() for part in re.split(r"\n\s*\n", text.strip()))
    return [part for part in found if part]


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, with an ellipsis where some are left out."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text_paragraphs(text: str) -> str:
    return "\n\n".join(map(_wrap, prose(text)))


def _wrap(paragraph: str) -> str:
    return textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _html_paragraphs(html: str) -> Markup:
    parts = (part.strip() for part in re.split(r"\n\s*\n", str(escape(html)).strip()))
    return Markup("\n").join(Markup("<p>{}</p>").format(Markup(part)) for part in parts if part)  # noqa: S704


def _html_strong(value: object) -> Markup:
    return Markup("<strong>{}</strong>").format(value)


def _letter_strong(value: object) -> str:
    return f"{STRONG_STARTS}{value}{STRONG_ENDS}"


def grouped(identifier: str) -> str:
    """An IBAN or RF reference in groups of four, as printed; anything else as it is."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[0-9A-Z]+", identifier):
        return identifier
    return " ".join(re.findall(".{1,4}", identifier))


def _telephone(number: str) -> str:
    return re.sub(r"[^0-9+]", "", number)


@lru_cache(maxsize=4096)
def long_day(on: dt.date, language: str) -> str:
    """A day in full, kept on one line: `1er mars 2026`, `1 March 2026`."""
    text = format_date(on, "d. MMMM y" if language == "de" else "d MMMM y", locale=language)
    if language == "fr" and on.day == 1:
        text = text.replace("1 ", "1er ", 1)
    return text.replace(" ", _NO_BREAK)


@lru_cache(maxsize=4096)
def short_day(on: dt.date, language: str) -> str:
    """A day for a column: `01/03/2026`, `1 Mar 2026`."""
    return format_date(on, _SHORT_DAYS.get(language, "d MMM y"), locale=language).replace(" ", _NO_BREAK)


@lru_cache(maxsize=65_536)
def money_text(minor: int, currency: str, language: str) -> str:
    return display_amount(minor, currency, language)
