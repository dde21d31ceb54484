"""Forms of holds: they read what people type; what a kind may cover is the arrangements room's decision."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.arrangements.facts import HoldKind, Scope
from relance.arrangements.rules import MATRIX
from relance.faces.desk.act_forms import ActForm, amount_field, day_field
from relance.faces.desk.forms import Find, chosen_item, offer_items
from relance.faces.desk.labels import choices, label
from relance.kit.pages import Page
from relance.ledger.facts import OpenItemFacts


class HoldPeriodForm(ActForm):
    """The days of a hold: the first, and the last where it is known."""

    from_on = day_field(label=_("First day held"), help_text=_("It may lie in the past; the age is counted anew."))
    until_on = day_field(label=_("Last day held"), required=False, help_text=_("Empty: until somebody ends it."))

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        cleaned = super().clean()
        since, until = cleaned.get("from_on"), cleaned.get("until_on")
        if since and until and until < since:
            self.add_error("until_on", _("This lies before the first day held."))
        return cleaned


class PlaceHoldForm(HoldPeriodForm):
    """A hold to place: why, on what, and when. A kind that can cover one thing only covers that, whatever is chosen."""

    kind = forms.ChoiceField(label=_("Kind of hold"))
    scope = forms.ChoiceField(label=_("Covers"), choices=lambda: choices("hold_scope"))
    item = forms.ChoiceField(label=_("Item"), required=False)
    amount = amount_field(label=_("Part of the item"), required=False)
    born_before = day_field(
        label=_("Born before"), required=False,
        help_text=_("The day of the judgment or of the decision that the file is admissible; later items are chased."),
    )  # fmt: skip
    reference = forms.CharField(
        label=_("File or ticket"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, kinds: Sequence[HoldKind], items: Page[OpenItemFacts], find: Find, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._items, self._find = items, find
        self.choice("kind").choices = [(kind.value, label("hold", kind)) for kind in kinds]
        offer_items(self, "item", items, _("None"))
        after_scope = [name for name in ("item", "other", "amount", "born_before") if name in self.fields]
        self.order_fields(["kind", "scope", *after_scope, "from_on", "until_on", "reference", "reason"])

    def clean(self) -> dict[str, Any]:
        """Hold the scope against the kind, and ask for what that scope needs."""
        super().clean()
        data = self.cleaned_data
        data["named"] = None
        if "kind" not in data or "scope" not in data:
            return data
        allowed, scope = MATRIX[HoldKind(data["kind"])].scopes, Scope(data["scope"])
        data["scope"] = scope = allowed[0] if len(allowed) == 1 else scope
        if scope not in allowed:
            told = ", ".join(label("hold_scope", one).lower() for one in allowed)
            self.add_error("scope", _("A hold of this kind covers: %(scopes)s.") % {"scopes": told})
        elif scope in (Scope.ITEM, Scope.PART):
            self._read_item(scope)
        elif scope is Scope.BORN_BEFORE and not data.get("born_before") and "born_before" not in self.errors:
            self.add_error("born_before", _("A hold of this kind needs this day."))
        return data

    def _read_item(self, scope: Scope) -> None:
        named = chosen_item(self, "item", self._items, self._find)
        self.cleaned_data["named"] = named
        if named is None:
            if not self.errors.keys() & {"item", "other"}:
                self.add_error("item", _("Choose the item."))
            return
        if scope is Scope.PART:
            self.read_amount("amount", named.currency)
            if not self.cleaned_data.get("amount") and "amount" not in self.errors:
                self.add_error("amount", _("Say how much of it is held."))


class EndHoldForm(ActForm):
    """From which day on a hold is no more."""

    on = day_field(label=_("First free day"), help_text=_("It may lie in the past; the age is counted anew."))

    def __init__(self, *args: Any, earliest: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._earliest = earliest
        self.fields["on"].widget.attrs.update(min=earliest.isoformat(), autofocus=True)

    def clean_on(self) -> dt.date:
        """Not before the hold's first day, on which it is taken back whole."""
        on: dt.date = self.cleaned_data["on"]
        if on < self._earliest:
            raise forms.ValidationError(_("Choose the hold’s first day, which takes it back whole, or a later one."))
        return on
