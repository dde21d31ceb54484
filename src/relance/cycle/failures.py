"""Accounts whose work failed: telling their trouble from the machine's, writing them down, marking them solved."""

from collections.abc import Sequence

from django.db import InterfaceError, connection
from psycopg import Error as DriverError
from psycopg import OperationalError as DriverTrouble

from relance.kit.bulk import id_array

_ERROR_LENGTH = 2_000
_OF_THE_MACHINE = ("08", "531", "533", "57P", "58", "F0")
"""SQLSTATE beginnings that no account is to blame for: connection lost, disk full, too many connections, shutdown, system
error, configuration.
"""
_UNLUCKY = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: others' locks got in the way."""


def is_of_the_machine(error: Exception) -> bool:
    """Whether the server or the way to it failed, so that working on with other accounts makes no sense."""
    if isinstance(error, InterfaceError) or connection.connection is None or connection.connection.closed:
        return True
    state = _sqlstate(error)
    return state is not None and state.startswith(_OF_THE_MACHINE)


def is_unlucky(error: Exception) -> bool:
    """Whether the same work may well succeed when it is simply done again."""
    return _sqlstate(error) in _UNLUCKY


def _sqlstate(error: Exception) -> str | None:
    """The server's code behind an error; trouble of the driver without a code is a connection that went away."""
    for one in (error, error.__cause__):
        if isinstance(one, DriverError):
            return one.sqlstate or ("08" if isinstance(one, DriverTrouble) else None)
    return None


def open_failures(creditor_id: int, step: str) -> set[int]:
    """Accounts of a creditor with an unsolved failure in a step, of whatever night."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT f.account_id FROM cycle_failure f JOIN cycle_cycle c ON c.id = f.cycle_id "
            "WHERE f.step = %s AND f.state = 'open' AND c.creditor_id = %s",
            [step, creditor_id],
        )
        return {row[0] for row in cursor.fetchall()}


def record_failures(cycle_id: int, step: str, account_ids: Sequence[int], error: Exception) -> None:
    """Write down that these accounts failed in a step of a night, or that they did so again."""
    text = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH].replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cycle_failure (cycle_id, step, account_id, error, attempts, state) "
            "SELECT %s, %s, account_id, %s, 1, 'open' FROM unnest(%s::bigint[]) AS t(account_id) "
            "ON CONFLICT (cycle_id, step, account_id) DO UPDATE SET error = excluded.error, state = 'open', "
            "attempts = cycle_failure.attempts + 1, last_at = now()",
            [cycle_id, step, text, id_array(account_ids)],
        )


def mark_solved(step: str, account_ids: Sequence[int]) -> None:
    """These accounts were worked in this step: what failed of them, in whatever night, is solved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_failure SET state = 'solved', last_at = now() "
            "WHERE state = 'open' AND step = %s AND account_id = ANY(%s::bigint[])",
            [step, id_array(account_ids)],
        )
