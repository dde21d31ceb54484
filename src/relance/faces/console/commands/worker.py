"""`relance worker`: works off jobs; any number may run, on any machine."""

import click

from relance.faces.console.ground import prepare


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 32), default=1, show_default=True, help="Jobs worked at a time.")
@click.option("--once", is_flag=True, help="Stop when no job is waiting.")
def COMMAND(concurrency: int, once: bool) -> None:  # noqa: N802
    """Work off jobs until stopped (Ctrl-C lets running jobs end)."""
    prepare()
    from relance.faces.console.serving import run_worker

    run_worker(concurrency=concurrency, wait=not once)
