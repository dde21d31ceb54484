"""Who hears which news: the one table of events and handlers."""
from relance.kit import events


def wire_everything() -> None:
    """Install the table."""
    events.wire({})
