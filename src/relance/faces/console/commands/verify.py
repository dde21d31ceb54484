"""`relance verify`: every law of every room."""

import click

from relance.faces.console.ground import emit, prepare


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def COMMAND(as_json: bool) -> None:  # noqa: N802
    """Check every law over the whole database. Exit code 1 when one is broken."""
    prepare()
    from relance.kit.laws import check, every_law

    reports = check(every_law())
    if as_json:
        emit({"laws": [{"law": report.law, "offenders": report.offenders} for report in reports]})
    else:
        for report in reports:
            mark = "kept  " if report.offenders == 0 else "BROKEN"
            click.echo(f"{mark}  {report.law}: {report.meaning}")
            if report.offenders:
                click.echo(f"        {report.offenders} offenders, for example {', '.join(report.examples)}")
    if any(report.offenders for report in reports):
        raise click.exceptions.Exit(1)
