"""The addresses of the whole house: the desk lies at the root, providers call `hooks/`, a dialler `api/dialler/`."""

from django.urls import include, path

urlpatterns = [
    path("hooks/", include("relance.faces.api.urls")),
    path("api/dialler/", include("relance.faces.api.dialler_urls")),
    path("", include("relance.faces.desk.urls")),
]

handler403 = "relance.faces.desk.errors.forbidden"
handler404 = "relance.faces.desk.errors.not_found"
handler500 = "relance.faces.desk.errors.broken"
