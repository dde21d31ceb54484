"""`relance report`: the figures of insight as a table for people, JSON for programs, CSV and XLSX for spreadsheets."""

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relance.faces.console import ground
from relance.faces.console.show import day, month
from relance.kit.refusal import Refusal

if TYPE_CHECKING:
    from rich.table import Table

    from relance.insight.facts import AgeingReport, DsoReport, EffectReport, Statement, StatementPart

_GROUPINGS = ("account", "segment", "credit_class", "creditor")
_DIMENSIONS = ("method", "template", "stage", "month")


def _bounds(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Upper bounds of age bands, such as `0,30,60,90`; the 0 of what is not past due may be left out."""
    if value is None:
        return None
    try:
        bounds = tuple(int(part) for part in value.split(","))
        return bounds if bounds[0] == 0 else (0, *bounds)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a list of days; write for example 0,30,60,90", ctx, param) from None


def _sheet_options(command: Callable[..., None]) -> Callable[..., None]:
    """The ways every report can be had."""
    command = click.option(
        "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead."
    )(command)
    command = click.option("--xlsx", "spelling", flag_value="xlsx", help="A spreadsheet; to --out or a pipe.")(command)
    command = click.option("--csv", "spelling", flag_value="csv", help="Comma-separated values.")(command)
    return click.option("--json", "spelling", flag_value="json", help="One JSON document.")(command)


@click.group()
def COMMAND() -> None:  # noqa: N802
    """Figures of the portfolio as of any day."""


@COMMAND.command()
@click.option("--as-of", type=day, required=True, help="The day, its own payments counted (2026-06-30).")
@click.option("--by", type=click.Choice(_GROUPINGS), help="One group per …; without it, the whole portfolio.")
@click.option(
    "--buckets",
    callback=_bounds,
    metavar="DAYS,…",
    help="Upper bounds of the age bands in days past due; 0,30,60,90 if not said.",
)
@_sheet_options
def ageing(
    as_of: dt.date, by: str | None, buckets: tuple[int, ...] | None, spelling: str | None, out: Path | None
) -> None:
    """Open receivables by days past due, tied to the ledger to the cent."""
    ground.prepare()
    from relance.insight.facts import AGEING_BOUNDS
    from relance.insight.reports.ageing import REPORT

    report = REPORT.query(as_of, by or "all", buckets or AGEING_BOUNDS)
    _hand_out(report, spelling, out, lambda: _print_ageing(report, REPORT.title["en"], REPORT.help["en"]))


@COMMAND.command()
@click.option("--as-of", type=day, required=True, help="The day, its own payments counted (2026-06-30).")
@click.option("--days", type=click.IntRange(min=1), required=True, help="Length of the sales period ending that day.")
@_sheet_options
def dso(as_of: dt.date, days: int, spelling: str | None, out: Path | None) -> None:
    """Days sales outstanding: simple, counted back, best possible, and the average delay."""
    ground.prepare()
    from relance.insight.reports.dso import REPORT

    report = REPORT.query(as_of, days)
    _hand_out(report, spelling, out, lambda: _print_dso(report, REPORT.title["en"], REPORT.help["en"]))


@COMMAND.command()
@click.argument("account")
@click.option("--from", "from_on", type=day, required=True, help="First day of the period (2026-06-01).")
@click.option("--to", "to_on", type=day, required=True, help="Last day; open items are those of its end.")
@_sheet_options
def statement(account: str, from_on: dt.date, to_on: dt.date, spelling: str | None, out: Path | None) -> None:
    """Statement of one ACCOUNT: balances, the period's lines, and what is open after it."""
    ground.prepare()
    from relance.customers.queries import account_by_number
    from relance.insight.reports.statement import REPORT

    found = account_by_number(account)
    if found is None:
        raise Refusal(f"there is no account {account!r}; give the number as the billing system writes it")
    report = REPORT.query(found.id, from_on, to_on, to_on)
    _hand_out(report, spelling, out, lambda: _print_statement(report, REPORT.title["en"], REPORT.help["en"]))


@COMMAND.command()
@click.option("--from", "from_month", type=month, required=True, help="First month (2026-01).")
@click.option("--to", "to_month", type=month, required=True, help="Last month (2026-03).")
@click.option("--as-of", type=day, required=True, help="The day, its own payments counted (2026-06-30).")
@click.option("--by", type=click.Choice(_DIMENSIONS), help="One group per …; without it, per combination of the four.")
@click.option("--creditor", metavar="CODE", help="One creditor's customers only.")
@_sheet_options
def effectiveness(
    from_month: dt.date,
    to_month: dt.date,
    as_of: dt.date,
    by: str | None,
    creditor: str | None,
    spelling: str | None,
    out: Path | None,
) -> None:
    """Who paid how soon after which contact, out of the new debts of the month."""
    ground.prepare()
    from relance.faces.console.creditors import chosen_creditors
    from relance.insight.reports.effectiveness import REPORT

    creditor_id = chosen_creditors(creditor)[0].id if creditor else None
    report = REPORT.query(from_month, to_month, as_of, by or "", creditor_id=creditor_id)
    _hand_out(report, spelling, out, lambda: _print_effectiveness(report, REPORT.title["en"], REPORT.help["en"]))


def _hand_out(
    report: "AgeingReport | DsoReport | EffectReport | Statement",
    spelling: str | None,
    out: Path | None,
    print_table: Callable[[], None],
) -> None:
    from relance.faces.spreadsheet import csv_bytes, xlsx_bytes

    if spelling is None and out is not None:
        raise Refusal("--out needs to know what to write; add --json, --csv or --xlsx")
    match spelling:
        case "json":
            _write(json.dumps(report.as_json(), ensure_ascii=False).encode() + b"\n", out)
        case "csv":
            _write(csv_bytes(report.as_sheet()), out)
        case "xlsx":
            if out is None and sys.stdout.isatty():
                raise Refusal("an XLSX file is not for a terminal; say --out FILE, or send it into a pipe")
            _write(xlsx_bytes(report.as_sheet()), out)
        case _:
            print_table()


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Refusal(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"Written: {out}", err=True)


def _print_ageing(report: "AgeingReport", title: str, help_text: str) -> None:
    """One row per age band while there is one group per currency; one row per group when there are many."""
    from rich.table import Table
    from rich.text import Text

    from relance.kit.money import display_amount

    heading = f"{title}, {report.as_of.isoformat()}"
    if not report.groups:
        click.echo("Nothing is open and nothing is unallocated on that day.")
    elif all(group.key == "all" for group in report.groups):
        table = Table("Days past due")
        for _ in report.groups:
            table.add_column("Items", justify="right", no_wrap=True)
            table.add_column("Amount", justify="right", no_wrap=True)
        for buckets in zip(*((*group.buckets, group.not_dated) for group in report.groups), strict=True):
            is_last = buckets[0] is report.groups[0].not_dated
            table.add_row(
                "not dated" if is_last else buckets[0].label,
                *(
                    text
                    for bucket, group in zip(buckets, report.groups, strict=True)
                    for text in (f"{bucket.item_count:,}", display_amount(bucket.amount_minor, group.currency, "en"))
                ),
                end_section=is_last,
            )
        for name, sign, amount_of in (
            ("Unallocated", -1, "unallocated_minor"),
            ("Total", 1, "total_minor"),
            ("of which disputed", 1, "disputed_minor"),
        ):
            money = (display_amount(sign * getattr(group, amount_of), group.currency, "en") for group in report.groups)
            table.add_row(name, *(text for amount in money for text in ("", amount)))
        _print_whole(heading, table, help_text)
    else:
        table = Table("Group")
        for label in (*report.labels, "not dated", "Unallocated", "Total", "of which disputed"):
            table.add_column(label, justify="right", no_wrap=True)
        for group in report.groups:
            banded = (bucket.amount_minor for bucket in (*group.buckets, group.not_dated))
            amounts = (*banded, -group.unallocated_minor, group.total_minor, group.disputed_minor)
            table.add_row(
                Text(group.key or "(none)"), *(display_amount(amount, group.currency, "en") for amount in amounts)
            )
        _print_whole(heading, table, help_text)


def _print_dso(report: "DsoReport", title: str, help_text: str) -> None:
    """One row per figure, one column per currency."""
    from rich.table import Table

    from relance.kit.money import display_amount

    if not report.groups:
        click.echo("Nothing was ever sold up to that day.")
        return
    heading = f"{title}, {report.as_of.isoformat()}, {report.day_count} days"
    table = Table("")
    for group in report.groups:
        table.add_column(group.currency, justify="right", no_wrap=True)
    for name, figure in (
        ("Simple DSO", "simple"),
        ("Count-back DSO", "countback"),
        ("Best possible DSO", "best_possible"),
        ("Average days delinquent", "average_days_delinquent"),
    ):
        days = (getattr(group, figure) for group in report.groups)
        table.add_row(
            name, *("none sold" if value is None else f"{value}" for value in days), end_section=figure[0] == "a"
        )
    for name, figure in (
        ("Receivables", "receivables_minor"),
        ("Not yet past due", "not_due_minor"),
        ("Sales of the period", "sales_minor"),
        ("Unallocated, left out", "unallocated_minor"),
    ):
        table.add_row(name, *(display_amount(getattr(group, figure), group.currency, "en") for group in report.groups))
    _print_whole(heading, table, help_text)


def _print_statement(report: "Statement", title: str, help_text: str) -> None:
    """Per currency the lines of the period between their balances, then the open items."""
    if not report.parts:
        click.echo("Nothing was ever posted on this account up to that day.")
        return
    period = f"{report.from_on.isoformat()} to {report.to_on.isoformat()}"
    for part in report.parts:
        heading = f"{title} {report.account}, {report.name}, {period}, {part.currency}"
        _print_whole(heading, _lines_table(part), "")
        _print_whole(f"Open on {report.as_of.isoformat()}", _open_table(part), help_text)


def _lines_table(part: "StatementPart") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from relance.kit.money import display_amount

    def shown(minor: int) -> str:
        return display_amount(minor, part.currency, "en")

    table = Table("Day", "Kind", "Number", "Due")
    table.add_column("Note", max_width=40)
    for name in ("Debit", "Credit", "Balance"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("", "opening", "", "", "", "", "", shown(part.opening_minor), end_section=True)
    for line in part.lines:
        table.add_row(
            line.on.isoformat(),
            line.kind.replace("_", " "),
            Text(line.number),
            line.due_on.isoformat() if line.due_on else "",
            Text(line.note),
            shown(line.debit_minor) if line.debit_minor else "",
            shown(line.credit_minor) if line.credit_minor else "",
            shown(line.balance_minor),
            end_section=line is part.lines[-1],
        )
    table.add_row("", "closing", "", "", "", "", "", shown(part.closing_minor))
    return table


def _open_table(part: "StatementPart") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from relance.kit.money import display_amount

    table = Table("Number", "Kind", "Due")
    for name in ("Open", "Disputed"):
        table.add_column(name, justify="right", no_wrap=True)
    for item in part.items:
        table.add_row(
            Text(item.number),
            item.kind.replace("_", " "),
            item.due_on.isoformat() if item.due_on else "not dated",
            display_amount(item.open_minor, part.currency, "en"),
            display_amount(item.disputed_minor, part.currency, "en") if item.disputed_minor else "",
            end_section=item is part.items[-1],
        )
    for name, minor in (("Unallocated", -part.unallocated_minor), ("Balance", part.balance_minor)):
        table.add_row(name, "", "", display_amount(minor, part.currency, "en"), "")
    return table


def _print_effectiveness(report: "EffectReport", title: str, help_text: str) -> None:
    """The contacts, then the arms of experiments."""
    from relance.faces.console.effect_table import ARMS_HELP, arms_table, contacts_table

    if not report.groups:
        click.echo("No contact left in these months; send messages first, or choose other months.")
    else:
        months = f"{report.from_on:%Y-%m} to {report.to_on:%Y-%m}, as of {report.as_of.isoformat()}"
        _print_whole(f"{title}, {months}", contacts_table(report), help_text)
    for comparison in report.comparisons:
        heading = (
            f"Experiment {comparison.experiment}, {comparison.currency}: settled so many days after they fell behind"
        )
        _print_whole(heading, arms_table(comparison), ARMS_HELP)


def _print_whole(heading: str, table: "Table", help_text: str) -> None:
    """Print the table on standard output, wider than the terminal rather than with amounts cut off."""
    from rich.console import Console

    output = Console()
    needed = output.measure(table, options=output.options.update(max_width=1_000)).maximum
    output.width = max(output.width, needed)
    output.print(heading, style="bold")
    output.print(table)
    output.print(help_text, style="dim")
