"""The `relance` command: finds its subcommands on the shelf `commands/` and reports trouble in one clear sentence.

Exit codes: 0 done, 1 done with rejected rows or broken laws, 2 refused.
"""

import importlib
import os
import pkgutil
import sys

import click

from relance.faces.console import commands
from relance.kit.refusal import Refusal


class _Shelf(click.Group):
    """Commands by file name, imported only when asked for, so that `relance --help` starts nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(info.name.removesuffix("_").replace("_", "-") for info in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        file_name = cmd_name.replace("-", "_")
        names = {info.name for info in pkgutil.iter_modules(commands.__path__)}
        module = importlib.import_module(f"{commands.__name__}.{file_name if file_name in names else file_name + '_'}")
        command: click.Command = module.COMMAND
        return command


@click.group(cls=_Shelf, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="relance")
def cli() -> None:
    """Collections and payments of a telecom operator."""


def main() -> None:
    """Entry point of the console script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.project.settings")
    try:
        outcome = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except Refusal as refusal:
        click.echo(f"Refused: {refusal}", err=True)
        sys.exit(2)
    # Without standalone mode click returns the code of an Exit instead of leaving with it.
    sys.exit(outcome if isinstance(outcome, int) else 0)
