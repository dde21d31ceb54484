"""Names this room to Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The intake room."""

    name = "relance.intake"
    label = "intake"
