"""The audit trail: who changed what, and when."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.faces.desk.access import StaffRequest, needs, plain
from relance.staff import queries
from relance.staff.facts import Permission


@needs(Permission.SEE_AUDIT)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The newest rows first, by person and by kind of change."""
    actor, verb = plain(request.GET.get("actor", "")), plain(request.GET.get("verb", ""))
    actors, verbs = queries.audit_choices()
    listing = queries.audit_rows(actor, verb, request.GET.get("after"))
    context = {
        "listing": listing,
        # A template would read a detail called "items" instead of calling the mapping's own method.
        "rows": [(row, list(row.details.items())) for row in listing.rows],
        "actor": actor,
        "verb": verb,
        "actors": actors,
        "verbs": verbs,
    }
    return render(request, "desk/audit.html", context)
