"""Names this room to Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The ledger room."""

    name = "relance.ledger"
    label = "ledger"
