"""Messages as other rooms see them."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any


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
    context: dict[str, Any] = field(default_factory=dict)


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
class ClaimLine:
    """One invoice that a message claims."""

    number: str
    issued_on: dt.date
    due_on: dt.date
    amount_minor: int
    open_minor: int
    days_past_due: int
    document_url: str = ""


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The complete set of fields a message text may use (capability 15)."""

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
    total_minor: int
    written_on: dt.date
    deadline_on: dt.date
    next_stage: str
    next_on: dt.date | None


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The exact words of a message."""

    subject: str
    text: str
    html: str
