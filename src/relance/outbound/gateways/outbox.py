"""No provider: each text is a file in the outbox folder, for trying and for tests."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from relance.outbound.facts import (
    DeliveryNotice,
    DeliveryReceipt,
    IncomingCall,
    NotAuthentic,
    Outcome,
    OutgoingMessage,
)


class _Outbox:
    def trouble(self) -> str:
        return ""

    def reaches_people(self) -> bool:
        return False

    def repeatable(self) -> bool:
        return True

    def send(self, message: OutgoingMessage, recipient: str) -> DeliveryReceipt:
        folder = Path(settings.OUTBOX) / message.business_date.isoformat()
        draft = folder / f".{message.id}.{os.getpid()}.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(f"To: {recipient}\nFrom: {message.creditor_name}\n\n{message.text}\n", encoding="utf-8")
            draft.replace(folder / f"{message.id}.txt")
        except OSError as trouble:
            return DeliveryReceipt(message.id, Outcome.RELEASED, f"cannot write to the outbox: {trouble}"[:300])
        return DeliveryReceipt(message.id, Outcome.SENT)

    def notices(self, _call: IncomingCall) -> Sequence[DeliveryNotice]:
        raise NotAuthentic("no provider is set up, so nobody can report on messages")


GATEWAY = _Outbox()
