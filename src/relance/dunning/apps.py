"""Names this room to Django."""

from django.apps import AppConfig


class DunningConfig(AppConfig):
    """The dunning room."""

    name = "relance.dunning"
    label = "dunning"
