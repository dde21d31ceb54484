"""Names this room to Django."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The customers room."""

    name = "relance.customers"
    label = "customers"
