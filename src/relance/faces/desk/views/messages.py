"""A message exactly as its reader sees it, and what became of it."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.day import as_of
from relance.kit.refusal import Refusal
from relance.outbound import queries, services
from relance.outbound.facts import MessageFacts
from relance.outbound.short_text import length, segment_count
from relance.staff.facts import Permission
from relance.staff.services import record_audit

_AGAIN = frozenset({"failed", "bounced", "unknown"})
BODY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A message is shown, never run: no script, no form, no request to anywhere."""


@needs(Permission.SEE_MESSAGES)
@require_safe
def one(request: StaffRequest, message_id: int) -> HttpResponse:
    """One message: its head, its states with their times, and its words."""
    message = _found(message_id)
    view = "text" if request.GET.get("view") == "text" or not message.html else "html"
    context = {
        "message": message,
        "account": customers.account(message.account_id),
        "view": view,
        "receipts": queries.receipts(message.account_id, message.id),
        "is_printed": queries.is_printed(message.account_id, message.id),
        "may_go_again": message.state in _AGAIN,
        "version": queries.text_version(message.text_version_id) if message.text_version_id else None,
        "cost": (length(message.text), segment_count(message.text))
        if message.text and message.channel == "sms"
        else None,
    }
    return render(request, "desk/message.html", context)


@needs(Permission.DO_WORK)
@require_POST
def again(request: StaffRequest, message_id: int) -> HttpResponse:
    """Try a message again that failed, bounced or may not have arrived."""
    message = _found(message_id)
    try:
        with transaction.atomic():
            services.resend(message.account_id, message.id, request.user.username, as_of())
            record_audit(request.user, "message_sent_again", str(message_id), {"state": message.state})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The message is on its way again."))
    return redirect("desk:message", message_id)


@xframe_options_sameorigin
@needs(Permission.SEE_MESSAGES)
@require_safe
def body(request: StaffRequest, message_id: int) -> HttpResponse:  # noqa: ARG001
    """The HTML of a message under a policy of its own, for the frame that shows it."""
    message = _found(message_id)
    if not message.html:
        raise Http404
    return HttpResponse(message.html, headers={"Content-Security-Policy": BODY_POLICY})


def _found(message_id: int) -> MessageFacts:
    message = queries.message(message_id)
    if message is None:
        raise Http404
    return message
