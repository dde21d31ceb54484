"""The import contracts of `.importlinter` hold, and each of them notices a trespass planted in a copy of the house."""

import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.house import ROOF, ROOT, SOURCE, copy_house, plant

CONFIGURATION = ROOT / ".importlinter"

# Contract -> trespasses, each of which alone must break it: file -> text added at its end.
TRESPASSES: Mapping[str, list[Mapping[str, str]]] = {
    "floors": [
        {"ledger/queries.py": "import relance.dunning.facts"},
        {"customers/planted.py": "import relance.staff.facts"},
        {"kit/planted.py": "import relance.customers.facts"},
        {"cycle/planted.py": "import relance.intake.facts"},
        {"faces/console/planted.py": "import relance.project.settings"},
        {"attic/planted.py": ""},
    ],
    "faces": [
        {"faces/console/planted.py": "import relance.faces.desk.middleware"},
        {"faces/desk/planted.py": "import relance.faces.console.main"},
        {"faces/window/planted.py": ""},
    ],
    "inside": [
        {"ledger/models.py": "import relance.ledger.queries", "ledger/queries.py": ""},
        {"dunning/rules.py": "import relance.dunning.models"},
        {"outbound/queries.py": "def planted():\n    import relance.outbound.services", "outbound/services.py": ""},
        {"cycle/services.py": "import relance.cycle.tasks", "cycle/tasks.py": ""},
        {"intake/facts.py": "import relance.intake.rules", "intake/rules.py": ""},
    ],
    "rules": [
        {"dunning/rules.py": "from django.utils import timezone"},
        {"ledger/rules.py": "import psycopg"},
        {"dunning/rules.py": "import relance.ledger.queries", "ledger/queries.py": ""},
        {"dunning/actions/planted.py": "import relance.kit.clock"},
        {"worklist/kinds/planted.py": "import django"},
        {"legal/packs/planted.py": "from django.db import models"},
        {"legal/verdicts.py": "import relance.kit.ids"},
        {"dunning/rules.py": "import random"},
        {"dunning/rules.py": "import relance.kit.planted", "kit/planted.py": "import time"},
    ],
    "facts": [
        {"ledger/facts.py": "from django.db import models"},
        {"dunning/facts.py": "import relance.ledger.rules", "ledger/rules.py": ""},
        {"customers/facts.py": "import relance.customers.models"},
    ],
    "clock": [{"ledger/planted.py": "from relance.kit.clock import today"}],
    "handlers": [
        {"faces/desk/planted.py": "import relance.dunning.tasks", "dunning/tasks.py": ""},
        {"insight/planted.py": "import relance.dunning.tasks", "dunning/tasks.py": ""},
    ],
    "tables-kit": [{"faces/desk/planted.py": "import relance.kit.models"}],
    "tables-staff": [{"faces/desk/planted.py": "from relance.staff.models import User"}],
    "tables-customers": [{"ledger/planted.py": "from relance.customers import models"}],
    "tables-legal": [{"ledger/planted.py": "from relance.legal.models import Rate"}],
    "tables-ledger": [{"dunning/planted.py": "from relance.ledger.models import OpenItem"}],
    "tables-outbound": [{"dunning/planted.py": "import relance.outbound.models"}],
    "tables-worklist": [{"dunning/planted.py": "from relance.worklist.models import WorkItem"}],
    "tables-payments": [{"cycle/planted.py": "from relance.payments.models import Mandate"}],
    "tables-arrangements": [{"dunning/planted.py": "from relance.arrangements.models import Hold"}],
    "tables-dunning": [{"insight/planted.py": "from relance.dunning.models import Position"}],
    "tables-cycle": [{"faces/console/planted.py": "import relance.cycle.models"}],
    "tables-intake": [{"project/planted.py": "import relance.intake.models"}],
}


def contracts() -> dict[str, str]:
    """Contract id -> the name that the report prints."""
    parser = configparser.ConfigParser()
    parser.read(CONFIGURATION, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): parser[s]["name"] for s in parser.sections() if s.startswith(prefix)}


def lint(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the `relance` package that lies in `root`."""
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("lint-imports")),
            "--config",
            str(CONFIGURATION),
            "--no-logo",
            "--no-cache",
            *arguments,
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untouched copy of the house."""
    root = tmp_path_factory.mktemp("pristine")
    copy_house(root)
    return root


def test_the_house_keeps_every_contract() -> None:
    outcome = lint(SOURCE.parent)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_an_untouched_copy_keeps_every_contract_too(pristine: Path) -> None:
    """The proofs below break a copy: it must be the planting that breaks it."""
    outcome = lint(pristine)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert f"{len(contracts())} kept, 0 broken" in outcome.stdout


@pytest.mark.parametrize(
    ("contract", "trespass"),
    [pytest.param(key, files, id=f"{key}-{n}") for key, many in TRESPASSES.items() for n, files in enumerate(many, 1)],
)
def test_a_contract_notices_a_planted_trespass(
    contract: str, trespass: Mapping[str, str], pristine: Path, tmp_path: Path
) -> None:
    shutil.copytree(pristine / "relance", tmp_path / "relance")
    plant(tmp_path / "relance", trespass)
    outcome = lint(tmp_path, "--contract", contract)
    assert f"{contracts()[contract]} BROKEN" in outcome.stdout, outcome.stdout + outcome.stderr
    assert outcome.returncode == 1


def test_every_contract_is_proven() -> None:
    assert set(contracts()) == set(TRESPASSES)


def test_every_room_with_tables_keeps_them_home() -> None:
    """A new room with tables needs its own contract."""
    with_tables = {path.parent.name for path in SOURCE.glob("*/models.py")} | {
        path.parent.parent.name for path in SOURCE.glob("*/models/__init__.py")
    }
    assert {f"tables-{room}" for room in with_tables - {ROOF}} <= set(contracts())
