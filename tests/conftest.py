"""Fixtures that every room's tests use."""

from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The outside samples, where this checkout has them beside it."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the outside samples are not in {SAMPLES}")
    return SAMPLES
