"""Names this room to Django."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """The worklist room."""

    name = "relance.worklist"
    label = "worklist"
