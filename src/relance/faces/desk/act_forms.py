"""Forms of acts on an account's money: they read what people type; what may be done is the ledger's decision."""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.forms import DeskForm, Find, chosen_item, offer_items
from relance.faces.desk.labels import choices
from relance.faces.desk.templatetags.desk import language
from relance.kit.money import AmountError
from relance.kit.pages import Page
from relance.ledger.facts import OpenItemFacts

PARTS_AT_MOST = 36
"""The most instalments that one form takes."""
LATEST_DAY = dt.date(2199, 12, 31)
"""The last day that a form takes; the ledger takes none after it either."""


def amount_field(**more: Any) -> forms.CharField:
    """An amount as somebody types it; the form reads it in its currency."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=more.pop("label", _("Amount")), max_length=30, widget=widget, **more)


def day_field(**more: Any) -> forms.DateField:
    """A day up to the last one that the ledger takes, with the browser's calendar."""
    widget = forms.DateInput(attrs={"type": "date", "max": LATEST_DAY.isoformat()}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, validators=[_refuse_late_day], **more)


def drawn_number(prefix: str, today: dt.date) -> str:
    """A number to offer for a document that has none of its own yet, unlike any other."""
    return f"{prefix}-{today:%y%m%d}-{secrets.token_hex(3).upper()}"


def _refuse_late_day(day: dt.date) -> None:
    if day > LATEST_DAY:
        raise forms.ValidationError(_("Choose a day up to the end of 2199."))


class ActForm(DeskForm):
    """What every act has: a reason, and a key drawn when the form is first shown, so that it happens once."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Shown on the account’s timeline."),
    )  # fmt: skip
    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": secrets.token_hex(12)} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name not in ("reason", "key")])

    def clean(self) -> dict[str, Any]:
        """A form without its key cannot be told from its double."""
        cleaned = super().clean() or {}
        if not cleaned.get("key"):
            self.add_error(None, _("This form is incomplete; reload the page and try again."))
        return cleaned

    def keep_choices(self) -> None:
        """Offer what was chosen also where it is not on offer any more, as when this form was sent before."""
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                on_offer: Any = field.choices
                offered = {str(code) for code, _label in on_offer}
                chosen = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
                gone = [
                    code for code in (chosen if isinstance(chosen, list) else [chosen]) if code and code not in offered
                ]
                field.choices = [*on_offer, *((code, code) for code in gone)]

    def read_amount(self, name: str, currency: str) -> None:
        """Put the minor units of a typed amount beside it, as `<name>_minor`; nothing typed, nothing put."""
        typed = self.cleaned_data.get(name)
        if typed:
            try:
                self.cleaned_data[f"{name}_minor"] = typed_amount(typed, currency, language())
            except AmountError as error:
                self.add_error(name, str(error))

    def choice(self, name: str) -> forms.ChoiceField:
        """A field of choices, for setting them."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field


class ReasonForm(ActForm):
    """An act that needs nothing but its reason."""


class ReversalForm(ActForm):
    """Take a payment back, with the reason that the timeline will show."""

    reversed_on = day_field(label=_("Reversed on"))

    def __init__(self, *args: Any, earliest: dt.date, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._earliest, self._today = earliest, today
        self.fields["reversed_on"].widget.attrs.update(min=earliest.isoformat(), max=today.isoformat())
        self.fields["reason"].help_text = _("For example: cheque returned unpaid.")
        self.fields["reason"].widget.attrs["autofocus"] = True

    def clean_reversed_on(self) -> dt.date:
        """Between the day the payment arrived and today."""
        reversed_on: dt.date = self.cleaned_data["reversed_on"]
        if not self._earliest <= reversed_on <= self._today:
            raise forms.ValidationError(_("Choose a day from the payment's own up to today."))
        return reversed_on


class AmountForm(ActForm):
    """An act of one amount in a known currency."""

    amount = amount_field()

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency

    def clean(self) -> dict[str, Any]:
        """Read the amount."""
        super().clean()
        self.read_amount("amount", self._currency)
        return self.cleaned_data


class DisputeForm(AmountForm):
    """How much of an item is disputed; nothing typed: all that is open of it."""

    amount = amount_field(label=_("Disputed amount"), required=False, help_text=_("Empty: all that is open."))
    reference = forms.CharField(
        label=_("Ticket or letter"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CreditNoteForm(ActForm):
    """A credit note on an item, or free on the account. `items` are those it may name, None when the item is given."""

    item = forms.ChoiceField(label=_("For the invoice"), required=False)
    amount = amount_field()
    currency = forms.ChoiceField(label=_("Currency"))
    number = forms.CharField(label=_("Number"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(
        self, *args: Any, items: Page[OpenItemFacts] | None, currencies: Sequence[str], find: Find, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._items, self._find = items, find
        if items is not None:
            # Also with nothing open: an invoice that was chosen must not be lost without a word.
            self.choice("item").error_messages["invalid_choice"] = _(
                "This invoice was settled meanwhile; choose another one, or none."
            )
            offer_items(self, "item", items, _("None: credit on the account"))
        else:
            del self.fields["item"]
        self.choice("currency").choices = [(code, code) for code in currencies]
        if len(currencies) == 1:
            self.fields["currency"].widget = forms.HiddenInput()
            self.fields["currency"].initial = currencies[0]

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency, and hold the currency against the invoice's."""
        super().clean()
        currency = self.cleaned_data.get("currency")
        if currency:
            self.read_amount("amount", currency)
        named = chosen_item(self, "item", self._items, self._find) if self._items is not None else None
        if named and currency and named.currency != currency:
            self.add_error("item", _("This invoice is in another currency."))
        self.cleaned_data["named"] = named
        return self.cleaned_data


class PostponeForm(ActForm):
    """Another due date."""

    due_on = day_field(label=_("New due date"))

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].widget.attrs["min"] = today.isoformat()
        self.fields["due_on"].widget.attrs["autofocus"] = True


class InterruptionForm(ActForm):
    """What started the limitation period anew, and when."""

    kind = forms.ChoiceField(label=_("What happened"), choices=lambda: choices("interruption"))
    occurred_on = day_field(label=_("On"))

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.fields["occurred_on"].widget.attrs["max"] = today.isoformat()
        self.fields["reason"].label = _("Evidence")
        self.fields["reason"].help_text = _("For example: the customer’s letter of that day, or the court’s reference.")

    def clean_occurred_on(self) -> dt.date:
        """It has happened."""
        occurred_on: dt.date = self.cleaned_data["occurred_on"]
        if occurred_on > self._today:
            raise forms.ValidationError(_("This day has not come yet."))
        return occurred_on


class PayerForm(ActForm):
    """The bank account a payment came from, and how one knows."""

    iban = forms.CharField(
        label=_("Payer’s IBAN"), max_length=42,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "autofocus": True}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Evidence")
        self.fields["reason"].help_text = _("For example: bank statement of 3 March, line 12.")


class ChosenItemsForm(ActForm):
    """An act on several items of one currency."""

    items = forms.TypedMultipleChoiceField(label=_("Items"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, items: Sequence[tuple[int, str]], currencies: Sequence[str], **kwargs: Any) -> None:
        """`items` are ids and what to call them; `currencies` theirs, in the same order."""
        super().__init__(*args, **kwargs)
        self._currencies = {item_id: code for (item_id, _name), code in zip(items, currencies, strict=True)}
        self.choice("items").choices = list(items)

    def clean_items(self) -> list[int]:
        """Currencies never add up."""
        chosen: list[int] = self.cleaned_data["items"]
        if len({self._currencies[item_id] for item_id in chosen if item_id in self._currencies}) > 1:
            raise forms.ValidationError(_("Choose items of one currency; the others make a request of their own."))
        return chosen


class WriteOffForm(ChosenItemsForm):
    """Which items to give up, and whether the VAT in them comes back from the state."""

    recovers_vat = forms.BooleanField(
        label=_("Recover the VAT"), required=False,
        help_text=_("Only with proof that the debt is lost (CGI art. 272); name the proof in the reason."),
    )  # fmt: skip


class FormalNoticeForm(ActForm):
    """Which items a formal notice named, and when the customer received it."""

    items = forms.TypedMultipleChoiceField(label=_("Items"), coerce=int, widget=forms.CheckboxSelectMultiple)
    received_on = day_field(label=_("Received by the customer on"))

    def __init__(self, *args: Any, items: Sequence[tuple[int, str]], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.choice("items").choices = list(items)
        self.fields["received_on"].widget.attrs["max"] = today.isoformat()
        self.fields["reason"].label = _("Evidence")
        self.fields["reason"].help_text = _("For example: registered letter 2C 123, receipt signed on 3 March.")

    def clean_received_on(self) -> dt.date:
        """It has happened."""
        received_on: dt.date = self.cleaned_data["received_on"]
        if received_on > self._today:
            raise forms.ValidationError(_("This day has not come yet."))
        return received_on


class InterestForm(ChosenItemsForm):
    """Whose interest to bill or to waive."""

    decision = forms.ChoiceField(label=_("Decision"), choices=lambda: choices("interest"), widget=forms.RadioSelect)


class SplitForm(ActForm):
    """An item in instalments: typed one by one, or filled in as equal monthly parts.

    Rows travel as repeated `part_on` and `part_amount`, empty ones do not count.
    """

    count = forms.IntegerField(label=_("Instalments"), min_value=2, max_value=PARTS_AT_MOST, required=False)
    first_on = day_field(label=_("First due date"), required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        rows = self.data.getlist if hasattr(self.data, "getlist") else lambda _name: []
        typed = zip(rows("part_on"), rows("part_amount"), strict=False)
        self.rows = [(on.strip(), amount.strip()) for on, amount in typed if on.strip() or amount.strip()]

    def clean(self) -> dict[str, Any]:
        """Read the rows: each a day and an amount."""
        super().clean()
        parts: list[tuple[dt.date, int]] = []
        for place, (on, amount) in enumerate(self.rows[: PARTS_AT_MOST + 1], 1):
            try:
                day = dt.date.fromisoformat(on)
                if day > LATEST_DAY:
                    self.add_error(
                        None, _("Instalment %(place)s: choose a day up to the end of 2199.") % {"place": place}
                    )
                parts.append((day, typed_amount(amount, self._currency, language())))
            except AmountError as error:
                self.add_error(None, _("Instalment %(place)s: %(error)s") % {"place": place, "error": error})
            except ValueError:
                self.add_error(None, _("Instalment %(place)s needs a due date.") % {"place": place})
        if len(self.rows) > PARTS_AT_MOST:
            self.add_error(None, _("At most %(count)s instalments.") % {"count": PARTS_AT_MOST})
        self.cleaned_data["parts"] = parts
        return self.cleaned_data
