"""News that travels up: a room publishes a fact, and whoever the wiring table names hears it, in the same transaction.

Rooms never register themselves; `relance.project.wiring` fills the table once, so one page shows who hears what.
"""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[Any], None]
_handlers: dict[type, tuple[Handler, ...]] = {}


def wire(table: Mapping[type, tuple[Handler, ...]]) -> None:
    """Replace the whole table of event type -> handlers (called once, by the roof)."""
    _handlers.clear()
    _handlers.update(table)


def publish(event: object) -> None:
    """Hand `event` to its handlers now, inside the caller's transaction: if a handler fails, so does the write."""
    for handler in _handlers.get(type(event), ()):
        handler(event)
