"""Contact rules: when phones may ring, by country, and how many messages a week each creditor allows."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, plain, whole_number
from relance.faces.desk.day import as_of
from relance.kit.refusal import Refusal
from relance.legal.rules import contact_hours
from relance.outbound import queries, services
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SEE_SCENARIOS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The caps of every creditor, and the hours of every country in which a creditor is."""
    creditors, caps, channels = customers.creditors(), queries.contact_caps(), queries.channel_codes()
    context = {
        "creditors": [
            (creditor, [(channel, caps.get((creditor.id, channel))) for channel in ("", *channels)])
            for creditor in creditors
        ],
        "hours": [
            (country, contact_hours(country, as_of()))
            for country in sorted({creditor.country for creditor in creditors})
        ],
    }
    return render(request, "desk/contact_rules.html", context)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def caps(request: StaffRequest, creditor_id: int) -> HttpResponse:
    """Set the caps of one creditor; an empty field lifts one."""
    creditor = next((found for found in customers.creditors() if found.id == creditor_id), None)
    if creditor is None:
        raise Http404
    try:
        with transaction.atomic():
            changed = {
                channel or "all": text
                for channel in ("", *queries.channel_codes())
                if _set(request, creditor_id, channel, text := plain(request.POST.get(f"cap_{channel}", "")))
            }
            if changed:
                record_audit(request.user, "contact_caps_set", creditor.code, changed)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The contact rules are saved.") if changed else _("Nothing has changed."))
    return redirect("desk:contact_rules")


def _set(request: StaffRequest, creditor_id: int, channel: str, text: str) -> bool:
    most = whole_number(text) if text else None
    if text and most is None:
        most = 0
    return services.set_cap(creditor_id, channel, most, request.user.username)
