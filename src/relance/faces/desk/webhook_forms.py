"""The form of a system that scenarios may call."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.forms import DeskForm


class EndpointForm(DeskForm):
    """Name and address; the name of an endpoint that is there already gives it another address."""

    name = forms.CharField(
        label=_("Name"), max_length=40, help_text=_("As scenarios write it, for example crm."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("Begins with https://; signed calls are posted to it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )  # fmt: skip

    def forget_password(self) -> None:
        """Leave the address empty on the page that refuses it when a name and a password may stand in it."""
        if "@" in self.data.get("url", ""):
            self.data = {**self.data.dict(), "url": ""} if isinstance(self.data, QueryDict) else {}
