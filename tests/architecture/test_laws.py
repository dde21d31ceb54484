"""Every law of every room is proven able to fail: it holds on a small scene, and notices the scene damaged."""

import importlib
import re

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from relance.kit.laws import Law, check
from tests.architecture.damage import DAMAGE, set_scene
from tests.architecture.house import ROOF, ROOT, SOURCE


def laws() -> dict[str, Law]:
    """Every law of the house by name."""
    found: dict[str, Law] = {}
    for path in sorted([*SOURCE.glob("*/laws.py"), *SOURCE.glob("*/laws/__init__.py")]):
        room = path.relative_to(SOURCE).parts[0]
        if room in {"kit", ROOF}:
            continue
        for law in importlib.import_module(f"relance.{room}.laws").LAWS:
            assert law.name not in found, f"two laws are called {law.name}"
            assert law.name.startswith(f"{room}."), f"{law.name} does not carry its room's name"
            assert law.meaning, law.name
            found[law.name] = law
    return found


def test_every_law_has_a_damage_and_every_damage_a_law() -> None:
    assert set(DAMAGE) == set(laws())


def let_rows_be_changed(cursor: CursorWrapper) -> None:
    """Take away the triggers that keep rows as they were written; whoever damages a database can do the same."""
    cursor.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text ~ %s",
        ["^(arrangements|ledger|staff|worklist)_"],
    )
    for (table,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


@pytest.mark.parametrize("name", sorted(laws()))
def test_a_law_holds_on_the_scene_and_notices_each_damage(name: str, db: None) -> None:
    law = laws()[name]
    set_scene()
    assert check([law])[0].offenders == 0
    assert DAMAGE.get(name), f"nothing proves that {name} can fail"
    for damage in DAMAGE[name]:
        with transaction.atomic():
            with connection.cursor() as cursor:
                let_rows_be_changed(cursor)
                cursor.execute(damage)
                assert cursor.rowcount != 0, f"the damage did nothing: {damage}"
            report = check([law])[0]
            transaction.set_rollback(True)
        assert report.offenders > 0, f"{name} did not notice: {damage}"
        assert all(report.examples), f"{name} does not name its offenders"


def test_the_documentation_names_every_law() -> None:
    named = set(re.findall(r"(?m)^\| `([a-z_.]+)` \|", (ROOT / "docs/reference/laws.md").read_text(encoding="utf-8")))
    assert named == set(laws())
