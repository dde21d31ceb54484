"""The pure parts of the CSV import: records, dates, headers, encodings, and which file is which."""

from pathlib import Path

import pytest

from relance.intake.rules import import_order, kind_of
from relance.kit.refusal import Refusal
from relance.kit.staging import Column, Kind, inspect
from relance.kit.staging.dates import date_hint
from relance.kit.staging.files import CHUNK_BYTES, content
from relance.kit.staging.records import LONGEST_RECORD, BadRecord, split_fields, split_records

COLUMNS = (
    Column("number", Kind.CODE, required=True),
    Column("name", required=True),
    Column("city"),
    Column("opened_on"),
)


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ("a,b,c", ["a", "b", "c"]),
        ("", [""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hello""",x', ['say "hello"', "x"]),
        ('"",x', ["", "x"]),
        ('"""",x', ['"', "x"]),
        ('"two\nlines",x', ["two\nlines", "x"]),
        (',,"end"', ["", "", "end"]),
    ],
)
def test_fields_of_a_record(record: str, fields: list[str]) -> None:
    assert split_fields(record) == fields


def test_quoted_newlines_and_empty_lines_do_not_disturb_the_records() -> None:
    lines = ["a,b\r\n", "\r\n", '"1\n', '2",x\n', "   \n", "3,4"]
    assert list(split_records(lines, 2)) == [["a", "b"], ["1\n2", "x"], ["3", "4"]]


def test_a_record_with_the_wrong_number_of_fields_costs_only_itself() -> None:
    first, bad, last = split_records(["1,2\n", "1,2,3\n", "3,4\n"], 2)
    assert (first, last) == (["1", "2"], ["3", "4"])
    assert bad == BadRecord("3 fields where the header has 2")


def test_a_quote_that_never_closes_costs_only_its_line() -> None:
    records = list(split_records(["1,2\n", '3,"4\n', "5,6\n", "7,8\n"], 2))
    assert [r for r in records if not isinstance(r, BadRecord)] == [["1", "2"], ["5", "6"], ["7", "8"]]
    assert isinstance(records[1], BadRecord)
    assert "never closes" in records[1].message


def test_a_quote_that_closes_in_a_later_record_costs_only_the_two_lines() -> None:
    records = list(split_records(["1,2\n", '3,"4\n', "5,6\n", '7",8\n', "9,0\n"], 2))
    assert [r for r in records if not isinstance(r, BadRecord)] == [["1", "2"], ["5", "6"], ["9", "0"]]


def test_an_open_quote_is_not_followed_without_end() -> None:
    line = "x" * 1000 + ",y\n"
    records = list(split_records(['1,"2\n', *([line] * (LONGEST_RECORD // 500))], 2))
    assert isinstance(records[0], BadRecord)
    assert len(records) == 1 + LONGEST_RECORD // 500


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("2026-02-30", "2026-02-30 is not a day of the calendar"),
        ("31/12/2026", "write 2026-12-31"),
        ("31.12.2026", "write 2026-12-31"),
        ("03/04/2026", "write 2026-04-03 or 2026-03-04"),
        ("20261231", "write 2026-12-31"),
        ("2026-1-5", "write 2026-01-05"),
        ("2026-12-31T10:00:00", "write 2026-12-31"),
        ("0026-12-31", "check the year"),
        ("31/02/2026", "is not a day of the calendar"),
        ("soon", "for example 2026-12-31"),
    ],
)
def test_what_is_said_of_a_text_that_is_no_date(text: str, part: str) -> None:
    assert part in date_hint(text)


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["is empty"]),
        (b"\n\n", ["is empty"]),
        ("number,name,citty\n", ["'citty'", "did you mean city?"]),
        ("number,name,Opened On\n", ["'Opened On'", "did you mean opened_on?"]),
        ("number,name,zzz\n", ["'zzz'", "known are number, name, city, opened_on"]),
        ("number,city\n", ["lacks required columns: name"]),
        ("number,name,name\n", ["twice: name"]),
        ("number,name,\n", ["column 3", "no name"]),
        ("number;name;city\n1;2;3\n", ["semicolons"]),
        ("number\tname\n", ["tabs"]),
        ('number,"name\n1,2\n', ["header", "cannot be read"]),
        ("number,name\nA,Léa\n".encode("latin-1"), ["not UTF-8", "line 2", "0xE9", "save it as UTF-8"]),
        ("number,name\n".encode("utf-16"), ["UTF-16"]),
        (b"number,name\nA,B\0C\n", ["zero byte on line 2"]),
        (b"PK\x03\x04rest", ["spreadsheet"]),
        ("number,name\nA,é".encode()[:-1], ["cut off"]),
    ],
)
def test_a_file_that_is_refused_whole(tmp_path: Path, content: bytes | str, parts: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        inspect(write(tmp_path / "accounts.csv", content), COLUMNS)
    for part in parts:
        assert part in str(refused.value)
    assert "accounts.csv" in str(refused.value)


def test_the_line_of_a_wrong_byte_far_into_the_file(tmp_path: Path) -> None:
    line = b"A" * 99 + b",name\n"
    count = CHUNK_BYTES // len(line) + 10
    path = write(tmp_path / "f.csv", b"number,name\n" + line * count + b"B,\xe9t\xe9\n")
    with pytest.raises(Refusal, match=f"line {count + 2} holds the byte 0xE9"):
        inspect(path, COLUMNS)


def test_a_character_across_two_pieces_is_no_error(tmp_path: Path) -> None:
    filler = b"number,name\nA," + b"x" * (CHUNK_BYTES - 15)
    path = write(tmp_path / "f.csv", filler + "é\n".encode())
    assert inspect(path, COLUMNS).columns == ("number", "name")


def test_byte_order_mark_and_empty_lines_at_the_end_are_taken_off(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", b"\xef\xbb\xbfnumber,name\r\nA,B\r\n\r\n\r\n")
    assert inspect(path, COLUMNS).columns == ("number", "name")
    assert b"".join(content(path)) == b"number,name\r\nA,B\r\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("invoices.csv", "invoices"),
        ("invoices-2026-01.csv", "invoices"),
        ("invoices_x.csv", "invoices"),
        ("INVOICES.CSV", "invoices"),
        ("invoicesx.csv", None),
        ("invoice.csv", None),
        ("invoices.txt", None),
    ],
)
def test_which_file_is_which(name: str, kind: str | None) -> None:
    assert kind_of(Path(name), ["accounts", "invoices"]) == kind


def test_files_come_after_those_they_lean_on() -> None:
    order = import_order({"payments": ["invoices"], "invoices": ["accounts"], "accounts": [], "mandates": ["accounts"]})
    assert order.index("accounts") < order.index("invoices") < order.index("payments")
    assert order.index("accounts") < order.index("mandates")
