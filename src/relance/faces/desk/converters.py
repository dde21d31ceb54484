"""The parts of an address that the desk reads: what cannot name anything does not match, and is not found."""

import datetime as dt

from django.urls import register_converter

LARGEST_ID = 2**63 - 1


class RowId:
    """The id of a stored row: a whole number that the database can hold."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, text: str) -> int:
        """The id; ValueError (no match) for one beyond the largest."""
        found = int(text)
        if found > LARGEST_ID:
            raise ValueError(text)
        return found

    def to_url(self, row_id: int) -> str:
        """The id as digits."""
        return str(row_id)


class Code:
    """A code that people chose, such as a scenario's: anything but a slash and what no text column takes."""

    regex = r"[^/\0]+"

    def to_python(self, text: str) -> str:
        """The code as it is."""
        return text

    def to_url(self, code: str) -> str:
        """The code as it is."""
        return code


class IsoDate:
    """An ISO date in an address."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, text: str) -> dt.date:
        """The date; a text that only looks like one does not match the address."""
        return dt.date.fromisoformat(text)

    def to_url(self, day: dt.date) -> str:
        """The date as ISO text."""
        return day.isoformat()


def register() -> None:
    """Make `<id:…>`, `<code:…>` and `<isodate:…>` known to addresses."""
    register_converter(RowId, "id")
    register_converter(Code, "code")
    register_converter(IsoDate, "isodate")
