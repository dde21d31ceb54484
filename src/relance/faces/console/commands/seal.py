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
    from relance.ledger.queries import sealed_through, seals
    from relance.ledger.services import seal_through

    figures = []
    for creditor in chosen_creditors(code):
        last = sealed_through(creditor.id)
        is_behind = last is None or last < through
        count = seal_through(creditor.id, through, "", today()) if code or is_behind else 0
        newest = next(iter(seals(creditor.id, limit=1).rows), None)
        figures.append(
            {
                "creditor": creditor.code,
                "days": count,
                "sealed_through": newest.day.isoformat() if newest else None,
                "seal_hash": newest.seal_hash if newest else None,
            }
        )
        state = (
            f"the journal is sealed through {newest.day}, its newest seal is {newest.seal_hash}; keep it outside"
            if newest
            else "there is no entry to seal"
        )
        click.echo(f"{creditor.code}: {count} days sealed now, {state}", err=True)
    if as_json:
        ground.emit({"creditors": figures})
