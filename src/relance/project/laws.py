"""The laws of all rooms, gathered for `relance verify`."""

import importlib
from importlib.util import find_spec

from django.apps import apps

from relance.kit.laws import Law


def every_law() -> list[Law]:
    """Each room's `LAWS`, in the order in which the rooms are installed."""
    found: list[Law] = []
    for config in apps.get_app_configs():
        if config.name.startswith("relance.") and find_spec(f"{config.name}.laws"):
            if config.name in {"relance.kit", "relance.project"}:
                continue
            found.extend(importlib.import_module(f"{config.name}.laws").LAWS)
    return found
