"""Names this room to Django."""

from django.apps import AppConfig


class ArrangementsConfig(AppConfig):
    """The arrangements room."""

    name = "relance.arrangements"
    label = "arrangements"
