"""Forms of the desk: they read what people type; what may be done is the services' decision."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.labels import choices
from relance.faces.desk.templatetags.desk import language, money
from relance.kit.money import AmountError
from relance.ledger.facts import OpenItemFacts, ReceiptOrder


class DeskForm(forms.Form):
    """A form whose fields tell assistive software about their errors and help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.use_fieldset = False


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
        self, *args: Any, today: dt.date, currencies: Sequence[str], items: Sequence[OpenItemFacts], **kwargs: Any
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
        self._item_currencies = {item.number: item.currency for item in items}
        invoice = self.fields["invoice"]
        assert isinstance(invoice, forms.ChoiceField)
        invoice.choices = [("", _("Oldest due first"))] + [
            (item.number, f"{item.number} · {money(item.open_minor, item.currency)}") for item in items
        ]

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
        named = cleaned.get("invoice")
        if named and cleaned.get("currency") and self._item_currencies.get(named) != cleaned["currency"]:
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
