"""The addresses for a dialler."""

from django.urls import path

from relance.faces.api import dialler

app_name = "dialler"

urlpatterns = [path("calls", dialler.calls, name="calls"), path("outcomes", dialler.outcomes, name="outcomes")]
