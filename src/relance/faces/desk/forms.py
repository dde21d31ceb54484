"""Forms of the desk: they read what people type; what may be done is the services' decision."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.labels import choices
from relance.faces.desk.templatetags.desk import language, money
from relance.kit.money import AmountError
from relance.kit.pages import Page
from relance.ledger.facts import OpenItemFacts, ReceiptOrder

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def refuse_hidden_characters(text: str) -> None:
    """Raise ValidationError for control characters and marks of writing direction: they make a text look like another."""
    if _HIDDEN.search(text):
        raise forms.ValidationError(_("This holds characters that cannot be seen, such as tabs; type it instead."))


class DeskForm(forms.Form):
    """A form whose texts hold nothing unseen, and whose fields tell assistive software about their errors and help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.use_fieldset = False
            if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
                field.validators.append(refuse_hidden_characters)


Find = Callable[[str], OpenItemFacts | None]
"""Finds an open item of the account by its number."""


def offer_items(form: forms.Form, name: str, items: Page[OpenItemFacts], nothing: str | Promise) -> None:
    """Offer the oldest items to choose from by number; when there are more, a field `other` takes another number."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", nothing)] + [
        (item.number, f"{item.number} · {money(item.open_minor, item.currency)}") for item in items.rows
    ]
    if items.next_after is not None:
        told = _("Only the oldest items are in the list; type the number of another one here.")
        form.fields["other"] = forms.CharField(
            label=_("Another number"), max_length=60, required=False, help_text=told,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )  # fmt: skip
        names = list(form.fields)
        names.remove("other")
        names.insert(names.index(name) + 1, "other")
        form.order_fields(names)


def chosen_item(form: forms.Form, name: str, items: Page[OpenItemFacts], find: Find) -> OpenItemFacts | None:
    """The item that was chosen, or typed where a number is typed; `cleaned_data[name]` becomes its number."""
    number = form.cleaned_data.get(name, "")
    found = next((item for item in items.rows if item.number == number), None)
    typed = form.cleaned_data.get("other", "")
    if typed:
        found = find(typed)
        if found is None:
            form.add_error("other", _("No open item of this account has this number."))
        elif number and number != typed:
            form.add_error("other", _("Choose an item of the list or type a number, not both."))
        else:
            form.cleaned_data[name] = typed
    return found


class SignInForm(DeskForm):
    """Name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class EmailForm(DeskForm):
    """Where notices about accounts reach a member of staff."""

    email = forms.CharField(
        label=_("E-mail address"), max_length=254, required=False,
        help_text=_("Notices about accounts go there; leave it empty to receive none."),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "email", "autocapitalize": "none"}),
    )  # fmt: skip


class PasswordForm(DeskForm):
    """Replace one's own password."""

    current = forms.CharField(
        label=_("Current password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least ten characters; a sentence of your own is best."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """Both spellings of the new password must agree."""
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return cleaned


class NewStaffForm(DeskForm):
    """Add a member of staff; the first password is made for them."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("For example first.last; it cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=lambda: choices("role"))
    language = forms.ChoiceField(label=_("Language"), choices=lambda: choices("language"))


class PaymentForm(DeskForm):
    """Record a payment that arrived outside the bank file.

    `reference` is drawn when the form is first shown and travels with it: sent twice, it posts one receipt.
    """

    amount = forms.CharField(
        label=_("Amount"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "autofocus": True}),
    )
    currency = forms.ChoiceField(label=_("Currency"))
    received_on = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    method = forms.ChoiceField(label=_("Method"), choices=lambda: choices("method"))
    invoice = forms.ChoiceField(label=_("For the invoice"), required=False)
    reference = forms.CharField(label=_("Reference"), max_length=80)

    def __init__(
        self,
        *args: Any,
        today: dt.date,
        currencies: Sequence[str],
        items: Page[OpenItemFacts],
        find: Find,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.fields["received_on"].widget.attrs["max"] = today.isoformat()
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        currency.choices = [(code, code) for code in currencies]
        if len(currencies) == 1:
            currency.widget = forms.HiddenInput()
            currency.initial = currencies[0]
        self._items, self._find = items, find
        offer_items(self, "invoice", items, _("Oldest due first"))

    def clean_received_on(self) -> dt.date:
        """Money cannot have arrived tomorrow."""
        received_on: dt.date = self.cleaned_data["received_on"]
        if received_on > self._today:
            raise forms.ValidationError(_("A payment cannot have arrived after today."))
        if received_on < self._today - dt.timedelta(days=3 * 366):
            raise forms.ValidationError(_("This is more than three years ago; check the year."))
        return received_on

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency, and hold the currency against the invoice's."""
        cleaned = super().clean() or {}
        if cleaned.get("amount") and cleaned.get("currency"):
            try:
                cleaned["amount_minor"] = typed_amount(cleaned["amount"], cleaned["currency"], language())
            except AmountError as error:
                self.add_error("amount", str(error))
        named = chosen_item(self, "invoice", self._items, self._find)
        if named and cleaned.get("currency") and named.currency != cleaned["currency"]:
            self.add_error("invoice", _("This invoice is in another currency."))
        return cleaned

    def order(self, account_id: int) -> ReceiptOrder:
        """The receipt that a valid form asks for."""
        data = self.cleaned_data
        return ReceiptOrder(
            account_id=account_id,
            number=data["reference"],
            currency=data["currency"],
            amount_minor=data["amount_minor"],
            received_on=data["received_on"],
            method=data["method"],
            named_item=data["invoice"],
        )


class ScenarioForm(DeskForm):
    """Choose the scenario of one account, or leave it to its criteria."""

    scenario = forms.ChoiceField(label=_("Scenario"), required=False)

    def __init__(self, *args: Any, scenarios: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scenario"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("By its criteria")), *scenarios]
