"""What importing a file did."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RowError:
    """One rejected row: its number in the file (first data row is 1), the column, what is wrong and what is right."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file's outcome. Every row is created, updated, unchanged or rejected."""

    file: str
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    errors: tuple[RowError, ...] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read."""
        return {
            "file": self.file,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "errors": [{"row": error.row, "column": error.column, "message": error.message} for error in self.errors],
        }


@dataclass(frozen=True, slots=True)
class ImportedFileFacts:
    """A past import, for the desk."""

    imported_at: dt.datetime
    imported_by: str
    report: FileReport
