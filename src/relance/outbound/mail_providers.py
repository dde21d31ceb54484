"""Mail by a provider's API instead of a mail server of our own, through django-anymail; their reports, with their proofs.

A provider says at once whether it takes a message, and later by call what became of it.
"""

import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from email.mime.image import MIMEImage
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailWebhookValidationFailure
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIRequest
from django.core.mail import EmailMultiAlternatives

from relance.outbound import calls
from relance.outbound.facts import (
    DeliveryNotice,
    DeliveryReceipt,
    IncomingCall,
    NotAuthentic,
    Outcome,
    OutgoingMessage,
    Report,
)
from relance.outbound.mail_pictures import pictures_beside

_TIME_OUT_SECONDS = 20
_LATER = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Answers about our account or its pace; other 4xx are about the message."""
_REPORTS = {
    "delivered": Report.DELIVERED,
    "opened": Report.OPENED,
    "clicked": Report.OPENED,
    "bounced": Report.FAILED,
    "rejected": Report.FAILED,
    "failed": Report.FAILED,
    "complained": Report.FAILED,
}
"""What a provider's event means for a message; what is only put off changes nothing."""


@dataclass(frozen=True, slots=True)
class MailProvider:
    """A provider: its name in django-anymail, the names there of its key and of the secret of its reports, and whether it
    must be told our sending domain.
    """

    name: str
    key: str
    secret: str
    needs_domain: bool = False


PROVIDERS = {
    "mailgun": MailProvider("Mailgun", "api_key", "webhook_signing_key", needs_domain=True),
    "postmark": MailProvider("Postmark", "server_token", "webhook_secret"),
    "sparkpost": MailProvider("SparkPost", "api_key", "webhook_secret"),
}
"""Mailgun signs its reports (HMAC-SHA256); the others call with a user and password of ours (`user:password`)."""


def trouble() -> str:
    """Why the provider cannot work as it is set up, as a sentence that names the setting; empty when it can."""
    provider = PROVIDERS.get(settings.MAIL_PROVIDER)
    if provider is None:
        return f"RELANCE_MAIL_PROVIDER should be one of {', '.join(sorted(PROVIDERS))}, or empty"
    if not settings.MAIL_KEY:
        return f"set RELANCE_MAIL_KEY to the key of {provider.name}"
    if provider.needs_domain and not settings.MAIL_DOMAIN:
        return f"set RELANCE_MAIL_DOMAIN to the sending domain at {provider.name}"
    if settings.MAIL_URL and calls.url_problem(settings.MAIL_URL):
        return "RELANCE_MAIL_URL must be an https address (http only on this machine)"
    return ""


class ProviderLine:
    """One connection for a batch."""

    def __init__(self) -> None:
        self._backend = _backend()

    def hand_over(self, message: OutgoingMessage, sender: str, recipient: str) -> DeliveryReceipt:
        """Send one message and say what became of it."""
        mail = _mail(message, sender, recipient)
        mail.connection = self._backend
        try:
            self._backend.open()
            mail.send()
        except AnymailRecipientsRefused as refusal:
            return DeliveryReceipt(message.id, Outcome.FAILED, _reason(refusal), dead_address=True)
        except AnymailError as refusal:
            return _not_taken(message.id, refusal)
        told = mail.anymail_status
        return DeliveryReceipt(message.id, Outcome.SENT, reference=str(told.message_id or "")[:120])

    def close(self) -> None:
        """Hang up."""
        self._backend.close()


def _backend() -> Any:
    provider = PROVIDERS[settings.MAIL_PROVIDER]
    given = {provider.key: settings.MAIL_KEY, "timeout": _TIME_OUT_SECONDS}
    if provider.needs_domain:
        given["sender_domain"] = settings.MAIL_DOMAIN
    if settings.MAIL_URL:
        given["api_url"] = settings.MAIL_URL
    module = importlib.import_module(f"anymail.backends.{settings.MAIL_PROVIDER}")
    return module.EmailBackend(**given)


def _mail(message: OutgoingMessage, sender: str, recipient: str) -> Any:
    """The archived words as a mail; its Message-ID and its mark (`relance`) are the same however often it is sent."""
    key = f"{message.account_id}-{message.id}"
    domain = sender.rpartition("@")[2]
    name = " ".join(message.creditor_name.split()).replace('"', "'")
    mail: Any = EmailMultiAlternatives(
        " ".join(message.subject.split()),
        message.text,
        f'"{name}" <{sender}>' if name else sender,
        [recipient],
        headers={"Message-ID": f"<dispatch-{key}@{domain}>", "Auto-Submitted": "auto-generated"},
        reply_to=[sender],
    )
    html, pictures = pictures_beside(message.html, key, domain)
    mail.attach_alternative(html, "text/html")
    for picture in pictures:
        part = MIMEImage(picture.data, picture.kind)
        part.add_header("Content-ID", f"<{picture.address}>")
        part.add_header("Content-Disposition", "inline", filename=picture.name)
        mail.attach(part)
    mail.metadata = {"relance": key}
    return mail


def _not_taken(message_id: int, refusal: AnymailError) -> DeliveryReceipt:
    """A network's trouble before anything was sent, or the provider's refusal; where nobody can say, unknown."""
    reason, status = _reason(refusal), getattr(refusal, "status_code", None)
    if status is not None and not 200 <= status < 300:
        is_final = 400 <= status < 500 and status not in _LATER
        return DeliveryReceipt(message_id, Outcome.FAILED if is_final else Outcome.RELEASED, reason)
    if isinstance(refusal, requests.RequestException):
        never_reached = isinstance(refusal, requests.ConnectTimeout) or "NewConnectionError" in repr(refusal.__cause__)
        return DeliveryReceipt(message_id, Outcome.RELEASED if never_reached else Outcome.UNKNOWN, reason)
    return DeliveryReceipt(message_id, Outcome.FAILED, reason)


def _reason(refusal: Exception) -> str:
    words = " ".join(str(refusal).split())
    return f"the mail provider did not take it: {words}"[:300]


def notices(call: IncomingCall) -> Sequence[DeliveryNotice]:
    """What the provider that is set up reports in a call. Raises NotAuthentic, and ValueError for what makes no sense."""
    provider = PROVIDERS[settings.MAIL_PROVIDER]
    if not settings.MAIL_WEBHOOK_SECRET:
        raise NotAuthentic("set RELANCE_MAIL_WEBHOOK_SECRET, then reports can be checked")
    module = importlib.import_module(f"anymail.webhooks.{settings.MAIL_PROVIDER}")
    try:
        view = getattr(module, f"{provider.name}TrackingWebhookView")(**{provider.secret: settings.MAIL_WEBHOOK_SECRET})
        request = _request(call)
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure as failure:
        raise NotAuthentic(f"the report does not prove that it comes from {provider.name}") from failure
    except (KeyError, TypeError, AttributeError, ImproperlyConfigured, AnymailError) as failure:
        raise ValueError(f"this is no report of {provider.name}") from failure
    return [
        DeliveryNotice(
            str(event.message_id)[:120],
            _REPORTS[event.event_type],
            event.timestamp or call.received_at,
            _why(event) if _REPORTS[event.event_type] is Report.FAILED else "",
        )
        for event in events
        if event.event_type in _REPORTS and event.message_id
    ]


def _why(event: Any) -> str:
    said = (event.event_type, event.reject_reason, event.description or event.mta_response)
    return " ".join(": ".join(str(part) for part in said if part).split())[:300]


def _request(call: IncomingCall) -> WSGIRequest:
    """The call as the request that it was, for who checks and reads it."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(call.body),
        "CONTENT_LENGTH": str(len(call.body)),
        "CONTENT_TYPE": call.headers.get("content-type", ""),
    }
    environ |= {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in call.headers.items()
        if name not in ("content-type", "content-length")
    }
    return WSGIRequest(environ)
