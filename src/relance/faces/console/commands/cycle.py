"""`relance cycle`: work one business date, or each from one to another."""

import datetime as dt
import os
from typing import TYPE_CHECKING

import click

from relance.faces.console.ground import emit, prepare
from relance.faces.console.show import console, day

if TYPE_CHECKING:
    from relance.cycle.facts import CycleFigures


@click.command("cycle")
@click.option("--date", "date", type=day, required=True, help="Business date, YYYY-MM-DD.")
@click.option("--until", type=day, help="Go on day after day up to and including this date.")
@click.option("--creditor", metavar="CODE", help="Only this creditor; without it, every one that has accounts.")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True,
              help="Processes that share the chunks of large steps.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--no-deliver", is_flag=True, help="Leave released messages to `relance worker`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per day on standard output.")
def COMMAND(  # noqa: N802
    date: dt.date,
    until: dt.date | None,
    creditor: str | None,
    workers: int,
    dry_run: bool,
    no_deliver: bool,
    as_json: bool,
) -> None:
    """Run the daily cycle: decide, perform, deliver, verify, close.

    A closed date is not worked again: its figures are shown as they were. An interrupted one goes on where it stopped.
    A date whose laws are broken is held open; the next run of it verifies again, and closes it when they are mended.
    After each date its messages are delivered, unless --no-deliver leaves them to a worker.
    """
    prepare()
    from relance.cycle.services import run
    from relance.faces.console.creditors import chosen_creditors
    from relance.faces.console.delivery import deliver_now
    from relance.kit.refusal import Refusal
    from relance.outbound.queries import state_counts

    last = until or date
    if last < date:
        raise Refusal(f"--until {last} lies before --date {date}")
    if dry_run and until:
        raise Refusal("--dry-run looks at one night; what later nights do depends on the nights before them")
    creditor_id = chosen_creditors(creditor)[0].id if creditor is not None else None
    troubles: dict[str, None] = {}
    days = (last - date).days + 1
    with console.status("") as status:
        for number in range(days):
            business_date = date + dt.timedelta(days=number)

            def progress(step: str, done: int, total: int, shown: dt.date = business_date) -> None:
                status.update(f"{shown} · {step} {done}/{total}")

            status.update(f"{business_date} · {number + 1} of {days}")
            figures = run(business_date, workers=workers, dry_run=dry_run, progress=progress, creditor_id=creditor_id)
            if as_json:
                emit(figures.as_json())
            else:
                click.echo(_line(figures))
            troubles |= dict.fromkeys(_troubles(figures))
            if not dry_run and not no_deliver:  # on its own day: money of the days to come is not there yet
                deliver_now(business_date, lambda sent: status.update(f"Delivering messages · {sent}"))
            if figures.state == "held_open":
                break
        if not dry_run and not no_deliver and (waiting := state_counts().get("released", 0)):
            click.echo(
                f"{waiting} messages wait because they could not be sent; their pages in the desk say why. A worker "
                "tries again.",
                err=True,
            )
    if troubles:
        for trouble in troubles:
            click.echo(trouble, err=True)
        raise click.exceptions.Exit(1)


def _line(figures: "CycleFigures") -> str:
    entered = ", ".join(f"{stage} {count}" for stage, count in figures.stages_entered.items()) or "no stage entered"
    done = ", ".join(f"{kind} {count}" for kind, count in figures.actions.items()) or "no action"
    failed = f" {figures.failures} accounts failed and will be tried again;" if figures.failures else ""
    return (
        f"{figures.business_date}  {figures.accounts_evaluated} accounts looked at; {entered}; {done};{failed} "
        f"{figures.seconds:.2f} s"
    )


def _troubles(figures: "CycleFigures") -> list[str]:
    """What keeps the date from being closed for some creditor, one sentence each."""
    found = list(figures.left_out)
    if figures.state == "held_open":
        laws = "; ".join(map(str, figures.broken_laws))
        found.append(
            f"{figures.business_date} is held open by broken laws: {laws}. `relance verify` names the offenders; once "
            "they are mended, run the same command again."
        )
    return found
