"""Webhooks: the systems that scenarios may call, and what became of the calls."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, page_asked, plain, posted_data
from relance.faces.desk.labels import LABELS
from relance.faces.desk.webhook_forms import EndpointForm
from relance.kit.refusal import Refusal
from relance.outbound import queries, services
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "POST"])
def page(request: StaffRequest) -> HttpResponse:
    """The endpoints with a form to add one or change its address, and the newest calls."""
    form = EndpointForm(posted_data(request))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            name, url = form.cleaned_data["name"], form.cleaned_data["url"]
            try:
                with transaction.atomic():
                    services.save_endpoint(name, url, request.user.username)
                    record_audit(request.user, "endpoint_saved", name, {"url": _without_query(url)})
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("%(name)s is saved.") % {"name": name})
                return redirect("desk:webhooks")
        form.forget_password()
    state, endpoint = request.GET.get("state", ""), plain(request.GET.get("endpoint", ""))
    state = state if state in LABELS["call_state"] else ""
    listing = page_asked(request, lambda after: queries.calls_page(state, endpoint, after))
    context = {
        "form": form,
        "endpoints": queries.endpoints(),
        "listing": listing,
        "accounts": customers.accounts([call.account_id for call in listing.rows]),
        "state": state,
        "endpoint": endpoint,
        "states": list(LABELS["call_state"]),
    }
    return render(request, "desk/webhooks.html", context, status=status)


def _without_query(url: str) -> str:
    """The address for the audit trail, which more people read than may see what a query hides."""
    address, asks, _query = url.partition("?")
    return f"{address}{asks}{'…' if asks else ''}"


@needs(Permission.MANAGE_WEBHOOKS)
@require_POST
def switch(request: StaffRequest, code: str) -> HttpResponse:
    """Stop calling an endpoint, or call it again."""
    is_active = request.POST.get("active") == "yes"
    try:
        with transaction.atomic():
            services.switch_endpoint(code, is_active)
            record_audit(request.user, "endpoint_switched_on" if is_active else "endpoint_switched_off", code)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        told = _("%(name)s is called again.") if is_active else _("%(name)s is not called any more.")
        messages.success(request, told % {"name": code})
    return redirect("desk:webhooks")


@needs(Permission.MANAGE_WEBHOOKS)
@require_POST
def retry(request: StaffRequest, account_id: int, call_id: int) -> HttpResponse:
    """Try a call again now."""
    try:
        with transaction.atomic():
            services.retry_call(account_id, call_id)
            record_audit(request.user, "call_retried", str(call_id))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The call is tried again now."))
    return redirect("desk:webhooks")
