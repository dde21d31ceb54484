"""The import of CSV files: all looked at first, then each merged in a transaction of its own, in their order."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from relance.dunning.queries import decided_through
from relance.intake.facts import FileReport, RowError
from relance.intake.models import ImportedFile
from relance.intake.rules import import_order, kind_of
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.kit.staging import Batch, FileHead, FileImport, inspect, lock_against_other_imports, stage

SHELVES = ("relance.customers.imports", "relance.ledger.imports", "relance.payments.imports")
ERRORS_RECORDED = 100
LATE_MARGIN = dt.timedelta(days=7)
"""How far past the last decided day a new item already counts as late.

A night may close, or midnight pass, while the import is under way; neither sees the other's rows before they are
written. An account looked at for nothing costs one look, one that nobody looks at stays without reminders. The last
decided day itself may be ahead of the clock: a rehearsal closes days before they come.
"""

Progress = Callable[[str], None]
"""Hears a sentence about what is being done now."""


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Files to import in their order, with their kinds; and the CSV files of folders whose names say nothing to us."""

    files: tuple[tuple[str, Path], ...]
    ignored: tuple[Path, ...]


def import_paths(
    paths: Sequence[Path | str], as_of: dt.date, imported_by: str = "", progress: Progress | None = None
) -> list[FileReport]:
    """Import files, and the known files of folders; returns one report per file, in the order of import.

    Every file is looked at before the first is merged: a name, header or encoding that we cannot take is a Refusal
    and nothing at all was written. Then each file is one transaction; its bad rows are rejected, the others written.
    """
    tell = progress or (lambda _: None)
    imports = known_imports()
    found = find_files(paths)
    heads: list[tuple[FileImport, FileHead]] = []
    for kind, path in found.files:
        tell(f"Checking {path.name}")
        heads.append((imports[kind], inspect(path, imports[kind].columns)))
    late_on = max(as_of, decided_through() or as_of) + LATE_MARGIN
    names = Counter(head.path.name for _, head in heads)
    reports = []
    for file_import, head in heads:
        tell(f"Importing {head.path.name}")
        name = head.path.name if names[head.path.name] == 1 else str(head.path)
        reports.append(_import_file(file_import, head, name, late_on, imported_by))
    return reports


def known_imports() -> dict[str, FileImport]:
    """Every kind of file by name, in the order of import."""
    known: dict[str, FileImport] = {}
    for package in SHELVES:
        known |= shelf(package, "IMPORT")
    return {kind: known[kind] for kind in import_order({kind: entry.after for kind, entry in known.items()})}


def find_files(paths: Sequence[Path | str]) -> FoundFiles:
    """The files that an import of these paths would take. Raises Refusal for a path that is none of ours."""
    kinds = list(known_imports())
    found: dict[Path, tuple[str, Path]] = {}
    ignored: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.is_file() and entry.suffix.lower() == ".csv")
            taken = [(kind, entry) for entry in inside if (kind := kind_of(entry, kinds))]
            if not taken:
                raise Refusal(f"there is no file to import in {path}; known names are {_names(kinds)}")
            ignored.extend(entry for entry in inside if kind_of(entry, kinds) is None)
        elif path.is_file():
            kind = kind_of(path, kinds)
            if kind is None:
                raise Refusal(f"{path} has a name that says nothing to us; known names are {_names(kinds)}")
            taken = [(kind, path)]
        else:
            raise Refusal(f"{path} does not exist or is not a file; check the path")
        found.update({entry.resolve(): (kind, entry) for kind, entry in taken})
    files = sorted(found.values(), key=lambda entry: (kinds.index(entry[0]), str(entry[1])))
    return FoundFiles(tuple(files), tuple(ignored))


def _names(kinds: Iterable[str]) -> str:
    return ", ".join(f"{kind}.csv" for kind in kinds)


@transaction.atomic
def _import_file(file_import: FileImport, head: FileHead, name: str, as_of: dt.date, imported_by: str) -> FileReport:
    lock_against_other_imports()
    batch = stage(head)
    file_import.merge(batch, as_of)
    report = _report(batch, name)
    ImportedFile.objects.create(
        imported_by=imported_by,
        file=name[-500:],
        content_hash=head.content_hash,
        rows=report.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        rejected=report.rejected,
        errors=[
            {"row": error.row, "column": error.column, "message": error.message}
            for error in report.errors[:ERRORS_RECORDED]
        ],
    )
    return report


def _report(batch: Batch, name: str) -> FileReport:
    report = FileReport(
        file=name,
        rows=batch.row_count,
        created=batch.created_count,
        updated=batch.updated_count,
        unchanged=batch.unchanged_count,
        rejected=batch.rejected_count,
        errors=tuple(RowError(flaw.row, flaw.column, flaw.message) for flaw in batch.kept_flaws()),
    )
    if report.rows != report.created + report.updated + report.unchanged + report.rejected:
        raise AssertionError(f"the import of {name} lost count of its rows: {report.as_json() | {'errors': []}}")
    return report
