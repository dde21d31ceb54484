"""The addresses for other systems."""

from django.urls import path

from relance.faces.api import hooks

app_name = "api"

urlpatterns = [path("<slug:channel>/<slug:provider>", hooks.report, name="report")]
