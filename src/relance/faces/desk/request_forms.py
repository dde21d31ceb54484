"""Forms of the second person: a decision on a request, with the key that makes it happen once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.act_forms import ActForm


class ApprovalForm(ActForm):
    """Approve, with a remark if there is something to say."""

    reason = forms.CharField(
        label=_("Remark"), max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "approve_%s")
        super().__init__(*args, **kwargs)


class RequestRefusalForm(ActForm):
    """Refuse, or withdraw one's own, with the reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "refuse_%s")
        super().__init__(*args, **kwargs)
