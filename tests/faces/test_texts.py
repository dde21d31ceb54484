"""Amounts as typed, cells of an export, and a French text for everything the desk says."""

import io

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.csv_export import csv_lines, safe_cell
from relance.kit.money import AmountError
from tests.faces.catalogue import CATALOGUE, texts


@pytest.mark.parametrize(
    ("typed", "currency", "language", "minor"),
    [
        ("12.34", "EUR", "en", 1234), ("12.34", "EUR", "fr", 1234), ("12,34", "EUR", "fr", 1234), ("12,3", "EUR", "fr", 1230),
        ("1 234,50", "EUR", "fr", 123450), ("1\u202f234,50 €", "EUR", "fr", 123450), ("€12", "EUR", "en", 1200),
        ("1500", "JPY", "fr", 1500), ("1,500", "KWD", "fr", 1500),
    ],
)  # fmt: skip
def test_amounts_that_can_mean_one_thing(typed: str, currency: str, language: str, minor: int) -> None:
    assert typed_amount(typed, currency, language) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "language"),
    [
        ("12,34", "EUR", "en"), ("1,234", "EUR", "fr"), ("1.234,50", "EUR", "fr"), ("1,234.50", "EUR", "en"), ("", "EUR", "fr"),
        ("12 34", "EUR", "fr"), ("1 234.50", "EUR", "en"), ("0,00", "EUR", "fr"), ("-1", "EUR", "fr"), ("1e3", "EUR", "en"),
        ("12,5", "JPY", "fr"), ("١٢", "EUR", "fr"),
    ],
)  # fmt: skip
def test_other_amounts_are_refused(typed: str, currency: str, language: str) -> None:
    with pytest.raises(AmountError):
        typed_amount(typed, currency, language)


@pytest.mark.parametrize("cell", ["=1+1", "+33 1 99", "-cmd", "@sum", "\tx", "-1.2.3", "--1", "-"])
def test_formulas_are_disarmed(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["12.34", "-12.34", "-5", "Alice", "", "a=b"])
def test_other_cells_stay(cell: str) -> None:
    assert safe_cell(cell) == cell


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


def test_the_compiled_catalogue_is_the_text_one() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue()
