"""The addresses of the reports."""

from django.urls import URLPattern, path

from relance.faces.desk.views import effectiveness


def reports() -> list[URLPattern]:
    """All of them."""
    return [
        path("reports/effectiveness/", effectiveness.page, name="effectiveness"),
        path("reports/effectiveness/figures/", effectiveness.figures, name="effectiveness_figures"),
        path("reports/effectiveness/export.csv", effectiveness.export_csv, name="effectiveness_csv"),
        path("reports/effectiveness/export.xlsx", effectiveness.export_xlsx, name="effectiveness_xlsx"),
    ]
