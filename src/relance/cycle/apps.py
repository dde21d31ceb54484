"""Names this room to Django."""

from django.apps import AppConfig


class CycleConfig(AppConfig):
    """The cycle room."""

    name = "relance.cycle"
    label = "cycle"
