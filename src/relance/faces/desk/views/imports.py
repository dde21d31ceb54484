"""Files that were imported, with the rows they had to reject."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.faces.desk.access import StaffRequest, needs
from relance.intake import queries
from relance.staff.facts import Permission


@needs(Permission.SEE_CYCLES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The newest files first."""
    return render(request, "desk/imports.html", {"files": queries.imported_files(limit=100)})
