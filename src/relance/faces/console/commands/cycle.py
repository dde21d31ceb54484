"""`relance cycle`: work one business date, or each from one to another."""

import datetime as dt
import os

import click

from relance.faces.console.ground import emit, prepare
from relance.faces.console.show import console, day


@click.command("cycle")
@click.option("--date", "date", type=day, required=True, help="Business date, YYYY-MM-DD.")
@click.option("--until", type=day, help="Go on day after day up to and including this date.")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True,
              help="Processes that share the chunks of large steps.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--no-deliver", is_flag=True, help="Leave released messages to `relance worker`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per day on standard output.")
def COMMAND(  # noqa: N802
    date: dt.date, until: dt.date | None, workers: int, dry_run: bool, no_deliver: bool, as_json: bool
) -> None:
    """Run the daily cycle: decide, perform, deliver, verify, close.

    A closed date is not worked again: its figures are shown as they were. An interrupted one goes on where it stopped.
    Afterwards messages are delivered, unless --no-deliver leaves them to a worker.
    """
    prepare()
    from relance.cycle.services import run
    from relance.faces.console.delivery import deliver_now
    from relance.kit.refusal import Refusal
    from relance.outbound.queries import state_counts

    last = until or date
    if last < date:
        raise Refusal(f"--until {last} lies before --date {date}")
    if dry_run and until:
        raise Refusal("--dry-run looks at one night; what later nights do depends on the nights before them")
    broken = False
    days = (last - date).days + 1
    with console.status("") as status:
        for number in range(days):
            business_date = date + dt.timedelta(days=number)

            def progress(step: str, done: int, total: int, shown: dt.date = business_date) -> None:
                status.update(f"{shown} · {step} {done}/{total}")

            status.update(f"{business_date} · {number + 1} of {days}")
            figures = run(business_date, workers=workers, dry_run=dry_run, progress=progress)
            broken = broken or any(step.error for step in figures.steps)
            if as_json:
                emit(figures.as_json())
            else:
                entered = (
                    ", ".join(f"{stage} {count}" for stage, count in figures.stages_entered.items())
                    or "no stage entered"
                )
                done = ", ".join(f"{kind} {count}" for kind, count in figures.actions.items()) or "no action"
                click.echo(
                    f"{business_date}  {figures.accounts_evaluated} accounts looked at; {entered}; {done}; "
                    f"{figures.seconds:.2f} s"
                )
        if not dry_run and not no_deliver:
            deliver_now(last, lambda sent: status.update(f"Delivering messages · {sent}"))
            if waiting := state_counts().get("released", 0):
                click.echo(
                    f"{waiting} messages wait because they could not be sent; their pages in the desk say why. A worker "
                    "tries again.",
                    err=True,
                )
    if broken:
        click.echo("A law is broken: `relance verify` names the offenders.", err=True)
        raise click.exceptions.Exit(1)
