"""`relance export`: the journal as CSV, or as the accounting entries file of French tax audits (FEC)."""

import csv
import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from relance.faces.console import ground
from relance.faces.console.show import day
from relance.kit.csv_cells import safe_cell
from relance.kit.refusal import Refusal

if TYPE_CHECKING:
    from relance.customers.facts import CreditorFacts
    from relance.ledger.journal import JournalEntry

Line = tuple[str, ...]


@click.group()
def COMMAND() -> None:  # noqa: N802
    """Files for other systems and for auditors."""


@COMMAND.command()
@click.option("--from", "from_on", type=day, required=True, help="The first day.")
@click.option("--to", "to_on", type=day, required=True, help="The last day.")
@click.option("--fec", is_flag=True, help="The layout of French tax audits: 18 columns, tab separated.")
@click.option("--creditor", "code", help="The code of one creditor; without it, every one.")
@click.option("--currency", help="Entries in this currency only; a FEC has the creditor's own.")
@click.option(
    "--out",
    "where",
    type=click.Path(),
    help="A file, or with --fec a folder (made when it ends with /), where it gets its legal name; standard output if "
    "not said.",
)
def journal(
    from_on: dt.date, to_on: dt.date, fec: bool, code: str | None, currency: str | None, where: str | None
) -> None:
    """Accounting entries between two days, both included."""
    ground.prepare()
    from relance.faces.console.creditors import chosen_creditors
    from relance.ledger.journal import CSV_COLUMNS

    if from_on > to_on:
        raise Refusal(f"the period ends before it begins; {from_on} is after {to_on}")
    chosen = chosen_creditors(code)
    out = None if where is None else Path(where)
    if out is not None and fec and str(where).endswith("/"):
        out.mkdir(parents=True, exist_ok=True)
    if fec:
        _fec(chosen, from_on, to_on, currency, out)
        return
    if out is not None and out.is_dir():
        raise Refusal(f"{out} is a folder; name a file")
    with _opened(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for creditor in chosen:
            writer.writerows(
                [safe_cell(cell) for cell in line] for line in _csv_lines(creditor, from_on, to_on, currency or "")
            )


def _csv_lines(creditor: "CreditorFacts", from_on: dt.date, to_on: dt.date, currency: str) -> Iterator[Line]:
    from relance.ledger.journal import csv_rows
    from relance.ledger.queries import journal_entries

    language = "fr" if creditor.country == "FR" else "en"
    for entry in journal_entries(creditor.id, from_on, to_on, currency):
        yield from csv_rows(creditor.code, entry, language)


def _fec(
    chosen: "list[CreditorFacts]", from_on: dt.date, to_on: dt.date, currency: str | None, out: Path | None
) -> None:
    """Write the file of the one creditor that has entries, and warn of what it leaves out or what may still change."""
    from relance.ledger.journal import FEC_COLUMNS
    from relance.ledger.queries import booked_currencies, journal_entries, numbered_currency, seals

    booked = booked_currencies(from_on, to_on)
    ids = {creditor_id for creditor_id, _ in booked}
    with_entries = [creditor for creditor in chosen if creditor.id in ids]
    if len(with_entries) > 1:
        names = ", ".join(creditor.code for creditor in with_entries)
        raise Refusal(f"a FEC is one company's, and {names} have entries in this period; choose one with --creditor")
    if not with_entries and len(chosen) > 1:
        raise Refusal("no creditor has entries in this period; choose other days")
    creditor = (with_entries or chosen)[0]
    own = numbered_currency(creditor.id)
    if currency not in (None, own):
        raise Refusal(f"the FEC of {creditor.code} is in {own}; take entries in {currency} as CSV, without --fec")
    if out is not None and out.is_dir():
        out = out / _legal_name(creditor, to_on)
    first_unsealed: dt.date | None = None

    def noticed(entries: "Iterable[JournalEntry]") -> "Iterator[JournalEntry]":
        nonlocal first_unsealed
        for entry in entries:
            if entry.sealed_on is None and first_unsealed is None:
                first_unsealed = entry.booked_on
            yield entry

    with _opened(out) as file:
        _write_fec(file, FEC_COLUMNS, noticed(journal_entries(creditor.id, from_on, to_on, own)))
    if out is not None:
        click.echo(f"Written: {out}", err=True)
    if first_unsealed is not None:
        click.echo(
            f"Warning: days from {first_unsealed} on are not sealed, their entries may still change and have no ValidDate; "
            "run relance seal before you hand the file over",
            err=True,
        )
    newest = next(iter(seals(creditor.id, limit=1).rows), None)
    if newest is not None:
        click.echo(f"Newest seal of {creditor.code}: {newest.day} {newest.seal_hash}; keep it outside", err=True)
    others = [other for creditor_id, other in booked if creditor_id == creditor.id and other != own]
    if others:
        click.echo(f"Warning: entries in {', '.join(others)} are not in the file; export them as CSV", err=True)


def _write_fec(file: TextIO, columns: Line, entries: "Iterator[JournalEntry]") -> None:
    from relance.ledger.journal import fec_rows

    file.write("\t".join(columns) + "\r\n")
    for entry in entries:
        file.writelines("\t".join(row) + "\r\n" for row in fec_rows(entry))


def _legal_name(creditor: "CreditorFacts", to_on: dt.date) -> str:
    siren = "".join(creditor.siren.split())
    if not (siren.isdigit() and len(siren) == 9):
        raise Refusal(
            f"the file is named after the SIREN of {creditor.code}, which is not known; import it in creditors.csv, "
            "or name a file with --out"
        )
    return f"{siren}FEC{to_on:%Y%m%d}.txt"


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """The file to write, or standard output; a file that breaks off half-way is taken away."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        sys.stdout.flush()
        return
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(out)
    except OSError as error:
        raise Refusal(f"{out} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
