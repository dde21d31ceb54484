"""The house as text: every module of `src/relance` read and parsed once, so that checks can look at it or at a copy."""

import ast
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "relance"

FACES = "faces"
ROOF = "project"
DOORS = frozenset({"facts", "queries", "services"})


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its room (the folder below `relance`), its text and its syntax tree."""

    name: str
    path: Path
    room: str
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """The name below the room: `("services", "post_receipt")` for relance.ledger.services.post_receipt."""
        return tuple(self.name.split(".")[2:])

    @property
    def is_migration(self) -> bool:
        """Migrations are history: written once, exempt from checks of style."""
        return "migrations" in self.parts

    @property
    def line_count(self) -> int:
        """Lines of the file."""
        return self.text.count("\n")


def read_house(source: Path = SOURCE) -> list[Module]:
    """Every module below a `relance` folder, in the order of their names."""
    modules = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source.parent).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        text = path.read_text(encoding="utf-8")
        room = parts[1] if len(parts) > 1 else ""
        modules.append(Module(".".join(parts), path, room, text, _parse(text)))
    return modules


@cache
def _parse(text: str) -> ast.Module:
    """Trees are only read, so copies of a file share one."""
    return ast.parse(text)


def rooms(source: Path = SOURCE) -> list[str]:
    """Folders of the house that are Python packages."""
    return sorted(path.parent.name for path in source.glob("*/__init__.py"))


def plant(source: Path, trespass: Mapping[str, str]) -> None:
    """Append text to files of a copy of the house, making files and their packages that are not there yet."""
    for name, text in trespass.items():
        path = source / name
        if path.with_suffix("").is_dir():
            path = path.with_suffix("") / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in [path.parent, *path.parent.parents]:
            if folder == source:
                break
            (folder / "__init__.py").touch()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")


def copy_house(target: Path, source: Path = SOURCE) -> Path:
    """A copy of every Python file of the house below `target`; returns the copy's `relance` folder."""
    copy = target / "relance"
    shutil.copytree(source, copy, ignore=lambda folder, names: [n for n in names if not _wanted(Path(folder) / n)])
    return copy


def _wanted(path: Path) -> bool:
    return path.name != "__pycache__" and (path.is_dir() or path.suffix == ".py")


def imported_names(module: Module) -> Iterator[tuple[str, int]]:
    """Every absolute name a module imports, wherever in the file, with its line.

    `from relance.ledger import queries` gives `relance.ledger.queries`: what is imported, not only where from.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.name.split(".")
                if module.path.name != "__init__.py":
                    package = package[:-1]
                package = package[: len(package) - node.level + 1]
                base = ".".join([*package, base] if base else package)
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def string_literals(module: Module) -> Iterator[tuple[str, int]]:
    """Every string of a module with its line, f-strings by their constant parts, docstrings left out."""
    docstrings = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add(id(first.value))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, node.lineno
