"""Prepares what nearly every command stands on: the database server, Django, and the schema at its newest."""

import json
import os
from pathlib import Path
from typing import Any

import click


def prepare() -> None:
    """Start or join the database, set Django up and migrate when needed. Raises Refusal when that cannot be done."""
    from relance.kit.home import home
    from relance.kit.postgres import DatabaseUnavailable, ensure_database_url
    from relance.kit.refusal import Refusal

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relance.project.settings")
    try:
        ensure_database_url(home())
    except DatabaseUnavailable as error:
        raise Refusal(str(error)) from error
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, DatabaseUnavailable, ValueError) as error:
        raise Refusal(f"the configuration cannot be used: {error}; see the variables in the README") from error
    migrate_if_needed()


def migrate_if_needed() -> None:
    """Bring the schema up to date; commands started at the same time wait for the one that does it."""
    from django.db import OperationalError, connection

    from relance.kit.refusal import Refusal

    try:
        with connection.cursor() as cursor:
            if _applied(cursor) >= _shipped():
                return
            cursor.execute("SELECT pg_advisory_lock(hashtext('relance.migrate'))")
            try:
                if not _applied(cursor) >= _shipped():
                    from django.core.management import call_command

                    click.echo("Preparing the database…", err=True)
                    call_command("migrate", interactive=False, verbosity=0)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('relance.migrate'))")
    except OperationalError as error:
        raise Refusal(f"the database cannot be reached ({error}); check RELANCE_DATABASE_URL") from error


def _applied(cursor: Any) -> set[tuple[str, str]]:
    cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return set()
    cursor.execute("SELECT app, name FROM django_migrations")
    return set(cursor.fetchall())


def _shipped() -> set[tuple[str, str]]:
    from django.apps import apps

    return {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        for path in (Path(config.path) / "migrations").glob("[0-9]*.py")
    }


def emit(document: object) -> None:
    """Print one JSON document on one line of standard output, at once."""
    click.echo(json.dumps(document, ensure_ascii=False))
