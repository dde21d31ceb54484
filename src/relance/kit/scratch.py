"""A scratch database on the same server: made, migrated and dropped again, for benches that touch no real data."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import ProgrammingError, connection, connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from relance.kit.postgres import DATABASE_URL
from relance.kit.refusal import Refusal


@contextmanager
def scratch_database(purpose: str = "bench", like: str = "") -> Iterator[str]:
    """Within the block Django, and processes started in it, use a fresh migrated database; yields its name.

    With `like` it is a copy of the database of that name, which nobody else may be using.
    Must be entered outside any transaction. Other processes see it through `RELANCE_DATABASE_URL`, which is set for
    the time of the block. Raises Refusal when the server's user may not create databases.
    """
    usual, usual_url = str(connection.settings_dict["NAME"]), os.environ.get(DATABASE_URL)
    name = f"relance_{purpose}_{os.getpid()}_{secrets.token_hex(3)}"
    try:
        _execute("CREATE DATABASE {}" + (" TEMPLATE {} STRATEGY FILE_COPY" if like else ""), name, like)
    except ProgrammingError as error:
        raise Refusal(f"a scratch database cannot be created on this server ({error}); grant CREATEDB") from error
    try:
        _point_to(name, make_conninfo(usual_url, dbname=name) if usual_url else None)
        call_command("migrate", interactive=False, verbosity=0)
        yield name
    finally:
        _point_to(usual, usual_url)
        _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(statement: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names if name)))


def _point_to(name: str, url: str | None) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name
    if url:
        os.environ[DATABASE_URL] = url
