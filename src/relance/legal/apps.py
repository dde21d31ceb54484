"""Names this room to Django."""

from django.apps import AppConfig


class LegalConfig(AppConfig):
    """The legal room."""

    name = "relance.legal"
    label = "legal"
