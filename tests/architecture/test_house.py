"""Checks of the whole source that import contracts cannot make, each proven to notice a planted trespass."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from tests.architecture import checks
from tests.architecture.house import SOURCE, Module, copy_house, plant, read_house, rooms

Check = Callable[[list[Module]], list[str]]


@cache
def table_owners() -> dict[str, str]:
    """Every table -> its room, or the package it comes from when that is not one of ours."""
    owners = {
        model._meta.db_table: config.name.removeprefix("relance.").split(".")[0]
        for config in apps.get_app_configs()
        for model in config.get_models(include_auto_created=True)
    }
    for path in SOURCE.glob("*/migrations/*.py"):
        for table in re.findall(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", path.read_text("utf-8")):
            owners[table] = path.parent.parent.name
    return owners


@cache
def before(check: Check, pristine: Path) -> set[str]:
    """What a check already says of the untouched copy."""
    return set(check(read_house(pristine)))


def foreign_tables(house: list[Module]) -> list[str]:
    return checks.foreign_tables(house, table_owners())


def missing_rooms(house: list[Module]) -> list[str]:
    return checks.missing_rooms(house, settings.INSTALLED_APPS)


# Check -> trespasses, each of which alone it must notice: file -> text added at its end.
PROOFS: Mapping[Check, list[Mapping[str, str]]] = {
    foreign_tables: [
        {"dunning/planted.py": 'SQL = "SELECT 1 FROM ledger_openitem"'},
        {"insight/planted.py": 'def f(day):\n    return f"SELECT {day} FROM dunning_position p WHERE true"'},
        {"customers/planted.py": "SQL = 'SELECT 1 FROM \"staff_user\"'"},
        {"faces/desk/planted.py": 'from django.apps import apps\nx = apps.get_model("ledger", "Entry")'},
        {"faces/desk/planted.py": 'from django.apps import apps\nx = apps.get_model("ledger.Entry")'},
    ],
    checks.clocks: [
        {"ledger/planted.py": "import datetime as dt\ndef f():\n    return dt.date.today()"},
        {"dunning/planted.py": "from datetime import datetime\ndef f():\n    return datetime.now()"},
        {"outbound/planted.py": "from django.utils import timezone\ndef f():\n    return timezone.now()"},
        {"outbound/planted.py": "from django.utils.timezone import localdate\nx = localdate()"},
        {"intake/planted.py": "import time\nx = time.time()"},
        {"ledger/planted.py": 'SQL = "SELECT 1 WHERE due_on < CURRENT_DATE"'},
        {"ledger/planted.py": 'SQL = "SELECT 1 WHERE due_on < now()::date"'},
        {"ledger/planted.py": "import datetime as dt\nclass A:\n    default = dt.date.today"},
    ],
    checks.floats: [
        {"ledger/planted.py": "def f(x):\n    return float(x)"},
        {"ledger/planted.py": "RATE = 0.2"},
        {"ledger/planted.py": "def f(total, n):\n    return total / n"},
        {"ledger/planted.py": 'SQL = "SELECT amount_minor::float"'},
        {"kit/money.py": "def f(x):\n    return float(x)"},
        {"dunning/planted.py": "def f(amount_minor):\n    return float(amount_minor)"},
        {"insight/planted.py": "def f(open_minor):\n    return open_minor / 100"},
    ],
    checks.undocumented: [
        {"ledger/planted.py": "X = 1"},
        {"faces/console/commands/planted.py": "X = 1"},
        {"ledger/queries.py": "def planted():\n    return 1"},
    ],
    checks.closed_doors: [
        {"dunning/planted.py": "import relance.ledger.rules"},
        {"dunning/planted.py": "from relance.ledger import laws"},
        {"faces/desk/planted.py": "from relance.customers import models"},
        {"dunning/planted.py": "import relance.ledger"},
        {"insight/planted.py": "def f():\n    from relance.ledger.as_of import x"},
        {
            "ledger/queries/read_planted.py": "X = 1",
            "dunning/planted.py": "from relance.ledger.queries.read_planted import X",
        },
    ],
    checks.strange_names: [
        {"ledger/utils.py": ""},
        {"dunning/helpers/planted.py": ""},
    ],
    checks.long_files: [{"ledger/rules.py": "X = 1\n" * 401}],
    checks.second_decisions: [
        {"dunning/queries/explain.py": "from relance.dunning.rules import decide"},
        {"dunning/services/perform.py": "from relance.dunning import rules\nx = rules.decide"},
        {"insight/planted.py": "import relance.dunning.rules\nx = relance.dunning.rules.decide"},
    ],
    checks.uninvited_packages: [
        {"ledger/planted.py": "import requests"},
        {"ledger/planted.py": "from rich.console import Console"},
        {"dunning/planted.py": "def f():\n    import openpyxl"},
    ],
    missing_rooms: [{"attic/apps.py": ""}],
}

_IDS = [check.__name__ for check in PROOFS]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untouched copy of the house."""
    return copy_house(tmp_path_factory.mktemp("pristine"))


@pytest.mark.parametrize("check", PROOFS, ids=_IDS)
def test_the_house_is_clean(check: Check) -> None:
    trespasses = check(read_house())
    assert not trespasses, "\n" + "\n".join(trespasses)


@pytest.mark.parametrize(
    ("check", "trespass"),
    [pytest.param(c, files, id=f"{c.__name__}-{n}") for c, many in PROOFS.items() for n, files in enumerate(many, 1)],
)
def test_a_check_notices_a_planted_trespass(
    check: Check, trespass: Mapping[str, str], pristine: Path, tmp_path: Path
) -> None:
    copy = copy_house(tmp_path, pristine)
    plant(copy, trespass)
    assert set(check(read_house(copy))) - before(check, pristine)


def test_night_explain_plan_and_preview_ask_one_decision(pristine: Path, tmp_path: Path) -> None:
    assert checks.lonely_askers(read_house()) == []
    copy = copy_house(tmp_path, pristine)
    preview = copy / "dunning/queries/preview.py"
    preview.write_text(preview.read_text().replace("relance.dunning.cases", "relance.dunning.elsewhere"))
    assert checks.lonely_askers(read_house(copy))


def test_every_room_has_a_floor() -> None:
    """The floors contract is exhaustive; this says the same without the linter, so that neither can be lost alone."""
    text = (SOURCE.parents[1] / ".importlinter").read_text(encoding="utf-8")
    floors = text.split("[importlinter:contract:floors]")[1].split("\nlayers =")[1].split("broken_contract")[0]
    assert set(re.findall(r"\w+", floors)) == set(rooms())
