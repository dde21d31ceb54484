"""The story of an account: what every room tells of it, merged and put into sentences with their reasons."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from relance.arrangements import queries as arrangements
from relance.customers import queries as customers
from relance.customers.facts import TimelineEvent
from relance.dunning import queries as dunning
from relance.dunning.facts import Because
from relance.dunning.sentences import because_sentence, refusal_sentence
from relance.faces.desk.hold_words import hold_told
from relance.faces.desk.labels import label
from relance.faces.desk.ledger_story import Words, act_told
from relance.faces.desk.templatetags.desk import day, language, money
from relance.faces.desk.work_story import standing_told, work_told
from relance.ledger import queries as ledger
from relance.outbound import queries as outbound
from relance.worklist import queries as worklist

FAMILIES = ("money", "decision", "message", "work")
EVENT_LIMIT = 40
_ORDINARY = frozenset({"settled", "switched", "declined"})
"""Refusals that are no trouble: the debt was paid, or a person wanted it so."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the desk shows it. `family` filters and `tone` colours it; `why` are its reasons as sentences."""

    on: dt.date
    at: dt.datetime
    family: str
    tone: str
    icon: str
    title: str
    note: str
    why: Sequence[str]
    actor: str
    address: str


@dataclass(frozen=True, slots=True)
class Story:
    """Months (their first days) with their events, newest first, and how many events there are in all."""

    months: Sequence[tuple[dt.date, Sequence[Told]]]
    shown: int
    total: int


def story(
    account_id: int,
    as_of: dt.date,
    currency: str,
    names: Mapping[str, str],
    family: str = "",
    limit: int = EVENT_LIMIT,
) -> Story:
    """Everything that happened on an account, newest first, of one family or of all; money as of a day.

    Decisions are not cut at that day: once a night is complete, the next one's date is already being lived. `names`
    are the scenarios' (see `scenario_names`).
    """
    events: list[TimelineEvent] = []
    total = 0
    # Each room gives its own newest ones: the newest of all are among them, and only those are put into words.
    if family in ("", "money"):
        events += ledger.timeline(account_id, as_of, limit)
        total += ledger.event_count(account_id, as_of)
    if family in ("", "decision"):
        events += dunning.timeline(account_id, limit)
        total += dunning.event_count(account_id)
        events += customers.timeline(account_id, limit)
        total += customers.event_count(account_id)
        events += arrangements.timeline(account_id, limit)
        total += arrangements.event_count(account_id)
    if family in ("", "message"):
        events += outbound.timeline(account_id, limit)
        total += outbound.event_count(account_id)
    if family in ("", "work"):
        events += worklist.timeline(account_id, limit)
        total += worklist.event_count(account_id)
    events.sort(key=lambda event: (event.on, event.at), reverse=True)
    shown = [tell(event, currency, names) for event in events[:limit]]
    months = [(start, list(entries)) for start, entries in groupby(shown, key=lambda entry: entry.on.replace(day=1))]
    return Story(months, len(shown), total)


def scenario_names() -> dict[str, str]:
    """Each scenario's name for the reader."""
    return {scenario.code: scenario_name(scenario.name, scenario.code) for scenario in dunning.scenarios()}


def scenario_name(names: Mapping[str, str], code: str) -> str:
    """The name in the reader's language, else in any, else the code."""
    return names.get(language()) or next(iter(names.values()), code)


def family_of(kind: str) -> str:
    """Which filter an event belongs to."""
    if kind.startswith("message"):
        return "message"
    if kind.startswith("work"):
        return "work"
    return "decision" if kind.startswith(("episode", "action", "stage", "scenario", "standing", "hold")) else "money"


def sentences(reasons: Iterable[Because], currency: str, names: Mapping[str, str]) -> list[str]:
    """The reasons of a decision for the reader, stages and scenarios by their names (`names` are the scenarios').

    A reason that has no sentence yet is shown by its code.
    """
    found = []
    for reason in reasons:
        named = dict(reason.data)
        for place in ("stage", "to"):
            if place in named:
                named[place] = _("“%(name)s”") % {"name": label("stage", named[place])}
        if "scenario" in named:
            named["scenario"] = _("“%(name)s”") % {"name": names.get(str(named["scenario"]), named["scenario"])}
        try:
            found.append(because_sentence(Because(reason.code, named), language(), currency))
        except KeyError:
            found.append(reason.code.replace("_", " "))
    return found


def tell(event: TimelineEvent, currency: str, names: Mapping[str, str]) -> Told:
    """One event in words."""
    family = family_of(event.kind)
    data = {"currency": currency, **event.data}
    maker = {"money": _money, "decision": _decision, "message": _message, "work": work_told}[family]
    tone, icon, title, note, why = maker(event.kind, data, names)
    message_id, work_item_id = data.get("message_id"), data.get("work_item_id")
    address = reverse("desk:message", args=[message_id]) if message_id else ""
    if work_item_id:
        address = reverse("desk:work_item", args=[work_item_id])
    elif family == "decision" and "episode_id" in data:
        address = reverse("desk:episode", args=[data["account_id"], data["episode_id"]])
    return Told(event.on, event.at, family, tone, icon, title, note, why, event.actor, address)


def _money(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> Words:  # noqa: ARG001
    amount = money(data.get("amount_minor"), data["currency"])
    number = data.get("number", "")
    if kind == "invoice_issued":
        title = _("Invoice %(number)s of %(amount)s") % {"number": number, "amount": amount}
        return "", "invoice", title, _("due on %(day)s") % {"day": day(data.get("due_on"))}, ()
    if kind == "receipt_posted":
        title = _("Payment of %(amount)s received") % {"amount": amount}
        return "money", "money", title, " · ".join(filter(None, [label("method", data.get("method")), number])), ()
    if kind == "credit_note_posted" and "item_number" not in data:
        title = _("Credit note %(number)s of %(amount)s") % {"number": number, "amount": amount}
        return "money", "undo", title, str(data.get("reason", "")), ()
    if kind == "receipt_reversed":
        title = _("Payment of %(amount)s reversed") % {"amount": amount}
        return "trouble", "undo", title, " · ".join(filter(None, [str(data.get("reason", "")), number])), ()
    return act_told(kind, data)


def _decision(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> Words:
    if kind.startswith("standing"):
        return standing_told(kind, data)
    if kind.startswith("hold"):
        return hold_told(kind, data)
    code = str(data.get("scenario", ""))
    scenario, stage = names.get(code, code), label("stage", data.get("stage"))
    why = sentences([Because(name, facts) for name, facts in data.get("because", ())], data["currency"], names)
    item = str(data.get("item", ""))
    if kind == "episode_opened":
        note = " · ".join(filter(None, [item, _("version %(number)s") % {"number": data.get("version", "")}]))
        return "decision", "flag", _("Dunning begins: %(scenario)s") % {"scenario": scenario}, note, why
    if kind == "episode_closed":
        endings = {"switched": _("moved to another scenario"), "restarted": _("began again with a new item")}
        note = " · ".join(filter(None, [item, endings.get(str(data.get("ending", "")), "")]))
        return "money", "check", _("Dunning ends: %(scenario)s") % {"scenario": scenario}, note, why
    action = label("action", data.get("action"))
    titles = {
        "action_planned": _("Stage “%(stage)s”: %(action)s planned"),
        "action_performed": _("Stage “%(stage)s”: %(action)s"),
        "action_refused": _("Stage “%(stage)s”: %(action)s not possible"),
        "action_passed": _("Stage “%(stage)s”: %(action)s passed over"),
        "action_waiting": _("Stage “%(stage)s”: %(action)s waits for a person’s approval"),
    }
    action = action[:1].lower() + action[1:]
    title = titles.get(kind, "%(stage)s: %(action)s") % {"stage": stage, "action": action}
    refusal = str(data.get("refusal") or "")
    note = refusal_sentence(refusal, language()) if refusal else ""
    tone = "trouble" if kind == "action_refused" and refusal not in _ORDINARY else "decision"
    return tone, "scenarios", title, note, why


def _message(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> Words:  # noqa: ARG001
    state = str(data.get("state") or kind.removeprefix("message_"))
    channel, template = label("channel", data.get("channel")), label("template", data.get("template"))
    titles = {
        "prepared": _("%(channel)s prepared: %(template)s"),
        "released": _("%(channel)s written: %(template)s"),
        "sent": _("%(channel)s sent: %(template)s"),
        "withdrawn": _("%(channel)s withdrawn: %(template)s"),
        "failed": _("%(channel)s failed: %(template)s"),
        "unknown": _("%(channel)s, outcome unknown: %(template)s"),
    }
    if data.get("for_staff"):
        template = _("notice to staff")
    title = titles.get(state, "%(channel)s: %(template)s") % {"channel": channel, "template": template}
    claimed = money(data.get("claimed_minor"), data["currency"])
    reason = str(data.get("reason") or "")
    reason = label("withdrawn_because", reason) if state == "withdrawn" and reason else reason
    note = " · ".join(filter(None, [str(data.get("recipient") or ""), claimed, reason]))
    tone = {"failed": "trouble", "unknown": "trouble", "withdrawn": "", "sent": "message"}.get(state, "")
    return tone, "messages", title, note, ()
