"""Reads of past imports."""

from relance.intake.facts import FileReport, ImportedFileFacts, RowError
from relance.intake.models import ImportedFile


def imported_files(limit: int = 50) -> list[ImportedFileFacts]:
    """The last imported files, newest first, each with the first rows it rejected."""
    return [
        ImportedFileFacts(
            imported_at=row.imported_at,
            imported_by=row.imported_by,
            report=FileReport(
                file=row.file,
                rows=row.rows,
                created=row.created,
                updated=row.updated,
                unchanged=row.unchanged,
                rejected=row.rejected,
                errors=tuple(RowError(**error) for error in row.errors),
            ),
        )
        for row in ImportedFile.objects.order_by("-imported_at", "-id")[:limit]
    ]
