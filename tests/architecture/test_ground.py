"""The ground a newcomer stands on: lock files, make targets, README and gate say one thing."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

LOCKS = ("requirements/run.lock", "requirements/dev.lock")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def lock_faults(text: str) -> list[str]:
    """What makes a lock file unfit: an address in it, a loose version, a requirement without a hash."""
    address = re.compile(r"https?://|--(extra-)?index|--find")
    faults = [f"an address: {line}" for line in text.splitlines() if address.search(line)]
    for requirement in re.split(r"(?m)^(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text)):
        if not requirement.strip():
            continue
        first = requirement.split()[0]
        if not re.match(r"[\w.\[\],-]+==[\w.!+-]+$", first):
            faults.append(f"not pinned: {first}")
        if not re.search(r"--hash=sha256:[0-9a-f]{64}", requirement):
            faults.append(f"no hash: {first}")
    return faults


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_pin_with_hashes_and_name_no_index(name: str) -> None:
    text = read(name)
    assert lock_faults(text) == []
    assert len(re.findall(r"(?m)^[A-Za-z0-9]", text)) > 5


@pytest.mark.parametrize(
    "fault",
    [
        "--index-url https://packages.example/simple\n",
        "planted==1.0\n    # via nobody\n",
        "planted>=1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "planted @ https://packages.example/planted.whl \\\n    --hash=sha256:" + "0" * 64 + "\n",
    ],
)
def test_a_fault_in_a_lock_file_is_noticed(fault: str) -> None:
    assert lock_faults(read(LOCKS[0]) + fault)


def test_every_direct_requirement_is_locked() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = {LOCKS[0]: project["project"]["dependencies"], LOCKS[1]: project["dependency-groups"]["dev"]}
    for lock, requirements in wanted.items():
        locked = {name.lower() for name in re.findall(r"(?m)^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", read(lock))}
        names = {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in requirements}
        assert names <= locked, lock


def test_make_has_the_promised_targets() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", read("Makefile")))
    assert {"setup", "demo", "test", "lint", "types", "lock"} <= targets
    for target in ("demo", "test", "lint", "types"):
        assert re.search(rf"(?m)^{target}: setup$", read("Makefile")), f"{target} does not prepare .venv first"


def test_readme_names_the_two_commands() -> None:
    readme = read("README.md")
    assert re.search(r"(?m)^make demo$", readme)
    assert re.search(r"(?m)^make test$", readme)


def test_readme_links_lead_somewhere() -> None:
    """Relative links of the README and of every page in docs/ point at files that exist."""
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_every_environment_variable_is_in_the_readme() -> None:
    used = set()
    for path in (ROOT / "src").rglob("*.py"):
        used |= set(re.findall(r"\bRELANCE_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    missing = used - set(re.findall(r"\bRELANCE_[A-Z_]+\b", read("README.md")))
    assert missing == set()


def test_the_gate_runs_what_the_readme_says() -> None:
    gate = ROOT / ".ci" / "run"
    lines = [line for line in gate.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert os.access(gate, os.X_OK)
    assert lines[-1] == "make test", "pytest's closing line must be the last thing printed"
    assert {"make lint", "make types"} <= set(lines)
    assert "set -euo pipefail" in lines


def committed_texts() -> list[Path]:
    """Every text of the checkout that is ours."""
    suffixes = {".py", ".md", ".html", ".js", ".css", ".yaml", ".txt", ".lock", ".po", ".csv", ""}
    texts = [ROOT / name for name in ("README.md", "Makefile", "pyproject.toml", ".importlinter")]
    for folder in ("src", "tests", "docs", ".ci", "requirements"):
        for path in (ROOT / folder).rglob("*"):
            generated = "__pycache__" in path.parts or ".egg-info" in str(path)
            if path.is_file() and path.suffix in suffixes and not generated:
                texts.append(path)
    return texts


def test_nothing_committed_depends_on_one_machine() -> None:
    """No path of a private machine: a stranger's checkout lies somewhere else."""
    private = re.compile(r"/(?:work|home/\w+|Users/\w+)/(?:main|shared|src)\b")
    named = [path for path in committed_texts() if private.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert named == []
