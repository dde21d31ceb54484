"""`relance scenario`: import, export and preview scenarios as YAML."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from relance.faces.console.ground import emit, prepare
from relance.faces.console.show import console, day
from relance.kit.refusal import Refusal

if TYPE_CHECKING:
    from relance.dunning.facts import PreviewReport


@click.group("scenario")
def COMMAND() -> None:  # noqa: N802
    """Dunning scenarios as YAML files."""


@COMMAND.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def import_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Check scenario files and make them current; all of them or none."""
    prepare()
    from django.db import transaction

    from relance.dunning.services import import_scenario, missing_parts

    outcome: list[dict[str, object]] = []
    with transaction.atomic():
        for path in files:
            text = _read(path)
            try:
                facts, created = import_scenario(text, author="command line")
            except Refusal as refusal:
                raise Refusal(f"{path}: {refusal}") from None
            if any(entry["code"] == facts.code for entry in outcome):
                raise Refusal(f"{path}: another of these files is for {facts.code} too; import one of them")
            outcome.append({"file": str(path), "code": facts.code, "version": facts.version, "created": created})
            for warning in missing_parts(facts):
                click.echo(f"{path}: {warning}", err=True)
    if as_json:
        emit({"scenarios": outcome})
    else:
        for entry in outcome:
            change = "is now current" if entry["created"] else "was current already"
            click.echo(f"{entry['code']}: version {entry['version']} {change}")


@COMMAND.command("export")
@click.argument("code")
def export(code: str) -> None:
    """Print the current version of a scenario as YAML."""
    prepare()
    from relance.dunning.services import export_scenario

    click.echo(export_scenario(code), nl=False)


@COMMAND.command("preview")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--date", "date", type=day, required=True, help="The business date to try it on (2026-06-30).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--csv", "csv", type=click.Path(path_type=Path), help="Write the accounts that change to this file.")
def preview_file(file: Path, date: dt.date, as_json: bool, csv: Path | None) -> None:
    """Try a scenario FILE on the portfolio of a day: who would get what, beside today's policy. Changes nothing."""
    prepare()
    from relance.dunning.queries import preview, scenario_content

    text = _read(file)
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task("accounts", total=None)
        try:
            report = preview(
                scenario_content(text), date, lambda done, total: shown.update(task, completed=done, total=total)
            )
        except Refusal as refusal:
            raise Refusal(f"{file}: {refusal}") from None
    if csv is not None:
        _write_changes(report, csv)
    if as_json:
        emit(report.as_json())
    else:
        _print_preview(report)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise Refusal(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path}: is not UTF-8 text; save it as UTF-8") from None


def _write_changes(report: "PreviewReport", path: Path) -> None:
    from relance.faces.spreadsheet import csv_bytes
    from relance.insight.facts import Sheet
    from relance.kit.money import format_amount

    rows = [
        (change.account_number, change.item_number, change.currency,
         format_amount(change.overdue_minor, change.currency), change.today.told, change.then.told)
        for change in report.changes
    ]  # fmt: skip
    columns = ("account", "item", "currency", "overdue", "today", "then")
    try:
        path.write_bytes(csv_bytes(Sheet(columns, rows)))
    except OSError as error:
        raise Refusal(f"{path}: cannot be written ({error.strerror})") from None
    if report.accounts_changed > len({change.account_number for change in report.changes}):
        click.echo(f"{path}: the first {len(rows)} lines; more accounts change", err=True)


def _print_preview(report: "PreviewReport") -> None:
    told = report.as_json()
    table = Table("", "would", "today", box=None)
    for title, would, today in (
        *((kind, report.would.actions[kind], report.today.actions[kind])
          for kind in sorted({*report.would.actions, *report.today.actions})),
        *((name, report.would.stages[name], report.today.stages[name])
          for name in sorted({*report.would.stages, *report.today.stages})),
        *((f"refused: {reason}", report.would.refused[reason], report.today.refused[reason])
          for reason in sorted({*report.would.refused, *report.today.refused})),
    ):  # fmt: skip
        table.add_row(title, str(would), str(today))
    for cost in told["costs"]:
        table.add_row(f"cost ({cost['currency']})", cost["would"], cost["today"])
    Console().print(table)
    click.echo(f"{report.accounts_changed} of {report.accounts_looked_at} accounts would be treated otherwise")
