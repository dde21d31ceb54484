"""A CSV file before anything is written: is it UTF-8, are its columns known, what are its bytes.

Whatever is wrong with the file as a whole is a Refusal here, so that a run can look at all its files first.
"""

import codecs
import difflib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relance.kit.refusal import Refusal
from relance.kit.staging.columns import Column
from relance.kit.staging.records import BadRecord, split_records

CHUNK_BYTES = 1 << 20
_EDGE_SPACES = (b", ", b" ,", b" \n", b"\n ", b" \r", b'" ', b' "', b"\t")


@dataclass(frozen=True, slots=True)
class FileHead:
    """A readable file: its columns in their order and the hash of its bytes.

    `spaced` says that some cell may begin or end with a space, which staging then takes off.
    """

    path: Path
    columns: tuple[str, ...]
    content_hash: str
    spaced: bool
    size_bytes: int


def inspect(path: Path, columns: Sequence[Column], progress: Callable[[int], None] | None = None) -> FileHead:
    """Read the file once: header against the declared columns, encoding to the last byte, hash.

    Raises Refusal with one sentence that names the file, what is wrong and what would be right. `progress` hears the
    number of bytes of each piece read.
    """
    try:
        content_hash, spaced, size = _scan(path, progress)
        header = _header(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror or error}") from error
    _check_header(path, header, columns)
    return FileHead(path, tuple(header), content_hash, spaced, size)


def content(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces, without byte order mark and without the empty lines at its end."""
    held = b""
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        while chunk := stream.read(CHUNK_BYTES):
            body = chunk.rstrip(b"\r\n")
            if body:
                yield held + body if held else body
                held = chunk[len(body) :]
            else:
                held += chunk
    yield b"\r\n" if held.startswith(b"\r\n") else held[:1]


def _scan(path: Path, progress: Callable[[int], None] | None) -> tuple[str, bool, int]:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    digest = hashlib.sha256()
    spaced, lines, size, last = False, 0, 0, b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if size == 0:
                _refuse_foreign_beginning(path, chunk)
            if b"\0" in chunk:
                line = lines + chunk.count(b"\n", 0, chunk.index(b"\0")) + 1
                raise Refusal(
                    f"{path} holds a zero byte on line {line}; it is not a text file or is damaged: export it again"
                )
            try:
                decode(chunk)
            except UnicodeDecodeError as error:
                raise _not_utf8(path, chunk, error, lines, size) from error
            seam = last + chunk[:1]
            spaced = spaced or any(pair in chunk or pair in seam for pair in _EDGE_SPACES)
            digest.update(chunk)
            lines += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-1:]
            if progress:
                progress(len(chunk))
        try:
            decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise Refusal(f"{path} ends in the middle of a character; the file is cut off: export it again") from error
    return digest.hexdigest(), spaced, size


def _refuse_foreign_beginning(path: Path, chunk: bytes) -> None:
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refusal(f"{path} is written in UTF-16; save it as UTF-8")
    if chunk.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Refusal(f"{path} is a spreadsheet file; save it as CSV (comma separated, UTF-8)")
    if chunk.startswith(b"\x1f\x8b"):
        raise Refusal(f"{path} is compressed; unpack it first")


def _not_utf8(path: Path, chunk: bytes, error: UnicodeDecodeError, lines: int, size: int) -> Refusal:
    carried = len(error.object) - len(chunk)
    at = max(error.start - carried, 0)
    line = lines + chunk.count(b"\n", 0, at) + 1
    return Refusal(
        f"{path} is not UTF-8: line {line} holds the byte 0x{error.object[error.start]:02X} (byte {size + at + 1} of "
        "the file); it looks like Windows-1252 or Latin-1: save it as UTF-8"
    )


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for record in split_records(stream, width=None):
            if isinstance(record, BadRecord):
                raise Refusal(f"the header of {path} cannot be read: {record.message}")
            return [name.strip() for name in record]
    raise Refusal(f"{path} is empty; its first line must name the columns")


def _check_header(path: Path, header: list[str], columns: Sequence[Column]) -> None:
    known = [column.name for column in columns]
    if len(header) == 1:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if separator in header[0]:
                raise Refusal(f"the columns of {path} are separated by {name}; save it with commas")
    if "" in header:
        raise Refusal(f"column {header.index('') + 1} of {path} has no name in the header; name it or take it out")
    unknown = [name for name in header if name not in known]
    if unknown:
        described = ", ".join(_with_nearest(name, known) for name in unknown)
        raise Refusal(f"{path} has unknown columns: {described}; known are {', '.join(known)}")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise Refusal(f"{path} has columns twice: {', '.join(repeated)}; keep one of each")
    missing = [column.name for column in columns if column.required and column.name not in header]
    if missing:
        raise Refusal(f"{path} lacks required columns: {', '.join(missing)}; its header is {','.join(header)}")


def _with_nearest(name: str, known: list[str]) -> str:
    shown = repr(name if len(name) <= 60 else name[:57] + "…")
    nearest = difflib.get_close_matches(name.lower().replace(" ", "_"), known, n=1, cutoff=0.6)
    return f"{shown} (did you mean {nearest[0]}?)" if nearest else shown
