"""The "Why?" drawer: it opens beside any page of an account, and is a page of its own where no script runs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.account_page import found_account
from relance.faces.desk.day import as_of
from relance.faces.desk.why import day_asked, why_context
from relance.staff.facts import Permission


@needs(Permission.SEE_ACCOUNTS)
@require_safe
@vary_on_headers("HX-Request")
def page(request: StaffRequest, account_id: int) -> HttpResponse:
    """Where each debt of an account stands, why, and what would follow; for today or the day that is asked about."""
    account, today = found_account(account_id), as_of()
    context = why_context(account, day_asked(request.GET.get("on", ""), today), today)
    drawn = request.htmx and not request.htmx.history_restore_request
    return render(request, "desk/why_drawer.html" if drawn else "desk/why.html", context)
