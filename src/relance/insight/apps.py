"""Names this room to Django."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """The insight room."""

    name = "relance.insight"
    label = "insight"
