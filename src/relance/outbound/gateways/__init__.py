"""Providers that carry texts to phones, and what their files share."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from relance.outbound import wire
from relance.outbound.facts import DeliveryReceipt, Outcome, OutgoingMessage

_ANSWER_BYTES = 65_536
"""As much of a provider's answer as is read."""

_LATER = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Refusals that are about our account or its pace, not about this message: it waits for whoever mends them."""


OLDEST_REPORT_SECONDS = 300
"""How old a signed report may be, so that one that was overheard is of no use later."""


def hand_over(
    message: OutgoingMessage, url: str, body: bytes, headers: Mapping[str, str]
) -> wire.Answer | DeliveryReceipt:
    """What the provider answered; where it did not, the receipt that says whether the message may have arrived."""
    try:
        return wire.post(url, body, headers, _ANSWER_BYTES)
    except wire.NotSent as trouble:
        return DeliveryReceipt(message.id, Outcome.RELEASED, str(trouble)[:300])
    except wire.NoAnswer as trouble:
        return DeliveryReceipt(message.id, Outcome.UNKNOWN, str(trouble)[:300])


def json_object(body: bytes) -> Mapping[str, Any]:
    """A body as a JSON object; an empty one when it is none."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def key_of(message: OutgoingMessage) -> str:
    """Our own name for a message, the same each time it is handed over."""
    return f"relance-{message.account_id}-{message.id}"


def refused(message_id: int, status_code: int, said: str) -> DeliveryReceipt:
    """The receipt for an answer other than 2xx: final when it is about the message, else to be tried again."""
    reason = " ".join(f"the provider answered HTTP {status_code}: {said}".split())[:300]
    is_final = 400 <= status_code < 500 and status_code not in _LATER
    return DeliveryReceipt(message_id, Outcome.FAILED if is_final else Outcome.RELEASED, reason)


def report_at(told: object, received_at: dt.datetime) -> dt.datetime:
    """When a report says that it happened, if it says so in ISO form with a zone and not in the future; else now."""
    try:
        found = dt.datetime.fromisoformat(str(told))
    except ValueError:
        return received_at
    return found if found.tzinfo is not None and found <= received_at else received_at
