"""Any provider or house system that takes a text as JSON over HTTP, and reports with our own signature.

We post `{"key","to","from","text"}` with a bearer token to RELANCE_SMS_URL; a 2xx answer may name its own `id`. Reports
come as `{"id" or "key","status","reason","at"}`, or a list of them, signed as our calls to other systems are.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

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
from relance.outbound.gateways import OLDEST_REPORT_SECONDS, hand_over, json_object, key_of, refused, report_at


class _Http:
    def trouble(self) -> str:
        if not settings.SMS_URL:
            return "set RELANCE_SMS_URL, the address that takes texts"
        if calls.url_problem(settings.SMS_URL):
            return "RELANCE_SMS_URL must be an https address (http only on this machine)"
        return "" if settings.SMS_SECRET else "set RELANCE_SMS_SECRET, the token of the provider"

    def reaches_people(self) -> bool:
        return True

    def repeatable(self) -> bool:
        return False

    def send(self, message: OutgoingMessage, recipient: str) -> DeliveryReceipt:
        said = {
            "key": key_of(message),
            "to": recipient,
            "from": settings.SMS_FROM or message.creditor_name,
            "text": message.text,
        }
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.SMS_SECRET}",
            "Idempotency-Key": key_of(message),
            "User-Agent": "Relance",
        }
        answer = hand_over(message, settings.SMS_URL, calls.body_of(said), headers)
        if isinstance(answer, DeliveryReceipt):
            return answer
        if not 200 <= answer.status_code < 300:
            return refused(message.id, answer.status_code, answer.body.decode(errors="replace"))
        return DeliveryReceipt(message.id, Outcome.SENT, reference=_own_id(answer.body) or key_of(message))

    def notices(self, call: IncomingCall) -> Sequence[DeliveryNotice]:
        secret = settings.SMS_SIGNING_SECRET
        given = call.headers.get(calls.SIGNATURE_HEADER.lower(), "")
        if not secret or not calls.is_signed(
            secret, given, call.body, int(call.received_at.timestamp()), OLDEST_REPORT_SECONDS
        ):
            raise NotAuthentic("the report is not signed with RELANCE_SMS_SIGNING_SECRET, or is too old")
        try:
            told = json.loads(call.body)
        except ValueError:
            raise ValueError("the report is not JSON") from None
        return [_notice(one, call.received_at) for one in (told if isinstance(told, list) else [told])]


def _notice(told: Any, received_at: dt.datetime) -> DeliveryNotice:
    if not isinstance(told, Mapping) or told.get("status") not in list(Report):
        raise ValueError(f"a report needs id or key, and a status of {', '.join(Report)}")
    reference = str(told.get("id") or told.get("key") or "")
    if not reference:
        raise ValueError("a report needs the id that was answered, or the key that was sent")
    reason = str(told.get("reason") or "")
    return DeliveryNotice(reference, Report(told["status"]), report_at(told.get("at"), received_at), reason)


def _own_id(body: bytes) -> str:
    """The provider's own name for a text, when its answer gives one."""
    found = json_object(body).get("id")
    return str(found)[:120] if isinstance(found, str | int) else ""


GATEWAY = _Http()
