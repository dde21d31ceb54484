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
class WebhookOrder:
    """A call to another system about an account, once per `key` (the id of the planned action) and endpoint."""

    key: int
    account_id: int
    endpoint: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """A system that may be called. Its secret is not stored: it is the environment variable `secret_variable`.

    `has_secret`: this process sees one; the workers that call must see it too.
    """

    name: str
    url: str
    is_active: bool
    secret_variable: str
    has_secret: bool
    created_by: str
    created_at: dt.datetime


class CallState(StrEnum):
    """What became of a call: on its way or to be tried again, taken by the other side, or given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call with its state; `status_code` is the last HTTP answer, None where none came."""

    id: int
    account_id: int
    endpoint: str
    payload: Mapping[str, Any]
    state: CallState
    reason: str
    status_code: int | None
    attempt_count: int
    made_at: dt.datetime
    next_attempt_at: dt.datetime
    delivered_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CallsWaiting:
    """Event: calls to other systems were made in this transaction and wait to be delivered after it."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message with its words (empty until released) and its states; `for_staff`: a notice, not to the customer."""

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
class PrintBatchFacts:
    """Letters of one creditor and channel, sealed together; `state` is sealing, sealed or posted."""

    id: int
    creditor_id: int
    channel: str
    business_date: dt.date
    state: str
    letter_count: int
    page_count: int
    sealed_at: dt.datetime | None
    sealed_by: str
    posted_on: dt.date | None
    posted_by: str


@dataclass(frozen=True, slots=True)
class PrintedFacts:
    """A letter in its batch; pages count from 1. `weight` is the most grams of its class, printed on one side, 0 beyond."""

    sequence: int
    account_id: int
    account_number: str
    message_id: int
    first_page: int
    page_count: int
    weight: int
    address: tuple[str, ...]
    tracking_number: str


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
    """A channel's answer for one message; `reason` is a sentence for a person, empty when it was sent.

    `reference` is the provider's own name for it, by which later notices speak of it; empty where there is none.
    `dead_address`: the recipient does not exist, so nothing more is to be sent there.
    """

    message_id: int
    outcome: Outcome
    reason: str = ""
    reference: str = ""
    dead_address: bool = False


class Gateway(Protocol):
    """What a file on the gateways shelf offers as `GATEWAY`: one provider that carries short texts to phones."""

    def trouble(self) -> str:
        """Why it cannot work as it is set up, as a sentence that names the setting; empty when it can."""

    def reaches_people(self) -> bool:
        """Whether what it takes rings somewhere, so that quiet hours count."""

    def repeatable(self) -> bool:
        """Whether handing one message over twice leaves one message, by the provider's own word."""

    def send(self, message: "OutgoingMessage", recipient: str) -> DeliveryReceipt:
        """Hand one message over to a number in international form (`+33612345678`)."""

    def notices(self, call: "IncomingCall") -> "Sequence[DeliveryNotice]":
        """What the provider reports in a call to us. Raises NotAuthentic, and ValueError for a report that makes no sense."""


class Report(StrEnum):
    """What a provider says later about a message it took."""

    DELIVERED = "delivered"
    OPENED = "opened"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """A provider's later word on the message that it knows as `reference`; `reason` says why it failed."""

    reference: str
    report: Report
    occurred_at: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that a provider made to us: the address as it was called, headers by lower-case name, the untouched body."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: dt.datetime


class NotAuthentic(Exception):
    """A call to us does not prove that it comes from the provider; the text says what is missing."""


class Form(StrEnum):
    """How the words of a message are laid out: a mail (subject, text and HTML), a short text of one paragraph,
    or a letter, whose words are archived as plain text and which is typeset when its print batch is sealed.
    """

    MAIL = "mail"
    SHORT = "short"
    LETTER = "letter"


class Channel(Protocol):
    """What a file on the channels shelf offers as `CHANNEL`; `form` is how its messages are written."""

    form: Form
    postal_days: int
    """Days that it takes to arrive, added to deadlines; 0 for what arrives at once."""

    def address_of(self, account: AccountFacts) -> str | None:
        """Where this channel reaches the account, or None. Pure."""

    def repeatable(self) -> bool:
        """Whether delivering one message twice leaves one message, so that a dead sender's batch is simply redone."""

    def quiet_zones(self, address: str) -> Sequence[str]:
        """The time zones in which a message to this address would disturb at night; none where it disturbs nobody."""

    def notices(self, provider: str, call: IncomingCall) -> Sequence[DeliveryNotice]:
        """What a provider reports in a call to us. Raises LookupError for one we do not use, NotAuthentic for a call that
        is not from it, and ValueError for a report that makes no sense.
        """

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """One receipt for each message, in order; a message is handed over no sooner than its receipt is asked for."""
