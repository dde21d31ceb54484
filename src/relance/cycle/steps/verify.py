"""Verify: the laws that tonight's work could have broken and that cost little to check."""

from relance.cycle.night import Night


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Name the nightly laws that are broken, which holds the night open; `relance verify` checks all laws."""
    night.broken_laws = night.verdict.broken_laws()
