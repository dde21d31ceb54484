"""Forms of the worklist and of a customer's standing."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.customers.facts import AccountFacts
from relance.customers.services import BEST_SCORE
from relance.faces.desk.forms import DeskForm


def _reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Shown on the account’s timeline."),
    )  # fmt: skip


class CloseWorkForm(DeskForm):
    """What came of the work, and a note."""

    outcome = forms.ChoiceField(label=_("What came of it"), widget=forms.Select(attrs={"autofocus": True}))
    note = forms.CharField(
        label=_("Note"), max_length=1_000, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}), help_text=_("Shown on the account’s timeline."),
    )  # fmt: skip

    def __init__(self, *args: Any, outcomes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(outcomes)


class HandOverForm(DeskForm):
    """Who shall do the work."""

    to = forms.ChoiceField(label=_("Hand it to"), required=False)

    def __init__(self, *args: Any, people: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Nobody")), *((name, name) for name in people)]


class NewWorkForm(DeskForm):
    """Work asked for by hand. `token` is drawn with the page, so that a form sent twice asks once."""

    account = forms.CharField(
        label=_("Account number"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(label=_("Kind"))
    title = forms.CharField(
        label=_("What to do"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Empty when the kind says it all."),
    )  # fmt: skip
    due_on = forms.DateField(label=_("Due"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    to = forms.ChoiceField(label=_("Assigned to"), required=False)
    note = forms.CharField(
        label=_("Note"), max_length=1_000, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("What whoever does it should know."),
    )  # fmt: skip
    token = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, kinds: Sequence[tuple[str, str]], people: Sequence[str], today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        kind, to = self.fields["kind"], self.fields["to"]
        assert isinstance(kind, forms.ChoiceField)
        assert isinstance(to, forms.ChoiceField)
        kind.choices = list(kinds)
        to.choices = [("", _("Nobody")), *((name, name) for name in people)]

    def clean_due_on(self) -> dt.date:
        """Today or later: nothing is asked for yesterday."""
        due_on: dt.date = self.cleaned_data["due_on"]
        if due_on < self._today:
            raise forms.ValidationError(_("Choose today or a later day."))
        return due_on


class ReopenWorkForm(DeskForm):
    """Why work that has ended goes on."""

    reason = _reason_field()


class StandingForm(DeskForm):
    """Our own view of a customer: strategic or not, and a score."""

    strategic = forms.BooleanField(
        label=_("Strategic customer"), required=False, help_text=_("Scenarios may treat strategic customers otherwise.")
    )
    score = forms.IntegerField(
        label=_("Score"), required=False, min_value=0, max_value=BEST_SCORE,
        help_text=_("From 0 to 100, higher for who pays better; empty for not scored."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    reason = _reason_field()

    @classmethod
    def of(cls, account: AccountFacts) -> "StandingForm":
        """The form as the account stands."""
        return cls(initial={"strategic": account.strategic, "score": account.score})


class LiftCreditHoldForm(DeskForm):
    """Why a customer may buy on credit again."""

    reason = _reason_field()
