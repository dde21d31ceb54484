"""Amounts as typed, cells of an export, and a French text for everything the desk says."""

import ast
import datetime as dt

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils import translation

from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.csv_export import csv_lines
from relance.faces.desk.templatetags.desk import day, long_day
from relance.kit.csv_cells import safe_cell
from relance.kit.money import AmountError
from tests.faces.catalogue import CATALOGUE, ROOT, texts

LEDGER = ROOT / "ledger"


@pytest.mark.parametrize(
    ("typed", "currency", "language", "minor"),
    [
        ("12.34", "EUR", "en", 1234),
        ("12.34", "EUR", "fr", 1234),
        ("12,34", "EUR", "fr", 1234),
        ("12,3", "EUR", "fr", 1230),
        ("1 234,50", "EUR", "fr", 123450),
        ("1\u202f234,50 €", "EUR", "fr", 123450),
        ("€12", "EUR", "en", 1200),
        ("1500", "JPY", "fr", 1500),
        ("1,500", "KWD", "fr", 1500),
    ],
)
def test_amounts_that_can_mean_one_thing(typed: str, currency: str, language: str, minor: int) -> None:
    assert typed_amount(typed, currency, language) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "language"),
    [
        ("12,34", "EUR", "en"),
        ("1,234", "EUR", "fr"),
        ("1.234,50", "EUR", "fr"),
        ("1,234.50", "EUR", "en"),
        ("", "EUR", "fr"),
        ("12 34", "EUR", "fr"),
        ("1 234.50", "EUR", "en"),
        ("0,00", "EUR", "fr"),
        ("-1", "EUR", "fr"),
        ("1e3", "EUR", "en"),
        ("12,5", "JPY", "fr"),
        ("١٢", "EUR", "fr"),
    ],
)
def test_other_amounts_are_refused(typed: str, currency: str, language: str) -> None:
    with pytest.raises(AmountError):
        typed_amount(typed, currency, language)


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+33 1 99",
        "-cmd",
        "@sum",
        "\tx",
        "\n=1",
        "-1.2.3",
        "--1",
        "-",
        "\uff1d1",
        "\uff0bx",
        "\uff20x",
        "\uff0dx",
    ],
)
def test_formulas_are_disarmed(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("Zoe;=1+1", "Zoe;'=1+1"), ("a; -b", "a; '-b"), ("a\n@b\t=c", "a\n'@b\t'=c"), ("A;B - C", "A;B - C")],
)
def test_formulas_behind_what_parts_cells_are_disarmed(cell: str, kept: str) -> None:
    assert safe_cell(cell) == kept


@pytest.mark.parametrize("cell", ["12.34", "-12.34", "-5", "Alice", "", "a=b"])
def test_other_cells_stay(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_marks_of_writing_direction_are_taken_out() -> None:
    assert safe_cell("invoice\u202egpj.exe\u202c \u2066a\u2069\u200f\u200eb\u061c") == "invoicegpj.exe ab"
    assert safe_cell("\u202e=1+1") == "'=1+1"


def test_csv_lines_are_utf8_with_a_mark() -> None:
    assert b"".join(csv_lines([["é", 'a"b', "x\ny"]])) == b'\xef\xbb\xbf\xc3\xa9,"a""b","x\ny"\r\n'


def test_everything_is_said_in_french_too() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    missing = []
    for context, text, plural in texts():
        found = catalogue.get(text, context)
        translations = () if found is None else (found.string if isinstance(found.string, tuple) else (found.string,))
        if not translations or not all(translations) or (plural and len(translations) != 2):
            missing.append(text)
    assert missing == []


def test_the_ledger_asks_for_every_sentence_it_refuses_with() -> None:
    untold = [
        f"{path.relative_to(LEDGER)}:{call.lineno}"
        for path in sorted(LEDGER.rglob("*.py"))
        # What an import rejects is told to the sender of the file, not to a reader of the desk.
        if "imports" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and called(call) in REFUSING and any(map(is_untold, call.args))
    ]
    assert untold == []


REFUSING = {"Refusal", "JournalBusy", "refuse_without_reason", "refuse_held", "open_items_at_hand", "_refuse_second"}
"""What in the ledger takes a sentence, or words of one, for a reader."""


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_untold(node: ast.expr) -> bool:
    """Whether a text is written as it is, not asked for with gettext; names of charges are no sentences."""
    if isinstance(node, ast.BinOp):
        return is_untold(node.left)
    if isinstance(node, ast.Call):
        return called(node) == "str" or (isinstance(node.func, ast.Attribute) and is_untold(node.func.value))
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value
    return isinstance(node, ast.JoinedStr)


@pytest.mark.parametrize(
    ("source", "untold"),
    [
        ("_('a b')", False), ("_('%(a)s b') % {'a': 1}", False), ("sentence", False), ("'late_fee'", False),
        ("'a b'", True), ("f'{a} b'", True), ("'%s b' % a", True), ("str(error)", True), ("'{} b'.format(a)", True),
    ],
)  # fmt: skip
def test_plain_sentences_are_found(source: str, untold: bool) -> None:
    assert is_untold(ast.parse(source, mode="eval").body) is untold


def test_the_compiled_catalogue_is_the_text_one() -> None:
    with CATALOGUE.open("rb") as file:
        written = entries(read_po(file, locale="fr"))
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert entries(read_mo(file)) == written


def entries(catalogue: Catalog) -> dict[tuple[str | None, str], tuple[str, ...]]:
    """The translations of a catalogue by context and text."""
    found = {}
    for message in catalogue:
        if message.id:
            text = message.id if isinstance(message.id, str) else message.id[0]
            context = message.context.decode() if isinstance(message.context, bytes) else message.context
            found[context, text] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


def test_the_first_of_a_month_is_counted_in_french() -> None:
    with translation.override("fr"):
        assert day(dt.date(2025, 4, 1)) == "1er avr. 2025"
        assert long_day(dt.date(2025, 4, 1)) == "mardi 1er avril 2025"
        assert day(dt.date(2025, 4, 11)) == "11 avr. 2025"
    with translation.override("en"):
        assert day(dt.date(2025, 4, 1)) == "1 Apr 2025"
