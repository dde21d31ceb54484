"""Lists as CSV that a spreadsheet opens safely."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

from relance.kit.csv_cells import safe_cell

BYTE_ORDER_MARK = "\ufeff"


class _Line:
    """A file that keeps only what was written last."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def csv_download(rows: Iterable[Iterable[str]], name: str) -> StreamingHttpResponse:
    """The rows as a CSV file to keep under this name, sent row by row."""
    return download(csv_lines(rows), "text/csv; charset=utf-8", name)


def download(lines: Iterable[bytes], kind: str, name: str) -> StreamingHttpResponse:
    """A file of this content type to keep under this name, sent line by line."""
    response = StreamingHttpResponse(lines, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """The rows as UTF-8 CSV lines, one by one; the mark in front makes spreadsheets read the accents."""
    line = _Line()
    writer = csv.writer(line)
    yield BYTE_ORDER_MARK.encode()
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        yield line.text.encode()
