"""The form that starts an experiment."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.dunning.facts import ScenarioFacts
from relance.faces.desk.act_forms import day_field
from relance.faces.desk.forms import DeskForm
from relance.faces.desk.story import scenario_name

USUAL_DAYS = 90
"""How long an experiment lasts unless somebody says otherwise: enough to judge two months of episodes."""


class ExperimentForm(DeskForm):
    """Which two scenarios, for which share of the new cases, and for how long."""

    code = forms.CharField(
        label=_("Name"), max_length=40,
        help_text=_("Lower-case letters, digits, - and _, for example softer-letters. It decides which accounts are drawn."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    champion = forms.ChoiceField(
        label=_("Champion"), help_text=_("The scenario whose new cases are shared; it goes on for the others.")
    )
    challenger = forms.ChoiceField(
        label=_("Challenger"), help_text=_("Published too. Give it a low priority, so that nobody gets it otherwise.")
    )
    share_percent = forms.IntegerField(
        label=_("Its share, in percent"), min_value=1, max_value=99, initial=50,
        help_text=_("Equal halves tell soonest."),
    )  # fmt: skip
    from_on = day_field(label=_("First day"))
    until_on = day_field(
        label=_("Last day"), help_text=_("An episode is judged thirty days after it opened, also after this day.")
    )

    def __init__(self, *args: Any, scenarios: list[ScenarioFacts], today: dt.date, **kwargs: Any) -> None:
        tomorrow = today + dt.timedelta(days=1)
        kwargs.setdefault("initial", {"from_on": tomorrow, "until_on": tomorrow + dt.timedelta(days=USUAL_DAYS - 1)})
        super().__init__(*args, **kwargs)
        named = [("", "—"), *((facts.code, _named(facts)) for facts in scenarios)]
        for name in ("champion", "challenger"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = named


def _named(facts: ScenarioFacts) -> str:
    name = scenario_name(facts.name, facts.code)
    return f"{name} ({facts.code})" if name != facts.code else facts.code
