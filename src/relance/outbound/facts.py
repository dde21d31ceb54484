"""Messages as other rooms see them."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from relance.customers.facts import AccountFacts


@dataclass(frozen=True, slots=True)
class MessageOrder:
    """A message that a performed action asks for; `idempotency_key` is that action's id.

    `item_id` is 0 when the message covers all overdue items of the account in `currency`. `context` holds what only
    the asking room knows: `silence_at_minor` (withdraw at or below this open amount) and `next_stage`/`next_on`.
    """

    idempotency_key: int
    account_id: int
    item_id: int
    currency: str
    channel: str
    template: str
    language: str
    recipient: str
    business_date: dt.date
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message with its words (empty until released) and its states."""

    id: int
    account_id: int
    channel: str
    template: str
    language: str
    recipient: str
    business_date: dt.date
    state: str
    reason: str
    subject: str
    text: str
    html: str
    claimed_minor: int | None
    currency: str
    prepared_at: dt.datetime
    released_at: dt.datetime | None
    sent_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ReleaseFigures:
    """What a release did: messages released by channel, and how many were withdrawn because the debt is gone."""

    released: dict[str, int]
    withdrawn: int


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """What one turn of delivery did: messages that got words, were withdrawn, and were settled by a channel."""

    written_count: int
    withdrawn_count: int
    settled_count: int

    @property
    def moved(self) -> bool:
        """Whether anything changed; if not, nothing is left or the rest cannot be delivered now."""
        return bool(self.written_count or self.withdrawn_count or self.settled_count)


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One item that a message claims: an invoice, or a charge (`kind`); `open_minor` is what is asked for of it."""

    kind: str
    number: str
    issued_on: dt.date
    due_on: dt.date
    amount_minor: int
    open_minor: int
    days_past_due: int
    document_url: str = ""


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The complete set of fields a message text may use (capability 15).

    `total = principal + interest + accessories - credits`; credits were received and no item has taken them yet.
    `disputed_minor` of these items is not asked for.

    `payment_code` is what a banking app reads from the QR code, empty where a SEPA transfer cannot be asked for.
    """

    language: str
    creditor_name: str
    creditor_address: tuple[str, ...]
    contact_name: str
    contact_phone: str
    contact_email: str
    iban: str
    bic: str
    payment_reference: str
    account_number: str
    customer_name: str
    currency: str
    lines: tuple[ClaimLine, ...]
    principal_minor: int
    interest_minor: int
    accessories_minor: int
    credits_minor: int
    disputed_minor: int
    total_minor: int
    written_on: dt.date
    deadline_on: dt.date
    next_stage: str
    next_on: dt.date | None
    payment_code: str


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The exact words of a message."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A released message on its way to a channel: its words, and whose name it carries."""

    id: int
    account_id: int
    recipient: str
    business_date: dt.date
    released_at: dt.datetime
    subject: str
    text: str
    html: str
    creditor_name: str
    creditor_email: str


class Outcome(StrEnum):
    """What became of a message handed to a channel; the values are states of a message.

    `RELEASED` means it was not taken and may be tried again; `UNKNOWN` that nobody can say whether it was taken.
    """

    SENT = "sent"
    FAILED = "failed"
    RELEASED = "released"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """A channel's answer for one message; `reason` is a sentence for a person, empty when it was sent."""

    message_id: int
    outcome: Outcome
    reason: str = ""


class Channel(Protocol):
    """What a file on the channels shelf offers as `CHANNEL`."""

    def address_of(self, account: AccountFacts) -> str | None:
        """Where this channel reaches the account, or None. Pure."""

    def repeatable(self) -> bool:
        """Whether delivering one message twice leaves one message, so that a dead sender's batch is simply redone."""

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """One receipt for each message, in order; a message is handed over no sooner than its receipt is asked for."""
