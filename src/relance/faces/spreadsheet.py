"""Reports as files of spreadsheets, in which no text that somebody wrote runs as a formula."""

import csv
import io
from decimal import Decimal

from relance.insight.facts import Cell, Sheet
from relance.kit.csv_cells import safe_cell


def csv_bytes(sheet: Sheet) -> bytes:
    """The sheet as UTF-8 CSV. A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode()


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_cell(cell, may_be_number=False)
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def xlsx_bytes(sheet: Sheet) -> bytes:
    """The sheet as a workbook: amounts are numbers, texts are stored as texts and never run as formulas."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    page = workbook.create_sheet("report")
    page.append(list(sheet.columns))
    for row in sheet.rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(page, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, Decimal):
                places = max(0, -int(value.as_tuple().exponent))
                cell.number_format = "#,##0." + "0" * places if places else "#,##0"
            cells.append(cell)
        page.append(cells)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()
