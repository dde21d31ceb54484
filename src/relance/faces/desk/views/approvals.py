"""Write-offs and refunds that wait for a second person: what each would do, and the decision."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, whole_number
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_pages import overdue_of
from relance.faces.desk.amount_words import overdue_told
from relance.faces.desk.books import account_names
from relance.faces.desk.day import as_of
from relance.faces.desk.request_forms import ApprovalForm, RequestRefusalForm
from relance.faces.desk.second_person import refuse_dependent
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger import services
from relance.ledger.facts import Act, Posted, RequestFacts
from relance.staff.facts import Permission
from relance.staff.queries import may_decide_for
from relance.staff.services import record_audit

STATES = ("requested", "approved", "refused", "withdrawn")


@needs(Permission.SEE_REQUESTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Requests of one state: the waiting ones oldest first, the decided ones newest first."""
    state = request.GET.get("state", "")
    state = state if state in STATES else STATES[0]
    after = request.GET.get("after", "")
    listing = ledger.requests(state, None if whole_number(after) is None else after, oldest_first=state == STATES[0])
    context = {
        "listing": listing,
        "accounts": customers.accounts([row.account_id for row in listing.rows]),
        "state": state,
        "states": STATES,
    }
    return render(request, "desk/approvals.html", context)


@needs(Permission.SEE_REQUESTS)
@require_safe
def one(request: StaffRequest, request_id: int) -> HttpResponse:
    """One request: who asks for what and why, what approving it would post, and the decision."""
    return _one(request, _found(request_id))


@needs(Permission.APPROVE_REQUEST)
@require_POST
def approve(request: StaffRequest, request_id: int) -> HttpResponse:
    """Approve what another person asked for, and post it today."""
    return _decide(
        request, request_id, ApprovalForm(request.POST), services.approve_request, "request_approved",
        _("Approved and posted."),
    )  # fmt: skip


@needs(Permission.APPROVE_REQUEST)
@require_POST
def refuse(request: StaffRequest, request_id: int) -> HttpResponse:
    """Refuse what another person asked for, with the reason."""
    return _decide(
        request, request_id, RequestRefusalForm(request.POST), services.refuse_request, "request_refused",
        _("The request is refused."),
    )  # fmt: skip


@needs(Permission.SEE_REQUESTS)
@require_POST
def withdraw(request: StaffRequest, request_id: int) -> HttpResponse:
    """Take one's own request back."""
    return _decide(
        request, request_id, RequestRefusalForm(request.POST), services.withdraw_request, "request_withdrawn",
        _("The request is withdrawn."),
    )  # fmt: skip


def _decide(
    request: StaffRequest,
    request_id: int,
    form: ApprovalForm | RequestRefusalForm,
    do: Callable[[Act, int], Posted],
    verb: str,
    done: Promise,
) -> HttpResponse:
    asked = _found(request_id)
    if form.is_valid():
        data = form.cleaned_data
        act = Act(asked.account_id, as_of(), request.user.username, data["reason"], f"desk:{data['key']}")
        try:
            with transaction.atomic():
                if isinstance(form, ApprovalForm):
                    refuse_dependent(act.actor, asked.requested_by)
                posted = do(act, asked.id)
                if posted.created:
                    account = found_account(asked.account_id)
                    details = {
                        "kind": asked.kind,
                        "amount": format_amount(asked.amount_minor, asked.currency),
                        "currency": asked.currency,
                        "requested_by": asked.requested_by,
                        "reason": act.reason,
                    }
                    record_audit(request.user, verb, account.number, details)
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, str(done))
            return redirect("desk:approvals")
    return _one(request, _found(request_id), form, 422)


def _one(
    request: StaffRequest,
    asked: RequestFacts,
    sent: ApprovalForm | RequestRefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    account = found_account(asked.account_id)
    codes = {entry.account: entry for entry in ledger.account_mappings(account.creditor_id, as_of())}
    names = account_names(account.creditor_id, as_of())
    effect = ledger.request_effect(asked) if asked.state == "requested" else None
    overdue_minor = overdue_of(account.id, asked.currency) if effect and asked.kind == "refund" else 0
    context = {
        "asked": asked,
        "account": account,
        "overdue": overdue_told(overdue_minor, asked.currency) if overdue_minor else "",
        "effect": effect,
        "entries": [
            (codes[debit].code, codes[credit].code, minor)
            for debit, credit, minor in (effect.entries if effect else ())
        ],
        "names": names,
        "origin": ledger.refund_origin(account.id, int(str(asked.data["credit"]))) if asked.kind == "refund" else None,
        "is_own": asked.requested_by.casefold() == request.user.username.casefold(),
        "is_second": may_decide_for(request.user.username, asked.requested_by),
        "approval_form": sent if isinstance(sent, ApprovalForm) else ApprovalForm(),
        "refusal_form": sent if isinstance(sent, RequestRefusalForm) else RequestRefusalForm(),
    }
    return render(request, "desk/approval.html", context, status=status)


def _found(request_id: int) -> RequestFacts:
    asked = ledger.request(request_id)
    if asked is None:
        raise Http404
    return asked
