"""Every action keeps the shelf's contract: it knows good parameters from bad ones, names what is wrong, and is pure."""

import copy
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from relance.dunning import facts
from relance.dunning.facts import (
    Action,
    BillInterest,
    CallWebhook,
    ChargeIndemnity,
    ChargeLateFee,
    Effect,
    FlagForReview,
    GuardedAs,
    MoveCreditClass,
    NotifyStaff,
    OpenWork,
    PlaceCreditHold,
    SendMessage,
)
from relance.kit.shelf import shelf

ACTIONS: Mapping[str, Action] = shelf("relance.dunning.actions", "ACTION")

GOOD: tuple[tuple[str, dict[str, Any], Effect, str, bool], ...] = (
    ("send", {"channel": "email", "template": "reminder"}, SendMessage(("email",), "reminder"), "reminder", True),
    ("send", {"channel": ["sms", "email"], "template": "formal_notice"}, SendMessage(("sms", "email"), "formal_notice"),
     "formal", True),
    ("send", {"channel": "email", "template": "reminder", "courtesy": True}, SendMessage(("email",), "reminder"),
     "courtesy", True),
    ("late_fee", {"amount": "10.00"}, ChargeLateFee("10.00"), "formal", False),
    ("late_fee", {"amount": 10, "currency": "JPY"}, ChargeLateFee("10", "JPY"), "formal", False),
    ("indemnity", {}, ChargeIndemnity(), "formal", False),
    ("interest", {}, BillInterest(), "formal", False),
    ("task", {"kind": "call"}, OpenWork("call"), "internal", True),
    ("task", {"kind": "meeting", "title": "Meet them"}, OpenWork("meeting", "Meet them"), "internal", True),
    ("task", {"kind": "task", "due_in_days": 3}, OpenWork("task", "", 3), "internal", False),
    ("review", {}, FlagForReview(), "internal", False),
    ("review", {"reason": "large"}, FlagForReview("large"), "internal", False),
    ("credit_class", {"to": "watch"}, MoveCreditClass("watch"), "internal", False),
    ("credit_hold", {}, PlaceCreditHold(), "restrict", False),
    ("notify", {"to": "sales_rep"}, NotifyStaff("sales_rep"), "internal", False),
    ("notify", {"to": "staff:supervisor", "subject": "Look"}, NotifyStaff("staff:supervisor", "Look"), "internal", False),
    ("notify", {"to": "credit@example.com"}, NotifyStaff("credit@example.com"), "internal", False),
    ("webhook", {"endpoint": "crm"}, CallWebhook("crm"), "internal", False),
)  # fmt: skip

BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("send", {"template": "reminder"}, "channel"),
    ("send", {"channel": [], "template": "reminder"}, "channel"),
    ("send", {"channel": [3], "template": "reminder"}, "channel"),
    ("send", {"channel": "email"}, "template"),
    ("send", {"channel": "email", "template": "reminder", "courtesy": "yes"}, "courtesy"),
    ("send", {"channel": "email", "template": "formal_notice", "courtesy": True}, "courtesy"),
    ("late_fee", {}, "amount"),
    ("late_fee", {"amount": "0.00"}, "amount"),
    ("late_fee", {"amount": "-3"}, "amount"),
    ("late_fee", {"amount": True}, "amount"),
    ("late_fee", {"amount": "10,00"}, "amount"),
    ("late_fee", {"amount": "10.00", "currency": "EURO"}, "currency"),
    ("late_fee", {"amount": "10.50", "currency": "JPY"}, "currency"),
    ("late_fee", {"amount": "10.00", "currency": 3}, "currency"),
    ("task", {}, "kind"),
    ("task", {"kind": "Call!"}, "kind"),
    ("task", {"kind": "call", "due_in_days": -1}, "due_in_days"),
    ("task", {"kind": "call", "due_in_days": True}, "due_in_days"),
    ("task", {"kind": "call", "title": "two\nlines"}, "title"),
    ("review", {"reason": 7}, "reason"),
    ("credit_class", {}, "to"),
    ("credit_class", {"to": "  "}, "to"),
    ("credit_class", {"to": "x" * 61}, "to"),
    ("notify", {}, "to"),
    ("notify", {"to": "staff:kings"}, "to"),
    ("notify", {"to": "nobody"}, "to"),
    ("notify", {"to": "a@example.com, b@example.com"}, "to"),
    ("notify", {"to": "sales_rep", "subject": "x" * 121}, "subject"),
    ("webhook", {}, "endpoint"),
    ("webhook", {"endpoint": "My CRM"}, "endpoint"),
)


def test_every_action_is_tried() -> None:
    assert {kind for kind, *_ in GOOD} == set(ACTIONS)
    assert {type(effect) for _, _, effect, _, _ in GOOD} == set(get_args(facts.Effect))


@pytest.mark.parametrize(("kind", "params", "effect", "guarded", "contacts"), GOOD)
def test_good_parameters_give_their_effect(
    kind: str, params: dict[str, Any], effect: Effect, guarded: str, contacts: bool
) -> None:
    action, before = ACTIONS[kind], copy.deepcopy(params)
    assert action.check(params) == []
    assert action.effects(params) == (effect,)
    assert action.guarded(params) == GuardedAs(guarded)
    assert action.contacts(params) is contacts
    assert params == before


@pytest.mark.parametrize(("kind", "params", "place"), BAD)
def test_bad_parameters_are_named(kind: str, params: dict[str, Any], place: str) -> None:
    wrong = ACTIONS[kind].check(params)
    assert [sentence.partition(":")[0] for sentence in wrong] == [place]


@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_what_an_action_does_not_take_is_named(kind: str) -> None:
    good = next(params for code, params, *_ in GOOD if code == kind)
    (sentence,) = ACTIONS[kind].check({**good, "volume": 11})
    assert sentence.startswith("volume: unknown")
