"""Which file is which, and in which order files are imported: pure, by name."""

import re
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import PurePath

_NAME = re.compile(r"^(?P<kind>[a-z]+)(?:[-_. ].*)?\.csv$", re.IGNORECASE)


def kind_of(path: PurePath, kinds: Sequence[str]) -> str | None:
    """The kind of file that a name stands for: `invoices.csv`, also `invoices-2026-01.csv`; None when unknown."""
    match = _NAME.match(path.name)
    kind = match["kind"].lower() if match else ""
    return kind if kind in kinds else None


def import_order(after: Mapping[str, Sequence[str]]) -> list[str]:
    """Kinds so that each comes after those it leans on; ties by name, so that the order is always the same."""
    sorter = TopologicalSorter({kind: set(before) & set(after) for kind, before in after.items()})
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return order
