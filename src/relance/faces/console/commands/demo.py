"""`relance demo`: a synthetic operator whose year is played through the real import and the real cycle, then served."""

import datetime as dt
import json
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import click

from relance.faces.console import ground
from relance.faces.console.show import console
from relance.faces.console.synthetic import files
from relance.faces.console.synthetic.history import CREDITOR
from relance.faces.console.synthetic.plan import Plan
from relance.kit.refusal import Refusal

DEFAULT_ACCOUNTS = 2000
SCENARIOS = Path(files.__file__).with_name("scenarios")
STAFF = (
    ("agent", "agent", "fr"),
    ("supervisor", "supervisor", "fr"),
    ("finance", "finance", "fr"),
    ("admin", "administrator", "en"),
    ("auditor", "auditor", "en"),
)
"""Who can sign in to the demo: name, role, language of the screens."""


@dataclass(frozen=True, slots=True)
class _Build:
    """The plan of a demo as remembered beside its files, and whether it was played to its end."""

    plan: Plan
    finished: bool


@click.command()
@click.option("--accounts", type=click.IntRange(min=10), help=f"How many billing accounts ({DEFAULT_ACCOUNTS:,}).")
@click.option("--no-serve", is_flag=True, help="Build only; do not start the desk.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where the desk listens.")
def COMMAND(accounts: int | None, no_serve: bool, port: int) -> None:  # noqa: N802
    """A synthetic telecom operator with a year of history, then the desk to look at it.

    Stopped half-way, it goes on where it was the next time. Its messages go to the outbox folder, never to a mail
    server.
    """
    has_own_server = "RELANCE_DATABASE_URL" in os.environ
    os.environ.pop("RELANCE_SMTP_HOST", None)
    ground.prepare()
    # The hashes of a year of invented seals prove nothing and would bury the progress.
    logging.getLogger("relance.cycle.steps.seal").setLevel(logging.WARNING)
    build = _remembered()
    _refuse_other_data(build, accounts, has_own_server)
    if build is not None and build.finished:
        click.echo(f"The demo operator is here already: {_describe(build.plan)}.", err=True)
        click.echo(_sign_in_hint(None, port))
    else:
        if build is None:
            from relance.kit.clock import today

            build = _Build(Plan(accounts or DEFAULT_ACCOUNTS, today()), finished=False)
            _remember(build)
        started = time.monotonic()
        try:
            play(build.plan)
        except KeyboardInterrupt:
            click.echo("\nStopped. Run `relance demo` again: it goes on from here.", err=True)
            raise click.Abort from None
        click.echo(f"Built in {time.monotonic() - started:.0f} s: {_describe(build.plan)}.", err=True)
        click.echo(_sign_in_hint(create_staff(), port))
        _remember(_Build(build.plan, finished=True))
    if not no_serve:
        os.environ["RELANCE_DEMO"] = "1"
        from relance.faces.console.serving import serve

        serve(port=port)


def play(plan: Plan) -> None:
    """Write the operator's files, import each on its day and run that day's cycle; days already closed are skipped."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from relance.cycle import queries as cycles
    from relance.cycle import services as cycle
    from relance.dunning.services import import_scenario
    from relance.faces.console.delivery import deliver_now
    from relance.faces.console.synthetic import finance

    root = _folder()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        days = plan.days
        task = progress.add_task("Writing the operator's files", total=len(days))
        for month in root.glob("[0-9]*"):
            shutil.rmtree(month)
        files.write(plan, root)
        for path in sorted(SCENARIOS.glob("*.yaml")):
            import_scenario(path.read_text(encoding="utf-8"), "demo")
        closed = cycles.last_closed()
        messages = 0 if closed is None else deliver_now(closed)
        for day in days:
            if closed is None or day > closed:
                take_delivery(root, day)
                finance.begin()
                finance.work(day)
                cycle.run(day)
                messages += deliver_now(day)
            progress.update(task, advance=1, description=f"{day:%d %b %Y}, {messages:,} messages sent")
            if not console.is_terminal and day.day == 1:  # a log has no bar that moves
                click.echo(f"Played up to {day.isoformat()}, {messages:,} messages sent", err=True)


def take_delivery(root: Path, day: dt.date) -> None:
    """Import what the operator delivers on this day, if anything. Raises Refusal when a row of it is rejected."""
    from relance.intake.services import import_paths

    folder = files.folder_of(root, day)
    if not folder.is_dir():
        return
    for report in import_paths([folder], day, imported_by="demo"):
        if report.rejected:
            first = report.errors[0]
            raise Refusal(f"the demo's own file {report.file} was rejected in row {first.row}: {first.message}")


def create_staff() -> str | None:
    """Add the people who can sign in, all with one new password, and return it; None when they exist already."""
    from django.db import transaction

    from relance.staff.services import create_user, temporary_password

    password = temporary_password()
    try:
        with transaction.atomic():
            for name, role, language in STAFF:
                create_user(name, password, role, language, "demo")
    except Refusal:
        return None
    return password


def _refuse_other_data(build: _Build | None, accounts: int | None, has_own_server: bool) -> None:
    """Refuse to build on top of somebody's data, or of another demo."""
    from relance.customers import queries as customers
    from relance.cycle import queries as cycles
    from relance.kit.home import home

    afresh = (
        "point RELANCE_DATABASE_URL at an empty database and RELANCE_HOME at an empty folder"
        if has_own_server
        else f"set RELANCE_HOME to an empty folder, or stop Relance and remove {home()}"
    )
    strange = [
        creditor.code
        for creditor in customers.creditors()
        if creditor.code != CREDITOR and customers.find_accounts(creditor=creditor.code, limit=1).rows
    ]
    if strange:
        raise Refusal(f"this database holds accounts of {', '.join(strange)}; for the demo, {afresh}")
    if build is None and cycles.last_closed() is not None:
        raise Refusal(f"this database has a history of its own; for the demo, {afresh}")
    if build is not None and accounts not in (None, build.plan.account_count):
        raise Refusal(f"there is a demo here already ({_describe(build.plan)}); for another one, {afresh}")


def _remembered() -> _Build | None:
    """The demo that this database holds, finished or not; None when it holds none."""
    from relance.customers import queries as customers

    path = _folder() / "plan.json"
    if not path.exists() or all(creditor.code != CREDITOR for creditor in customers.creditors()):
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    plan = Plan(content["accounts"], dt.date.fromisoformat(content["ended_on"]), content["seed"])
    return _Build(plan, content["finished"])


def _remember(build: _Build) -> None:
    content = {
        "accounts": build.plan.account_count,
        "ended_on": build.plan.ended_on.isoformat(),
        "seed": build.plan.seed,
        "finished": build.finished,
    }
    fresh = _folder() / "plan.json.new"
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(_folder() / "plan.json")


def _folder() -> Path:
    from relance.kit.home import home

    folder = home() / "demo"
    folder.mkdir(exist_ok=True)
    return folder


def _describe(plan: Plan) -> str:
    return f"{plan.account_count:,} accounts, {plan.started_on.isoformat()} to {plan.ended_on.isoformat()}"


def _sign_in_hint(password: str | None, port: int) -> str:
    names = ", ".join(name for name, _, _ in STAFF)
    known = (
        f"password  {password}"
        if password
        else "password  the one shown when the demo was built (lost? `relance staff password admin`)"
    )
    return f"\n  desk      http://localhost:{port}/\n  sign in   {names}\n  {known}\n"
