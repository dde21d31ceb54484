"""Forms about dunning: moving a debt to another scenario, and answering an action that asks for approval."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.forms import DeskForm


def _reason_field(**more: Any) -> forms.CharField:
    return forms.CharField(max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}), **more)


class SwitchForm(DeskForm):
    """The scenario to go on under, and where in it; `seen` stands for what was under way when the form was drawn."""

    scenario = forms.ChoiceField(label=_("Scenario"))
    place = forms.ChoiceField(
        label=_("Place"),
        widget=forms.RadioSelect,
        choices=[("keep", _("Keep the place by age")), ("again", _("Start again with the first stage"))],
        initial="keep",
    )
    reason = _reason_field(label=_("Reason"), help_text=_("Kept in the audit trail."))
    seen = forms.CharField(max_length=4_000, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, scenarios: Sequence[tuple[str, str]], seen: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"seen": seen} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field = self.fields["scenario"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose…")), *scenarios]


class ApproveActionForm(DeskForm):
    """Approve an action, with a remark if there is something to say."""

    reason = _reason_field(label=_("Remark"), required=False, help_text=_("Kept in the audit trail."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "approve_%s")
        super().__init__(*args, **kwargs)


class DeclineActionForm(DeskForm):
    """Decline an action, with the reason."""

    reason = _reason_field(label=_("Reason"), help_text=_("Kept in the audit trail."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "decline_%s")
        super().__init__(*args, **kwargs)
