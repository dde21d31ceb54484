"""One account: balance, age, open items, what comes next and why, and everything that happened."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.dunning import services as dunning
from relance.faces.desk.access import StaffRequest, needs, whole_number
from relance.faces.desk.account_page import account_context, found_account
from relance.faces.desk.day import as_of
from relance.faces.desk.forms import ScenarioForm
from relance.faces.desk.story import EVENT_LIMIT, FAMILIES, scenario_names, story
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit

EVENTS_AT_MOST = 500
"""Events that the timeline shows when asked for all; putting one into words takes a fifth of a millisecond."""


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest, account_id: int) -> HttpResponse:
    """The page of an account."""
    return render(request, "desk/account.html", account_context(request, found_account(account_id)))


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def timeline_panel(request: StaffRequest, account_id: int) -> HttpResponse:
    """What happened, of one family of events or of all, and as many of them as asked for."""
    account = found_account(account_id)
    family = request.GET.get("family", "")
    family = family if family in FAMILIES else ""
    asked = whole_number(request.GET.get("limit", ""))
    limit = EVENT_LIMIT if asked is None else min(asked, EVENTS_AT_MOST)
    currency = customers.creditor(account.creditor_id).currency
    context = {
        "account": account,
        "family": family,
        "story": story(account_id, as_of(), currency, scenario_names(), family, limit),
    }
    return render(request, "desk/account_timeline.html", context)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def choose_scenario(request: StaffRequest, account_id: int) -> HttpResponse:
    """Choose the scenario of this account, or leave it to its criteria."""
    account = found_account(account_id)
    names = scenario_names()
    form = ScenarioForm(request.POST, scenarios=list(names.items()))
    if form.is_valid():
        code = form.cleaned_data["scenario"] or None
        try:
            with transaction.atomic():
                dunning.override_scenario(account_id, code, request.user.username)
                record_audit(request.user, "scenario_chosen", account.number, {"scenario": code})
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            told = _("Scenario for the next episode: %(name)s") % {"name": names[code]} if code else ""
            messages.success(request, told or _("The scenario follows the account's criteria again."))
    return redirect("desk:account", account_id)
