"""What other rooms may know of creditors and accounts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CreditorFacts:
    """Who is owed, and the contact and bank account that reminders print."""

    id: int
    code: str
    name: str
    country: str
    currency: str
    timezone: str
    iban: str
    bic: str
    siren: str
    phone: str
    email: str
    address1: str
    address2: str
    postcode: str
    city: str
    contact_name: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """A billing account: who owes, how to reach them, and the criteria that choose their scenario.

    `strategic`, `score` (0 to 100, higher pays better) and `credit_hold_on`, the day from which nothing more is sold on
    credit, are our own standing of the customer: no file overwrites them. `parent_id` is the account that pays for it.
    """

    id: int
    number: str
    creditor_id: int
    name: str
    kind: str
    segment: str
    credit_class: str
    language: str
    email: str
    mobile: str
    phone: str
    address1: str
    address2: str
    postcode: str
    city: str
    country: str
    siren: str
    payment_method: str
    sales_rep: str
    opened_on: dt.date | None
    strategic: bool = False
    score: int | None = None
    credit_hold_on: dt.date | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A line or rented box of an account."""

    identifier: str
    kind: str
    activated_on: dt.date | None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened on an account, told by the room that did it.

    `kind` names a sentence in the desk's texts (`receipt_posted`, `stage_entered`, `message_sent`, …) and `data` fills
    it; amounts in `data` are minor units beside a `currency`. `at` orders events of one day; imported facts, which
    have a day but no hour, carry the instant they were posted.
    """

    on: dt.date
    at: dt.datetime
    kind: str
    data: dict[str, Any]
    actor: str = ""


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """Event: what is known of these accounts changed - criteria, address, any column; new accounts are not among them.

    Published inside the writing transaction, which holds the locks of these accounts.
    """

    account_ids: Sequence[int]
