"""What the scenario editor offers to choose from, and the small forms around it."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relance.customers.queries import criteria
from relance.dunning import queries
from relance.dunning.facts import ScenarioFacts
from relance.faces.desk.forms import DeskForm
from relance.faces.desk.labels import LABELS, choices, label
from relance.faces.desk.story import scenario_name

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")

BEGINNINGS: Mapping[str, Mapping[str, Any]] = {
    "send": {"channel": "email", "template": "reminder"},
    "task": {"kind": "call"},
    "notify": {"to": "sales_rep"},
    "late_fee": {"amount": "10.00"},
}
"""The parameters with which an action is added; others begin without any."""

_PLAIN_STAGES = [{"code": "reminder", "age": 5, "actions": [{"send": {"channel": "email", "template": "reminder"}}]}]

Choices = list[tuple[str, str | Promise]]


def editor_choices() -> dict[str, object]:
    """Everything that the editor's forms offer; what is not installed yet is not among the actions and channels."""
    here = queries.installed_parts()
    known = criteria()
    actions = _named("action", here["actions"])
    channels = _named("channel", here["channels"])
    return {
        "kinds": choices("kind"),
        "methods": choices("method"),
        "segments": known["segment"],
        "credit_classes": known["credit_class"],
        "levels": choices("level"),
        "families": choices("family"),
        "new_items": choices("new_item"),
        "catch_ups": choices("catch_up"),
        "working_days": choices("working_day"),
        "done_when": choices("done_when"),
        "actions": actions,
        "channels": channels,
        "templates": _named("template", here["templates"]),
        "work": choices("work"),
        "recipients": choices("recipient"),
        "costs": channels + [(code, word) for code, word in actions if code != "send"],
    }


def editor_words() -> dict[str, object]:
    """The sentences and names that the editor's script says, in the reader's language."""
    here = queries.installed_parts()
    return {
        "day": _("day {day}"),
        "handle": _("{stage}, day {day}"),
        "problems": _("({count} to correct)"),
        "one_problem": _("1 thing to correct"),
        "many_problems": _("{count} things to correct"),
        "scenario": _("The scenario"),
        "unnamed": _("Stage without a code"),
        "nth": _("Stage {number} of {count}"),
        "saved": _("Saved"),
        "saving": _("Saving…"),
        "unsaved": _("Not saved yet"),
        "offline": _("The server does not answer; trying again"),
        "refused": _("Not saved"),
        "signed_out": _("Not saved: sign in again in another tab"),
        "clash": _("Not saved"),
        "failed": _("That did not work. Reload the page and try again."),
        "stages": {code: str(word) for code, word in LABELS["stage"].items()},
        "actions": {code: str(word) for code, word in LABELS["action"].items()},
        "channels": {code: str(word) for code, word in LABELS["channel"].items()},
        "missing_channels": [code for code in LABELS["channel"] if code not in here["channels"]],
        "beginnings": BEGINNINGS,
        **{f"text_{code}": label("template", code) for code in here["templates"]},
    }


def _named(family: str, codes: Any) -> Choices:
    return sorted(((code, label(family, code)) for code in codes), key=lambda choice: str(choice[1]).casefold())


class NewScenarioForm(DeskForm):
    """The code and the names of a scenario that does not exist yet, and what it begins as."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Lower-case letters, digits, - and _. It stays what it is."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    name_en = forms.CharField(
        label=gettext_lazy("Name in English"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name_fr = forms.CharField(
        label=gettext_lazy("Name in French"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    begin = forms.ChoiceField(label=gettext_lazy("Begin with the stages of"), required=False)

    def __init__(self, *args: Any, scenarios: Sequence[ScenarioFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = {facts.code: facts for facts in scenarios}
        field = self.fields["begin"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("one plain reminder"))] + [
            (facts.code, scenario_name(facts.name, facts.code)) for facts in scenarios
        ]

    def clean_code(self) -> str:
        """A code that no scenario has."""
        code: str = self.cleaned_data["code"]
        if not _CODE.fullmatch(code):
            raise forms.ValidationError(_("Write lower-case letters, digits, - and _, at most 40."))
        if code in self._known:
            raise forms.ValidationError(_("There is a scenario of this code already; open it and edit it."))
        return code

    def content(self) -> dict[str, Any]:
        """The content that a valid form asks for."""
        data = self.cleaned_data
        model = self._known.get(data["begin"])
        content = (
            copy.deepcopy(dict(model.content))
            if model
            else {"level": "account", "stages": copy.deepcopy(_PLAIN_STAGES)}
        )
        return content | {"code": data["code"], "name": {"fr": data["name_fr"], "en": data["name_en"]}}


class DraftRefusalForm(DeskForm):
    """Why a submitted draft goes back to its author."""

    reason = forms.CharField(
        label=gettext_lazy("What should be different"),
        max_length=250,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
