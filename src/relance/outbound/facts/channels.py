"""What channels and the providers behind them are handed, and what they answer."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from relance.customers.facts import AccountFacts


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
