"""Calls to other systems as other rooms see them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
