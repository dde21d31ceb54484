"""Shelves: a folder whose files are the variants of one thing, found by name, with no central list.

The file name is the code that the database stores. Packages outside Relance join through an entry-point group.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any


@cache
def shelf(package: str, attribute: str) -> dict[str, Any]:
    """Every variant on a shelf by its code: file `late_fee.py` of `package` offering `attribute` is `late_fee`.

    Raises TypeError when a file on the shelf does not offer the attribute: a half-written variant must not hide.
    """
    root: ModuleType = importlib.import_module(package)
    found: dict[str, Any] = {}
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda entry: entry.name):
        module = importlib.import_module(f"{package}.{info.name}")
        if not hasattr(module, attribute):
            raise TypeError(f"{module.__name__} lies on the shelf {package} but offers no {attribute}")
        found[info.name] = getattr(module, attribute)
    for entry in entry_points(group=package):
        found[entry.name] = getattr(entry.load(), attribute)
    return found
