"""`relance staff`: the first administrator, and a way back in when a password is lost."""

import click

from relance.faces.console.ground import prepare

ROLES = ("agent", "supervisor", "finance", "administrator", "auditor")


@click.group("staff")
def COMMAND() -> None:  # noqa: N802
    """People who sign in to the desk."""


@COMMAND.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="administrator", show_default=True, help="What they may do.")
@click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of their screens."
)
def add(name: str, role: str, lang: str) -> None:
    """Add a person with a random password, shown once and replaced at their first sign-in."""
    prepare()
    from relance.staff.services import create_user, temporary_password

    password = temporary_password()
    create_user(name, password, role, lang, must_change_password=True)
    click.echo(f"{name} ({role}) signs in with {password} and then chooses a password.")


@COMMAND.command("password")
@click.argument("name")
def password(name: str) -> None:
    """Replace a lost password by a random one, shown once and replaced at the next sign-in."""
    prepare()
    from relance.staff.services import replace_lost_password

    click.echo(f"{name} signs in with {replace_lost_password(name)} and then chooses a password.")
