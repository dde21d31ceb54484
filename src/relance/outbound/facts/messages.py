"""Messages as other rooms see them: what is ordered, what is said, and what became of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class MessageOrder:
    """A message that a performed action asks for; `idempotency_key` is that action's id.

    `item_id` is 0 when the message covers all overdue items of the account in `currency`. `context` holds what only
    the asking room knows: `silence_at_minor` (withdraw at or below this open amount), `next_stage`/`next_on`, `family`
    (ids of accounts whose items the message claims from this account too) and `left_out` (item id as text -> minor
    units of it that are not claimed, -1 for all of it), `channels` (to try after its own, in order) and `passed` (channels
    that come before its own and do not reach the customer: code -> why).
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
class NoticeOrder:
    """A notice to staff about an account, once per `key` (the id of the planned action) and reader.

    `to` is `sales_rep`, `staff:<role>` or an e-mail address. `subject_code` names the text (see `notice_codes`), `data`
    are its plain JSON fields; a `subject` among them replaces the text's own.
    """

    key: int
    account_id: int
    to: str
    subject_code: str
    data: Mapping[str, Any]
    business_date: dt.date


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """What the text of a notice may use: whom it is about, and the fields that the asking room gave."""

    language: str
    creditor_name: str
    account_number: str
    customer_name: str
    written_on: dt.date
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message with its words (empty until released) and its states; `for_staff`: a notice, not to the customer.

    `text_version_id` is the edited text it was written with, 0 for the standard one.
    """

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
    for_staff: bool
    open_at: dt.datetime | None
    text_version_id: int
    context: Mapping[str, Any]

    @property
    def passed(self) -> Mapping[str, str]:
        """The channels that come before this one and do not reach the customer: code -> why."""
        return self.context.get("passed") or {}

    @property
    def instead_of(self) -> Mapping[str, Any]:
        """The message that did not arrive and that this one replaces: `id`, `channel`, `reason`; empty for most."""
        return self.context.get("instead_of") or {}


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What a provider or a person reported about a message after it left."""

    report: str
    reason: str
    source: str
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True)
class DeadAddressFacts:
    """An address at which a customer is not reached any more; `currency` is the creditor's."""

    account_id: int
    id: int
    channel: str
    address: str
    reason: str
    marked_on: dt.date
    currency: str


@dataclass(frozen=True, slots=True)
class AddressesDied:
    """Event: messages came back from these addresses, and nothing more is sent there."""

    addresses: Sequence[DeadAddressFacts]


@dataclass(frozen=True, slots=True)
class ReleaseFigures:
    """What a release did: messages released by channel, and how many were withdrawn because the debt is gone."""

    released: dict[str, int]
    withdrawn: int


@dataclass(frozen=True, slots=True)
class DeliveryBegins:
    """Event: what waits up to this business date is about to be sent."""

    as_of: dt.date


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """Event: a message of a business date up to this one waits to be sent on a person's word."""

    as_of: dt.date


@dataclass(frozen=True, slots=True)
class MessagesWithdrawn:
    """Event: messages that had not left were withdrawn, each given by its account and by the act that asked for it."""

    account_ids: Sequence[int]
    action_ids: Sequence[int]


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
    `disputed_minor` of these items is not asked for, nor is `set_aside_minor`, which is held for another reason.

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
    set_aside_minor: int
    total_minor: int
    written_on: dt.date
    deadline_on: dt.date
    next_stage: str
    next_on: dt.date | None
    payment_code: str


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The exact words of a message; one in short form has its text alone."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class TelephoneFacts:
    """The number at which a customer is called, and the next stretch of time in which it may ring."""

    number: str
    opens_at: dt.datetime
    closes_at: dt.datetime
