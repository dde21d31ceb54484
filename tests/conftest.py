"""Fixtures that every room's tests use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Office

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that commits puts the migrated rows back afterwards; were only some to do so, they would trip over
    what the others left. Browser tests come last: their server may still be answering when the next test begins.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        names = getattr(item, "fixturenames", [])
        mark = item.get_closest_marker("django_db")
        if "live_server" in names or "transactional_db" in names or (mark and mark.kwargs.get("transaction")):
            names.insert(0, "django_db_serialized_rollback")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The outside samples, where this checkout has them beside it."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the outside samples are not in {SAMPLES}")
    return SAMPLES


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:
    """An office with the whole cast as customers."""
    from tests.cast import CAST, Office

    opened = Office(tmp_path)
    opened.open_accounts(*CAST)
    return opened
