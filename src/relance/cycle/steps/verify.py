"""Verify: the laws that tonight's work could have broken."""

from relance.cycle.night import Night
from relance.dunning.laws import LAWS
from relance.kit.laws import check


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Check the laws of dunning and name the broken ones; `relance verify` checks those of every room."""
    night.broken_laws += [f"{report.law}: {report.offenders}" for report in check(LAWS) if report.offenders]
