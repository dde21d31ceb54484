"""`relance seal`: closes days of the journal for good."""

import datetime as dt

import click

from relance.faces.console import ground
from relance.faces.console.show import day


@click.command("seal")
@click.option("--through", type=day, required=True, help="The last day to seal; it must be over.")
@click.option("--creditor", "code", help="The code of one creditor; without it, every one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def COMMAND(through: dt.date, code: str | None, as_json: bool) -> None:  # noqa: N802
    """Seal every day of the journal up to one: nothing can be dated there any more, and any change shows.

    Of several creditors, those that are sealed as far already are left as they are.
    """
    ground.prepare()
    from relance.faces.console.creditors import chosen_creditors
    from relance.kit.clock import today
    from relance.ledger.queries import sealed_through
    from relance.ledger.services import seal_through

    figures = []
    for creditor in chosen_creditors(code):
        last = sealed_through(creditor.id)
        is_behind = last is None or last < through
        count = seal_through(creditor.id, through, "", today()) if code or is_behind else 0
        last = sealed_through(creditor.id)
        figures.append({"creditor": creditor.code, "days": count, "sealed_through": last.isoformat() if last else None})
        state = f"the journal is sealed through {last}" if last else "there is no entry to seal"
        click.echo(f"{creditor.code}: {count} days sealed now, {state}", err=True)
    if as_json:
        ground.emit({"creditors": figures})
