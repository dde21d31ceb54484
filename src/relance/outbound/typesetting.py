"""Typesets letters into one PDF, and says which pages are whose. Runs in a process of its own, which is replaced often:
the typesetter keeps everything it ever laid out.
"""

import datetime as dt
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, Literal

import numpy
import typst
import zxingcpp

from relance.outbound.dots import payment_code_png

_FOLDER = Path(__file__).parent / "texts"
_STANDARD: Literal["a-2b"] = "a-2b"
_CALLS_PER_PROCESS = 6
_STRANGE_SIGNS = 20
"""How many different signs without a glyph are looked for one by one; then all beyond Latin letters are replaced."""
_LATIN_ENDS = 0x250
_SCREEN_DOTS = 110.0
"""Dots an inch of a letter that is shown on a screen."""


@dataclass(frozen=True, slots=True)
class Typeset:
    """Letters as one PDF (PDF/A-2b); `page_counts` says of each letter in turn how many pages it has."""

    pdf: bytes
    page_counts: tuple[int, ...]


class Typesetter:
    """Typesets in a process of its own; use it as a context, and keep to some dozens of letters a call."""

    def __init__(self) -> None:
        self._caller = ThreadPoolExecutor(1)
        self._helper: subprocess.Popen[bytes] | None = None
        self._calls = 0

    def __enter__(self) -> "Typesetter":
        return self

    def __exit__(self, *_: object) -> None:
        self._caller.shutdown(cancel_futures=True)
        self._dismiss()

    def begin(
        self, sheets: Sequence[Mapping[str, Any]], title: str, author: str, made_at: dt.datetime
    ) -> "Future[Typeset]":
        """Start typesetting these letters; the result is that of `typeset`. It raises RuntimeError when that fails."""
        order = {"sheets": sheets, "title": title, "author": author, "made_at": made_at.isoformat()}
        return self._caller.submit(self._ask, json.dumps(order).encode())

    def draw(self, sheet: Mapping[str, Any], made_at: dt.datetime) -> tuple[bytes, ...]:
        """The pages of one letter as PNG pictures, for a screen. Raises RuntimeError when it cannot be typeset."""
        order = {"sheets": [sheet], "title": "", "author": "", "made_at": made_at.isoformat(), "pictures": True}
        drawn = self._caller.submit(self._ask, json.dumps(order).encode()).result()
        ends = list(accumulate(drawn.page_counts))
        return tuple(drawn.pdf[start:end] for start, end in zip([0, *ends], ends, strict=False))

    def _ask(self, order: bytes) -> Typeset:
        if self._calls >= _CALLS_PER_PROCESS:
            self._dismiss()
        if self._helper is None:
            self._helper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._calls = 0
        self._calls += 1
        if self._helper.stdin is None or self._helper.stdout is None:
            raise RuntimeError("the typesetter cannot be talked to")
        try:
            _say(self._helper.stdin, order)
            counts, pdf = json.loads(_hear(self._helper.stdout)), _hear(self._helper.stdout)
        except (OSError, EOFError) as trouble:
            self._dismiss()
            raise RuntimeError("the typesetter broke down; is there memory left?") from trouble
        if not isinstance(counts, list):
            raise RuntimeError(f"the typesetter refused: {counts}")
        return Typeset(pdf, tuple(counts))

    def _dismiss(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.kill()
            helper.communicate()


def _say(stream: IO[bytes], text: bytes) -> None:
    stream.write(len(text).to_bytes(8) + text)
    stream.flush()


def _hear(stream: IO[bytes]) -> bytes:
    """The next thing said. Raises EOFError when nobody is there any more."""
    length = int.from_bytes(_all(stream, 8))
    return _all(stream, length)


def _all(stream: IO[bytes], length: int) -> bytes:
    text = stream.read(length)
    if len(text) < length:
        raise EOFError
    return text


def _serve() -> None:
    """Answer orders from standard input until it ends: page counts (or what is wrong, as text), then the PDF."""
    while True:
        try:
            order = json.loads(_hear(sys.stdin.buffer))
        except EOFError:
            return
        made_at = dt.datetime.fromisoformat(order["made_at"])
        try:
            if order.get("pictures"):
                made = _drawn(order["sheets"], made_at)
            else:
                made = typeset(order["sheets"], order["title"], order["author"], made_at)
        except (RuntimeError, TypeError) as trouble:
            answer = json.dumps(str(trouble)).encode(), b""
        else:
            answer = json.dumps(made.page_counts).encode(), made.pdf
        for part in answer:
            _say(sys.stdout.buffer, part)


def typeset(sheets: Sequence[Mapping[str, Any]], title: str, author: str, made_at: dt.datetime) -> Typeset:
    """One PDF of these letters (see `letters.sheet`), each beginning on a page of its own.

    A letter that turns out longer than its `marks` foresee is set once more with marks for each of its pages. The same
    letters at the same instant are the same bytes.
    """
    sheets = [_with_picture(sheet) for sheet in sheets]
    result = _compiled(sheets, title, author, made_at)
    foreseen = [len(sheet["marks"]) for sheet in sheets]
    if all(marks in (0, pages) for marks, pages in zip(foreseen, result.page_counts, strict=True)):
        return result
    mended = [
        {**sheet, "marks": _marks(sheet["mark"], pages)} if sheet["marks"] else sheet
        for sheet, pages in zip(sheets, result.page_counts, strict=True)
    ]
    return _compiled(mended, title, author, made_at)


def marked(sheet: Mapping[str, Any], mark: str, pages: int) -> dict[str, Any]:
    """The letter with the marks that an inserting machine reads, `<mark>/<page>/<pages>` on each page."""
    return {**sheet, "mark": mark, "marks": _marks(mark, pages)}


def _with_picture(sheet: Mapping[str, Any]) -> Mapping[str, Any]:
    """The letter with its payment code as the bytes of a picture, one pixel for each dot."""
    coupon = sheet["coupon"]
    if not coupon or not coupon["code"]:
        return sheet
    png, _ = payment_code_png(coupon["code"], 1)
    return {**sheet, "coupon": {**coupon, "code": list(png)}}


def _marks(mark: str, pages: int) -> list[list[int]]:
    """A data matrix for each page, as the bytes of a picture: drawing it from lines would take half of all the time."""
    texts = (f"{mark}/{page}/{pages}" for page in range(1, pages + 1))
    return [list(_png(zxingcpp.create_barcode(text, zxingcpp.DataMatrix).to_image(scale=1))) for text in texts]


def _png(image: zxingcpp.Image) -> bytes:
    """A grey picture as a PNG file: head, rows that each begin with a byte for "no filter", end."""
    height, width = image.shape
    flat = numpy.asarray(image).tobytes()
    rows = b"".join(b"\0" + flat[start : start + width] for start in range(0, height * width, width))
    chunks = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _compiled(sheets: Sequence[Mapping[str, Any]], title: str, author: str, made_at: dt.datetime) -> Typeset:
    compiler = _compiler()
    text = json.dumps({"title": title, "author": author, "letters": sheets}, ensure_ascii=False)
    for _ in range(_STRANGE_SIGNS):
        try:
            return _archived(compiler, text, made_at)
        except typst.TypstError as trouble:
            strange = re.search(r'the text `"(.+?)"` could not be displayed', str(trouble))
            if strange is None:
                raise
            # An archive file must not hold a sign that no font of this machine has, and one name must not stop a batch.
            signs = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), strange[1])
            text = text.translate(dict.fromkeys(map(ord, signs), "?"))
    return _archived(compiler, "".join(mark if ord(mark) < _LATIN_ENDS else "?" for mark in text), made_at)


def _drawn(sheets: Sequence[Mapping[str, Any]], made_at: dt.datetime) -> Typeset:
    """The pages as pictures one behind the other, and the length of each in the place of page counts."""
    text = json.dumps({"title": "", "author": "", "letters": [_with_picture(sheet) for sheet in sheets]})
    drawn = _compiler().compile(
        format="png", ppi=_SCREEN_DOTS, sys_inputs={"batch": text}, timestamp=made_at.replace(microsecond=0)
    )
    pages = [drawn] if isinstance(drawn, bytes) else list(drawn or ())
    return Typeset(b"".join(pages), tuple(map(len, pages)))


def _archived(compiler: typst.Compiler, text: str, made_at: dt.datetime) -> Typeset:
    inputs = {"batch": text}
    pdf = compiler.compile(
        sys_inputs=inputs, pdf_standards=[_STANDARD], timestamp=made_at.replace(microsecond=0), pdf_tags=False
    )
    if not isinstance(pdf, bytes):
        raise TypeError("the typesetter gave several documents for one")
    ends = json.loads(compiler.query("<last-page>", field="value"))
    return Typeset(pdf, tuple(end - before for before, end in zip([0, *ends[:-1]], ends, strict=True)))


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_FOLDER / "letter.typ"), root=str(_FOLDER))


if __name__ == "__main__":
    _serve()
