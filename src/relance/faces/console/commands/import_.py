"""`relance import`: CSV files of the operator's billing system into Relance."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from relance.faces.console import ground

if TYPE_CHECKING:
    from relance.intake.facts import FileReport

ERRORS_SHOWN = 20


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
@click.pass_context
def COMMAND(ctx: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:  # noqa: N802
    """Import creditors, accounts, services, invoices, credits, payments and mandates from CSV files or folders.

    Each file is known by its name (invoices.csv, also invoices-2026-01.csv) and they are imported in the right order.
    Importing a file again changes nothing. Exits with 1 when rows were rejected, with 2 when a file is refused whole.
    """
    ground.prepare()
    from relance.intake.services import find_files, import_paths
    from relance.kit.clock import today

    console = Console(stderr=True, highlight=False)
    for path in find_files(paths).ignored:
        console.print(f"Ignored {path}: its name is none of ours.", markup=False)
    with console.status("Starting") as status:
        reports = import_paths(paths, as_of=today(), progress=lambda sentence: status.update(f"{sentence}…"))
    if as_json:
        ground.emit({"files": [report.as_json() for report in reports]})
    else:
        _show(console, reports)
    if any(report.rejected for report in reports):
        ctx.exit(1)


def _show(console: Console, reports: "list[FileReport]") -> None:
    table = Table("file", "rows", "created", "updated", "unchanged", "rejected", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for report in reports:
        figures = (report.rows, report.created, report.updated, report.unchanged, report.rejected)
        table.add_row(report.file, *(f"{figure:,}" for figure in figures))
    console.print(table)
    for report in reports:
        for error in report.errors[:ERRORS_SHOWN]:
            place = f"{report.file} row {error.row}" + (f", {error.column}" if error.column else "")
            console.print(f"{place}: {error.message}", markup=False, soft_wrap=True)
        told = len({error.row for error in report.errors[:ERRORS_SHOWN]})
        if report.rejected > told:
            console.print(
                f"{report.file}: {report.rejected - told:,} more rejected rows (--json names up to 200,000)",
                markup=False,
            )
