"""`relance bench`: our speed and the bare floor of the same run, on a scratch database with a fixed seed."""

import importlib
import pkgutil
from typing import Any

import click

from relance.faces.console import benches
from relance.faces.console.ground import emit, prepare

NAMES = sorted(info.name for info in pkgutil.iter_modules(benches.__path__))


@click.command("bench")
@click.argument("what", type=click.Choice([name.rstrip("_") for name in NAMES]))
@click.option("--size", type=click.IntRange(100, 50_000_000), default=200_000, show_default=True, help="Accounts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def COMMAND(what: str, size: int, as_json: bool) -> None:  # noqa: N802
    """Measure WHAT: seconds, rows per second, peak memory of this process, and the floor: the same rows in bare SQL."""
    prepare()
    file_name = what if what in NAMES else f"{what}_"
    result: dict[str, Any] = importlib.import_module(f"{benches.__name__}.{file_name}").BENCH(size)
    if as_json:
        emit(result)
        return
    for key, value in result.items():
        click.echo(f"{key:24} {value}")
    click.echo(f"{'times the floor':24} {result['seconds'] / result['floor_seconds']:.2f}")
