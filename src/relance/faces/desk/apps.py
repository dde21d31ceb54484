"""Names this room to Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk room."""

    name = "relance.faces.desk"
    label = "desk"
