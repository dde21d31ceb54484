"""Cells of CSV files that a spreadsheet opens safely, whatever customers wrote into them."""

import re

from relance.kit.texts import without_direction_marks

_FORMULA = "=+@\\-\uff1d\uff0b\uff20\uff0d"
"""What begins a formula; the wide ones do so in some languages of a spreadsheet."""
_BEGINS_A_FORMULA = re.compile(f"[{_FORMULA}\t\r\n]")
_BEGINS_ONE_WITHIN = re.compile(f"(?<!^)([;\t\r\n]\\s*)(?=[{_FORMULA}])")
"""Some spreadsheets part cells at semicolons, tabs and line ends even where the file's cells are parted by commas."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?")


def safe_cell(text: str, *, may_be_number: bool = True) -> str:
    """The cell without marks of writing direction, which make a text read as another one, and with an apostrophe wherever
    a spreadsheet would take what follows for a formula; plain numbers stay,
    unless the column is one of texts only.
    """
    text = without_direction_marks(text)
    if may_be_number and _NUMBER.fullmatch(text):
        return text
    text = _BEGINS_ONE_WITHIN.sub(r"\1'", text)
    return "'" + text if _BEGINS_A_FORMULA.match(text) else text
