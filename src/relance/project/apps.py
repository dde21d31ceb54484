"""Wires the house together once Django is ready."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The roof."""

    name = "relance.project"
    label = "project"

    def ready(self) -> None:
        """Fill the table of events before anything can be published."""
        from relance.project.wiring import wire_everything

        wire_everything()
