"""What actions ask of the rooms below, and what every file on the actions shelf offers.

These shapes leave the room through `facts`, like the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Effect: send a message through the first channel of `channels` that can reach the customer."""

    channels: tuple[str, ...]
    template: str


@dataclass(frozen=True, slots=True)
class ChargeLateFee:
    """Effect: charge a late fee of `amount` (a decimal string) once per stage.

    With a currency it is charged on debts in that currency only, without one in the unit of whatever is owed.
    """

    amount: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ChargeIndemnity:
    """Effect: charge the fixed recovery indemnity of the law on each chased overdue invoice that bears none."""


@dataclass(frozen=True, slots=True)
class BillInterest:
    """Effect: put the interest accrued on the overdue items on interest notes."""


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Effect: open an item of work of this kind for a person, due so many days later."""

    kind: str
    title: str = ""
    due_in_days: int = 0


@dataclass(frozen=True, slots=True)
class FlagForReview:
    """Effect: have a person look at the account; the reason is shown to them."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class MoveCreditClass:
    """Effect: move the account to this credit class."""

    credit_class: str


@dataclass(frozen=True, slots=True)
class PlaceCreditHold:
    """Effect: sell the customer nothing more on credit until the hold is lifted."""


@dataclass(frozen=True, slots=True)
class NotifyStaff:
    """Effect: tell the account's sales representative, a role (`staff:<role>`) or an address; by e-mail."""

    to: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Effect: tell another system, through an endpoint that administrators named."""

    endpoint: str


Effect = (
    SendMessage
    | ChargeLateFee
    | ChargeIndemnity
    | BillInterest
    | OpenWork
    | FlagForReview
    | MoveCreditClass
    | PlaceCreditHold
    | NotifyStaff
    | CallWebhook
)


class GuardedAs(StrEnum):
    """Which row of the hold matrix an action falls under; courtesy and internal ones are nearly always allowed."""

    REMINDER = "reminder"
    COURTESY = "courtesy"
    FORMAL = "formal"
    RESTRICT = "restrict"
    INTERNAL = "internal"


class Action(Protocol):
    """What a file on the actions shelf offers as `ACTION`; everything is pure."""

    def check(self, params: Mapping[str, Any], /) -> list[str]:
        """What is wrong with the parameters, each a sentence that starts with the parameter's name."""

    def effects(self, params: Mapping[str, Any], /) -> tuple[Effect, ...]:
        """What rooms below are asked to do, for parameters in which `check` found nothing wrong."""

    def guarded(self, params: Mapping[str, Any], /) -> GuardedAs:
        """How holds and the law see this action."""

    def contacts(self, params: Mapping[str, Any], /) -> bool:
        """Whether the customer hears from us through it; of those an account has one stage a day."""
