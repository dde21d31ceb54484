"""Twilio Programmable Messaging: its Messages resource, and status callbacks signed with X-Twilio-Signature.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/security
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, urlencode

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
from relance.outbound.gateways import hand_over, json_object, refused

_HOUSE = "https://api.twilio.com"
_NO_SUCH_NUMBER = frozenset((21211, 21214, 21217, 21610, 21614))
"""Errors that say the number is none, takes no texts, or that its owner wants none."""
_STATUSES = {
    "delivered": Report.DELIVERED,
    "read": Report.OPENED,
    "undelivered": Report.FAILED,
    "failed": Report.FAILED,
}


class _Twilio:
    def trouble(self) -> str:
        if not settings.SMS_USER or not settings.SMS_SECRET:
            return "set RELANCE_SMS_USER to the account SID and RELANCE_SMS_SECRET to the auth token"
        if settings.SMS_URL and calls.url_problem(settings.SMS_URL):
            return "RELANCE_SMS_URL must be an https address (http only on this machine)"
        return "" if settings.SMS_FROM else "set RELANCE_SMS_FROM to your number or messaging service (MG…)"

    def reaches_people(self) -> bool:
        return True

    def repeatable(self) -> bool:
        return False

    def send(self, message: OutgoingMessage, recipient: str) -> DeliveryReceipt:
        sender = "MessagingServiceSid" if settings.SMS_FROM.startswith("MG") else "From"
        said = {"To": recipient, sender: settings.SMS_FROM, "Body": message.text}
        if settings.PUBLIC_URL:
            said["StatusCallback"] = f"{settings.PUBLIC_URL}/hooks/sms/twilio"
        account = f"{settings.SMS_USER}:{settings.SMS_SECRET}".encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {base64.b64encode(account).decode('ascii')}",
        }
        url = f"{settings.SMS_URL or _HOUSE}/2010-04-01/Accounts/{quote(settings.SMS_USER)}/Messages.json"
        answer = hand_over(message, url, urlencode(said).encode(), headers)
        if isinstance(answer, DeliveryReceipt):
            return answer
        told = json_object(answer.body)
        if answer.status_code != 201:
            if answer.status_code == 400 and told.get("code") in _NO_SUCH_NUMBER:
                reason = " ".join(f"Twilio error {told['code']}: {told.get('message') or ''}".split())[:300]
                return DeliveryReceipt(message.id, Outcome.FAILED, reason, dead_address=True)
            words = " ".join(str(told.get(name) or "") for name in ("code", "message"))
            return refused(message.id, answer.status_code, words)
        return DeliveryReceipt(message.id, Outcome.SENT, reference=str(told.get("sid") or "")[:120])

    def notices(self, call: IncomingCall) -> Sequence[DeliveryNotice]:
        said = parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True)
        given = call.headers.get("x-twilio-signature", "")
        if not settings.SMS_SECRET or not hmac.compare_digest(signature(settings.SMS_SECRET, call.url, said), given):
            raise NotAuthentic("the callback does not carry Twilio's signature for this address")
        fields = dict(said)
        report = _STATUSES.get(fields.get("MessageStatus", ""))
        reference = fields.get("MessageSid", "")
        if report is None or not reference:
            return []
        reason = f"Twilio error {fields['ErrorCode']}" if fields.get("ErrorCode") else ""
        return [DeliveryNotice(reference, report, call.received_at, reason)]


def signature(secret: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """The signature Twilio gives: HMAC-SHA1 over the address and the sorted fields run together, in Base64."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(fields))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode("ascii")


GATEWAY = _Twilio()
