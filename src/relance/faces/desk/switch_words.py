"""What moving a running episode to another scenario would do, in sentences."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from relance.dunning import queries as dunning
from relance.dunning import services
from relance.dunning.facts import PlanStep
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import count, day
from relance.kit.refusal import Refusal


def switch_effect(account_id: int, as_of: dt.date, data: Mapping[str, Any], names: Mapping[str, str]) -> Sequence[str]:
    """One sentence per debt under way, once a scenario and a place are chosen, and what comes next; or why it cannot be."""
    code = data.get("scenario")
    if not code or not data.get("place"):
        return ()
    try:
        plan = services.plan_of_switch(account_id, code, data["place"] == "keep", as_of)
    except Refusal as refusal:
        told = str(refusal)
        return (f"{told[:1].upper()}{told[1:]}.",)
    sentences = []
    for entry in dunning.explain(account_id, as_of):
        if entry.version is None:
            continue
        words = {"scenario": names.get(code, code), "days": count(max(entry.effective_days, 0))}
        debt = entry.item_number
        stage = dunning.stage_by_age(code, entry.effective_days) if data["place"] == "keep" else None
        if stage is not None:
            words["stage"] = label("stage", stage.code)
            sentence = _(
                "At %(days)s days it stands behind the stage “%(stage)s” of %(scenario)s; nothing of that stage or of "
                "earlier ones is done, and the next one follows by its interval."
            )
        elif data["place"] == "keep":
            sentence = _("At %(days)s days no stage of %(scenario)s is reached yet: it begins with the first one.")
        else:
            sentence = _("%(scenario)s begins with its first stage, which is due once the debt has its age.")
        sentences.append((f"{debt}: " if debt else "") + sentence % words)
    if sentences:
        sentences.append(_next(plan))
        sentences.append(_("What was planned under the scenario so far and is not done yet will not be done."))
    return sentences


def _next(plan: Sequence[PlanStep]) -> str:
    """Which stage would come next, and when."""
    step = next((step for step in plan if step.stage), None)
    if step is None:
        return _("No further stage would follow.")
    words = {"stage": label("stage", step.stage), "on": day(step.on)}
    return _("If nothing is paid, “%(stage)s” is next, on %(on)s.") % words
