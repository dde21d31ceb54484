"""Verify: the laws that tonight's work could have broken and that cost little to check."""

from relance.cycle.night import Night
from relance.kit.laws import check, every_law


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Check the nightly laws of every room and name the broken ones; `relance verify` checks all laws."""
    nightly = [law for law in every_law() if law.nightly]
    night.broken_laws += [f"{report.law}: {report.offenders}" for report in check(nightly) if report.offenders]
