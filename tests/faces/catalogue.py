"""Collects the texts that the desk and the rooms behind it ask gettext for, from Python and templates, without outside
tools.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from django.utils.translation.template import templatize

import relance

ROOT = Path(relance.__file__).parent
FOLDERS = (
    ROOT / "faces" / "desk",
    ROOT / "staff",
    ROOT / "ledger",
    ROOT / "cycle",
    ROOT / "customers",
    ROOT / "outbound",
    ROOT / "worklist",
    ROOT / "arrangements",
    ROOT / "dunning",
)
CATALOGUE = FOLDERS[0] / "locale" / "fr" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

Text = tuple[str | None, str, str | None]


def texts() -> Iterator[Text]:
    """Context, text and plural of everything that is marked for translation."""
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".py" and "migrations" not in path.parts:
                source = path.read_text(encoding="utf-8")
            elif path.suffix == ".html":
                source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            else:
                continue
            for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
                single, plural = message if isinstance(message, tuple) else (message, None)
                if single:
                    yield context, single, plural
