"""Providers that carry texts to phones, and what their files share."""

import datetime as dt

from relance.outbound.facts import DeliveryReceipt, Outcome, OutgoingMessage

ANSWER_BYTES = 65_536
"""As much of a provider's answer as is read."""

_LATER = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Refusals that are about our account or its pace, not about this message: it waits for whoever mends them."""


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
