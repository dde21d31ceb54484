"""`relance print-report`: takes what the print house reports about a posted batch."""

from pathlib import Path

import click

from relance.faces.console.ground import emit, prepare
from relance.kit import clock
from relance.kit.refusal import Refusal


@click.command("print-report")
@click.argument("batch", type=click.IntRange(min=1))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def COMMAND(batch: int, file: Path, as_json: bool) -> None:  # noqa: N802
    """Record tracking numbers, proofs of delivery and returned letters of print batch BATCH from the CSV FILE.

    Columns: sequence, status (posted, delivered, returned), occurred_on, tracking_number, reason. All of it or nothing.
    """
    prepare()
    from relance.outbound.services import take_print_report

    try:
        data = file.read_bytes()
    except OSError as trouble:
        raise Refusal(f"{file}: cannot be read ({trouble.strerror})") from None
    try:
        new_count = take_print_report(batch, data, clock.today())
    except Refusal as refusal:
        raise Refusal(f"{file}: {refusal}") from None
    if as_json:
        emit({"file": str(file), "batch": batch, "new": new_count})
    else:
        click.echo(f"{file}: {new_count} new reports on batch {batch}")
