"""`relance scenario`: import and export scenarios as YAML."""

from pathlib import Path

import click

from relance.faces.console.ground import emit, prepare


@click.group("scenario")
def COMMAND() -> None:  # noqa: N802
    """Dunning scenarios as YAML files."""


@COMMAND.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def import_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Check scenario files and make them current; all of them or none."""
    prepare()
    from django.db import transaction

    from relance.dunning.services import import_scenario, missing_parts
    from relance.kit.refusal import Refusal

    outcome: list[dict[str, object]] = []
    with transaction.atomic():
        for path in files:
            try:
                text = path.read_text("utf-8-sig")
            except OSError as error:
                raise Refusal(f"{path}: cannot be read ({error.strerror})") from None
            except UnicodeDecodeError:
                raise Refusal(f"{path}: is not UTF-8 text; save it as UTF-8") from None
            try:
                facts, created = import_scenario(text, author="command line")
            except Refusal as refusal:
                raise Refusal(f"{path}: {refusal}") from None
            if any(entry["code"] == facts.code for entry in outcome):
                raise Refusal(f"{path}: another of these files is for {facts.code} too; import one of them")
            outcome.append({"file": str(path), "code": facts.code, "version": facts.version, "created": created})
            for warning in missing_parts(facts):
                click.echo(f"{path}: {warning}", err=True)
    if as_json:
        emit({"scenarios": outcome})
    else:
        for entry in outcome:
            change = "is now current" if entry["created"] else "was current already"
            click.echo(f"{entry['code']}: version {entry['version']} {change}")


@COMMAND.command("export")
@click.argument("code")
def export(code: str) -> None:
    """Print the current version of a scenario as YAML."""
    prepare()
    from relance.dunning.services import export_scenario

    click.echo(export_scenario(code), nl=False)
