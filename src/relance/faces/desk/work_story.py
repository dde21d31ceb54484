"""What happened to an account's work and standing, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from relance.faces.desk.ledger_story import Words
from relance.faces.desk.templatetags.desk import day
from relance.faces.desk.work_words import outcome_title, what_to_do


def work_told(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> Words:  # noqa: ARG001
    """An event of `worklist.queries.timeline`."""
    code = str(data.get("work_kind", ""))
    words = {"work": what_to_do(code, str(data.get("title", ""))), "name": data.get("assigned_to", "")}
    outcome, note = outcome_title(code, str(data.get("outcome", ""))), str(data.get("note", ""))
    if kind == "work_opened":
        return (
            "decision",
            "work",
            _("Work: %(work)s") % words,
            _("due on %(day)s") % {"day": day(data.get("due_on"))},
            (),
        )
    if kind == "work_assigned":
        told = _("%(work)s: handed to %(name)s") if words["name"] else _("%(work)s: given back")
        return "", "accounts", told % words, note, ()
    if kind == "work_closed":
        return "money", "check", f"{words['work']}: {outcome[:1].lower()}{outcome[1:]}", note, ()
    if kind == "work_cancelled":
        return "", "close", _("%(work)s: called off") % words, note or outcome, ()
    return "", "undo", _("%(work)s: open again") % words, note, ()


def standing_told(kind: str, data: Mapping[str, Any]) -> Words:
    """An event of `customers.queries.timeline`."""
    reason = str(data.get("reason", ""))
    if kind == "standing_class_moved":
        words = {"old": data.get("from", ""), "new": data.get("to", "")}
        return "decision", "flag", _("Moved from credit class %(old)s to %(new)s") % words, reason, ()
    if kind == "standing_hold_placed":
        return "trouble", "lock", _("Credit hold: nothing more is sold on credit"), reason, ()
    if kind == "standing_hold_lifted":
        told = _("Credit hold lifted; it was placed on %(day)s") % {"day": day(data.get("since"))}
        return "money", "lock", told, reason, ()
    changes = []
    if data.get("strategic") != data.get("strategic_from"):
        changes.append(_("strategic customer") if data.get("strategic") else _("no longer a strategic customer"))
    if data.get("score") != data.get("score_from"):
        score = data.get("score")
        changes.append(_("no score") if score is None else _("score %(score)s of 100") % {"score": score})
    return "decision", "flag", _("Standing: %(changes)s") % {"changes": ", ".join(changes)}, reason, ()
