"""A validator of the accounting entries file (FEC), from our own reading of article A47 A-1 of the French LPF.

It knows nothing of the code that writes the file: text in, what is wrong with it out.
"""

import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal

COLUMNS = [
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
]  # fmt: skip
MAY_BE_EMPTY = {"CompAuxNum", "CompAuxLib", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise"}
_AMOUNT = re.compile(r"\d+,\d{2}")


def warnings(content: bytes) -> list[str]:
    """What a valid file lacks of being final: lines that nobody has validated yet, from one day on."""
    header, *lines = content.decode("utf-8").split("\r\n")[:-1]
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    days = [row["EcritureDate"] for row in rows if not row["ValidDate"]]
    return [f"{len(days)} lines from {min(days)} on are not validated"] if days else []


def faults(content: bytes, first: dt.date, last: dt.date) -> list[str]:
    """What is wrong with a file that is to cover a period; nothing when it is valid."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ["the file is not UTF-8"]
    lines = text.split("\r\n")
    if lines.pop() != "":
        return ["the last line is not ended"]
    if lines[0].split("\t") != COLUMNS:
        return ["the header is not the 18 columns in their order"]
    found: list[str] = []
    entries: dict[tuple[int, str], list[dict[str, str]]] = {}
    for position, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            found.append(f"line {position} has {len(cells)} columns")
            continue
        row = dict(zip(COLUMNS, cells, strict=True))
        wrong = _line_faults(row, first, last)
        found += [f"line {position}: {fault}" for fault in wrong]
        if not wrong:
            entries.setdefault((int(row["EcritureDate"][:4]), row["EcritureNum"]), []).append(row)
    return found or _entry_faults(entries)


def _line_faults(row: dict[str, str], first: dt.date, last: dt.date) -> list[str]:
    found = [f"{name} is empty" for name, cell in row.items() if not cell and name not in MAY_BE_EMPTY]
    found += [f"{name} has a character that breaks lines or fields" for name, cell in row.items()
              if re.search(r'[\x00-\x1f"|]', cell)]  # fmt: skip
    for name in ("EcritureDate", "PieceDate", "ValidDate"):
        if row[name] and _date(row[name]) is None:
            found.append(f"{name} {row[name]!r} is not a day")
    day, valid = _date(row["EcritureDate"]), _date(row["ValidDate"])
    if day is not None and not first <= day <= last:
        found.append(f"EcritureDate {day} lies outside the period")
    if day is not None and valid is not None and valid < day:
        found.append(f"validated on {valid}, before its own day {day}")
    if not re.fullmatch(r"[1-9]\d*", row["EcritureNum"]):
        found.append(f"EcritureNum {row['EcritureNum']!r} is no number")
    if not re.fullmatch(r"[0-9]{3}[0-9A-Za-z]*", row["CompteNum"]):
        found.append(f"CompteNum {row['CompteNum']!r} does not begin with three digits")
    if bool(row["CompAuxNum"]) != bool(row["CompAuxLib"]):
        found.append("a third party has a number and a name, or neither")
    for name in ("Debit", "Credit"):
        if not _AMOUNT.fullmatch(row[name]):
            found.append(f"{name} {row[name]!r} is not an amount with a decimal comma")
    if (row["Debit"] == "0,00") == (row["Credit"] == "0,00"):
        found.append("a line has either a debit or a credit")
    return found


def _date(text: str) -> dt.date | None:
    if not re.fullmatch(r"\d{8}", text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _entry_faults(entries: dict[tuple[int, str], list[dict[str, str]]]) -> list[str]:
    found = []
    total = Decimal(0)
    numbers: dict[int, list[int]] = defaultdict(list)
    days: list[str] = []
    for (year, number), lines in entries.items():
        numbers[year].append(int(number))
        days.append(lines[0]["EcritureDate"])
        balance = sum((_amount(line["Debit"]) - _amount(line["Credit"]) for line in lines), Decimal(0))
        total += balance
        if balance:
            found.append(f"entry {number} of {year} is out of balance by {balance}")
        if len(lines) < 2:
            found.append(f"entry {number} of {year} has one line only")
        found += [f"the lines of entry {number} of {year} differ in {name}"
                  for name in ("JournalCode", "EcritureDate", "PieceRef", "PieceDate", "ValidDate", "EcritureLib")
                  if len({line[name] for line in lines}) > 1]  # fmt: skip
    if total:
        found.append(f"the file is out of balance by {total}")
    for year, given in numbers.items():
        if given != list(range(given[0], given[0] + len(given))):
            found.append(f"the numbers of {year} have a gap or are out of order")
    unvalidated = [lines[0]["EcritureDate"] for lines in entries.values() if not lines[0]["ValidDate"]]
    if unvalidated and any(lines[0]["ValidDate"] and lines[0]["EcritureDate"] >= min(unvalidated)
                           for lines in entries.values()):  # fmt: skip
        found.append(f"entries of {min(unvalidated)} are not validated though later ones are")
    if days != sorted(days):
        found.append("the entries are not in the order of their days")
    return found


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
