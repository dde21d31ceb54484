"""The form that says from which hour a creditor's night runs by itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.forms import DeskForm


class ScheduleForm(DeskForm):
    """Hour and switch of one creditor's night."""

    at = forms.TimeField(
        label=_("Starting at"),
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    active = forms.BooleanField(label=_("Runs by itself"), required=False)
