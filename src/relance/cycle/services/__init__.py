"""Writes of the cycle: running nights, trying failures again, and saying when nights run by themselves."""

from relance.cycle.locks import CycleRunning
from relance.cycle.services.nightly import due_creditors, run_due, set_schedule
from relance.cycle.services.retry import retry_failure
from relance.cycle.services.run import FURTHEST_AHEAD, run

__all__ = ["FURTHEST_AHEAD", "CycleRunning", "due_creditors", "retry_failure", "run", "run_due", "set_schedule"]
