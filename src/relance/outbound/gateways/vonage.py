"""Vonage SMS API, and its delivery receipts signed with HMAC-SHA256 over their fields.

https://developer.vonage.com/en/api/sms, https://developer.vonage.com/en/getting-started/concepts/signing-messages
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

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
from relance.outbound.gateways import OLDEST_REPORT_SECONDS, hand_over, json_object, key_of, refused
from relance.outbound.short_text import is_wide

_HOUSE = "https://rest.nexmo.com"
_LATER = frozenset({"1", "2", "3", "4", "5", "8", "9", "10", "14", "23"})
"""Answers about our account, its pace or their house; all others are about the message."""
_STATUSES = {
    "delivered": Report.DELIVERED,
    "expired": Report.FAILED,
    "failed": Report.FAILED,
    "rejected": Report.FAILED,
}


class _Vonage:
    def trouble(self) -> str:
        if not settings.SMS_USER or not settings.SMS_SECRET:
            return "set RELANCE_SMS_USER to the API key and RELANCE_SMS_SECRET to the API secret"
        if settings.SMS_URL and calls.url_problem(settings.SMS_URL):
            return "RELANCE_SMS_URL must be an https address (http only on this machine)"
        return "" if settings.SMS_FROM else "set RELANCE_SMS_FROM to the sender's name or number"

    def reaches_people(self) -> bool:
        return True

    def repeatable(self) -> bool:
        return False

    def send(self, message: OutgoingMessage, recipient: str) -> DeliveryReceipt:
        said = {
            "api_key": settings.SMS_USER,
            "api_secret": settings.SMS_SECRET,
            "from": settings.SMS_FROM,
            "to": recipient.lstrip("+"),
            "text": message.text,
            "client-ref": key_of(message),
            "type": "unicode" if is_wide(message.text) else "text",
        }
        if settings.PUBLIC_URL:
            said["callback"] = f"{settings.PUBLIC_URL}/hooks/sms/vonage"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = hand_over(message, f"{settings.SMS_URL or _HOUSE}/sms/json", urlencode(said).encode(), headers)
        if isinstance(answer, DeliveryReceipt):
            return answer
        if answer.status_code != 200:
            return refused(message.id, answer.status_code, "")
        return _receipt(message.id, answer.body)

    def notices(self, call: IncomingCall) -> Sequence[DeliveryNotice]:
        fields = _fields(call)
        if not settings.SMS_SIGNING_SECRET or not hmac.compare_digest(
            signature(settings.SMS_SIGNING_SECRET, fields), fields.get("sig", "").upper()
        ):
            raise NotAuthentic("the receipt does not carry Vonage's signature (HMAC-SHA256)")
        sent_at = fields.get("timestamp", "")
        if not sent_at.isdigit() or abs(call.received_at.timestamp() - int(sent_at)) > OLDEST_REPORT_SECONDS:
            raise NotAuthentic("the receipt is too old")
        report = _STATUSES.get(fields.get("status", ""))
        reference = fields.get("messageId", "")
        if report is None or not reference:
            return []
        code = fields.get("err-code", "0")
        reason = "" if report is Report.DELIVERED or code == "0" else f"Vonage error {code}"
        return [DeliveryNotice(reference, report, call.received_at, reason)]


def signature(secret: str, fields: Mapping[str, str]) -> str:
    """The signature Vonage gives: HMAC-SHA256 over `&name=value` of the sorted fields without `sig`, in upper-case hex."""
    safe = {name: value.replace("&", "_").replace("=", "_") for name, value in fields.items() if name != "sig"}
    text = "".join(f"&{name}={value}" for name, value in sorted(safe.items()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def _fields(call: IncomingCall) -> dict[str, str]:
    text = call.body.decode(errors="replace")
    if "json" in call.headers.get("content-type", ""):
        return {name: str(value) for name, value in json_object(call.body).items()}
    return dict(parse_qsl(text, keep_blank_values=True))


def _receipt(message_id: int, body: bytes) -> DeliveryReceipt:
    """One receipt for all parts of a text: taken when the first part was."""
    parts = json_object(body).get("messages")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], Mapping) else {}
    status = str(first.get("status", ""))
    if status == "0":
        return DeliveryReceipt(message_id, Outcome.SENT, reference=str(first.get("message-id") or "")[:120])
    if not status:
        return DeliveryReceipt(message_id, Outcome.UNKNOWN, "the provider's answer cannot be read")
    reason = f"the provider refused the text: {status} {first.get('error-text', '')}".strip()[:300]
    return DeliveryReceipt(message_id, Outcome.RELEASED if status in _LATER else Outcome.FAILED, reason)


GATEWAY = _Vonage()
