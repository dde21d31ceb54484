"""A CSV file on its way into tables: checked whole, staged through COPY, read by declared columns, merged in sets.

`files` looks at a file before anything is written, `batch` stages it, `reading` turns staged text into typed, checked
rows that SQL can merge, and says of every rejected row what is wrong and what would be right. It knows no file of the
trade: rooms declare theirs (`FileImport`) and merge the rows into their own tables.
"""

from relance.kit.staging.batch import Batch, Flaw, lock_against_other_imports, stage
from relance.kit.staging.columns import Check, Column, FileImport, Kind, Minimum
from relance.kit.staging.files import FileHead, inspect
from relance.kit.staging.merging import Target, upsert
from relance.kit.staging.reading import Reading

__all__ = [
    "Batch",
    "Check",
    "Column",
    "FileHead",
    "FileImport",
    "Flaw",
    "Kind",
    "Minimum",
    "Reading",
    "Target",
    "inspect",
    "lock_against_other_imports",
    "stage",
    "upsert",
]
