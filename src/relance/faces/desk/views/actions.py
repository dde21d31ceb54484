"""Actions that wait for a person's approval: the queue of all accounts, one of them, and the answer."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.arrangements.queries import holds
from relance.arrangements.rules import active
from relance.customers import queries as customers
from relance.dunning import queries as dunning
from relance.dunning import services
from relance.dunning.facts import WaitingActionFacts
from relance.faces.desk.access import StaffRequest, needs, page_asked
from relance.faces.desk.account_page import found_account
from relance.faces.desk.day import as_of
from relance.faces.desk.dunning_forms import ApproveActionForm, DeclineActionForm
from relance.faces.desk.labels import label
from relance.faces.desk.scenario_words import action_words
from relance.faces.desk.story import scenario_names, sentences
from relance.faces.desk.waiting_words import waiting_rows
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.APPROVE_ACTION)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """What waits, the longest waiting first."""
    listing = page_asked(request, lambda after: dunning.waiting_actions(after))
    context = {
        "listing": listing,
        "rows": waiting_rows(listing.rows),
        "accounts": customers.accounts([row.account_id for row in listing.rows]),
        "as_of": as_of(),
    }
    return render(request, "desk/actions.html", context)


@needs(Permission.APPROVE_ACTION)
@require_safe
def one(request: StaffRequest, account_id: int, action_id: int) -> HttpResponse:
    """One action: what it would do, to whom, why it is asked for, and the answer."""
    return _one(request, account_id, action_id)


@needs(Permission.APPROVE_ACTION)
@require_POST
def approve(request: StaffRequest, account_id: int, action_id: int) -> HttpResponse:
    """Let the action be done, now."""

    def do(by: str, reason: str) -> str:
        return services.approve_action(account_id, action_id, by, as_of(), reason)

    return _answer(request, account_id, action_id, ApproveActionForm(request.POST), "action_approved", do)


@needs(Permission.APPROVE_ACTION)
@require_POST
def decline(request: StaffRequest, account_id: int, action_id: int) -> HttpResponse:
    """Have the action not done."""

    def do(by: str, reason: str) -> str:
        services.decline_action(account_id, action_id, by, reason)
        return "declined"

    return _answer(request, account_id, action_id, DeclineActionForm(request.POST), "action_declined", do)


def _answer(
    request: StaffRequest,
    account_id: int,
    action_id: int,
    form: ApproveActionForm | DeclineActionForm,
    verb: str,
    do: Callable[[str, str], str],
) -> HttpResponse:
    account = found_account(account_id)
    asked = dunning.waiting_action(account_id, action_id)
    if asked is None:
        return _gone(request, account_id)
    if form.is_valid():
        try:
            with transaction.atomic():
                state = do(request.user.username, form.cleaned_data["reason"])
                record_audit(
                    request.user, verb, account.number,
                    {"action": asked.kind, "stage": asked.stage, "scenario": asked.scenario, "state": state,
                     "reason": form.cleaned_data["reason"]},
                )  # fmt: skip
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            _tell(request, asked, state)
            return redirect("desk:actions")
    return _one(request, account_id, action_id, form, 422)


def _tell(request: StaffRequest, asked: WaitingActionFacts, state: str) -> None:
    named = {"action": label("action", asked.kind)}
    if state == "performed":
        messages.success(request, _("Approved and done: %(action)s.") % named)
    elif state == "declined":
        messages.success(request, _("Declined: %(action)s will not be done.") % named)
    else:
        messages.warning(
            request,
            _("Approved, but %(action)s was not done: the facts have changed since. The account says why.") % named,
        )


def _gone(request: StaffRequest, account_id: int) -> HttpResponse:
    messages.info(request, _("This action does not wait for approval any more."))
    return redirect("desk:account", account_id)


def _one(
    request: StaffRequest,
    account_id: int,
    action_id: int,
    sent: ApproveActionForm | DeclineActionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    account, today = found_account(account_id), as_of()
    asked = dunning.waiting_action(account_id, action_id)
    if asked is None:
        return _gone(request, account_id)
    names = scenario_names()
    context = {
        "account": account,
        "as_of": today,
        "asked": asked,
        "words": action_words(dunning.action_spec(asked.version_id, asked.stage_index, asked.ordinal)),
        "scenario": names.get(asked.scenario, asked.scenario),
        "reasons": sentences(asked.because, asked.currency, names),
        "holds": [
            (hold, label("hold", hold.kind)) for hold in holds([account_id]).get(account_id, ()) if active(hold, today)
        ],
        "approve_form": sent if isinstance(sent, ApproveActionForm) else ApproveActionForm(),
        "decline_form": sent if isinstance(sent, DeclineActionForm) else DeclineActionForm(),
    }
    return render(request, "desk/action.html", context, status=status)
