"""Names this room to Django."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """The kit room."""

    name = "relance.kit"
    label = "kit"
