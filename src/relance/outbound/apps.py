"""Names this room to Django."""

from django.apps import AppConfig


class OutboundConfig(AppConfig):
    """The outbound room."""

    name = "relance.outbound"
    label = "outbound"
