"""The locks that keep two processes from working the same creditor's night; the server frees them when one dies."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.utils.translation import gettext as _

from relance.kit.refusal import Refusal

_NIGHT, _HELPERS = 1_380_273_217, 1_380_273_218
"""The first halves of our advisory locks; the second is the creditor."""


_NOTICE_DEATH = "SET client_connection_check_interval = '1s'"
"""Has the server end a statement whose process was killed, rather than hold its locks to the end of it."""
SECONDS_TO_WAIT = 3.0


class CycleRunning(Refusal):
    """Somebody else is working this creditor's night."""


@contextlib.contextmanager
def only_cycle(creditor_id: int, code: str) -> Iterator[None]:
    """Work a creditor's night alone. Raises CycleRunning when another process does.

    What a process that was killed leaves behind ends soon, and is waited for: its session in the server, and helpers
    with the chunk they have in hand.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE_DEATH)
        if not _locked(cursor, creditor_id):
            raise CycleRunning(
                _("another cycle of creditor %(code)s is running; wait for it to end, or see its page in the desk")
                % {"code": code}
            )
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_HELPERS, creditor_id])
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_HELPERS, creditor_id])
    try:
        yield
    finally:
        _unlock(creditor_id)


def _locked(cursor: Any, creditor_id: int) -> bool:
    """Take the lock, waiting as long as the server may need to notice that its last holder was killed."""
    until = time.monotonic() + SECONDS_TO_WAIT
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_NIGHT, creditor_id])
        if cursor.fetchone()[0]:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.1)


def _unlock(creditor_id: int) -> None:
    """Give the lock back; a connection that is lost has given it back already, and makes way for a fresh one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_NIGHT, creditor_id])
    except (DatabaseError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close()


@contextlib.contextmanager
def helping(creditor_id: int) -> Iterator[None]:
    """Mark this process as one that works chunks of the night for another."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE_DEATH)
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_HELPERS, creditor_id])
    yield


def running_creditors() -> set[int]:
    """The creditors whose night is being worked now, by whatever process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_NIGHT],
        )
        return {row[0] for row in cursor.fetchall()}
