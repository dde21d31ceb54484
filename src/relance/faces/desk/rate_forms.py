"""Forms for rates: a published percent with its half-year and source, and the reason of a refusal."""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.faces.desk.forms import DeskForm
from relance.faces.desk.templatetags.desk import day, language
from relance.legal.facts import half_year_end, half_year_start

HALF_YEARS_BACK = 8

_PERCENT = re.compile(r"-?\d{1,4}([.,]\d{1,8})?")


def typed_percent(text: str, reader_language: str) -> Decimal:
    """A percentage as somebody typed it, with or without its sign; a decimal comma is French.

    Raises forms.ValidationError with a sentence in the reader's language.
    """
    typed = text.replace("\u00a0", " ").replace("\u202f", " ").strip().removesuffix("%").strip()
    if not typed.isascii() or not _PERCENT.fullmatch(typed) or ("," in typed and reader_language != "fr"):
        raise forms.ValidationError(_("Write a percentage with its decimals, for example 2.62."))
    return Decimal(typed.replace(",", "."))


class RateForm(DeskForm):
    """A published rate for one half-year that has none yet."""

    valid_from = forms.TypedChoiceField(label=_("Half-year"), coerce=dt.date.fromisoformat)
    percent = forms.CharField(
        label=_("Percent a year"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=300,
        help_text=_("The order or page that published it, and its date."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: dt.date, taken: Collection[dt.date], reading: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_negative = ""
        start = half_year_start(half_year_end(today) + dt.timedelta(days=1))
        offered = []
        for _place in range(HALF_YEARS_BACK):
            if start not in taken:
                offered.append(start)
            start = half_year_start(start - dt.timedelta(days=1))
        self._offer(offered, today)
        self.fields["percent"].help_text = reading

    def _offer(self, offered: Sequence[dt.date], today: dt.date) -> None:
        field = self.fields["valid_from"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(start.isoformat(), f"{day(start)} – {day(half_year_end(start))}") for start in offered]
        current = half_year_start(today)
        field.initial = (current if current in offered else next(iter(offered), current)).isoformat()

    def clean_percent(self) -> Decimal:
        """The percent as a number; one below zero is asked about once, as a slip of the keyboard is likelier."""
        percent = typed_percent(self.cleaned_data["percent"], language())
        if percent < 0 and self.data.get("below_zero") != str(percent):
            self.asks_negative = str(percent)
            raise forms.ValidationError(
                _("This rate is below zero. Was it published so? Then send the form once more.")
            )
        return percent


class ReplacementForm(RateForm):
    """Another percent in the place of one that is in force, and why."""

    reason = forms.CharField(
        label=_("Why it is replaced"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, in_force: Sequence[dt.date], today: dt.date, reading: str, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "replace_%s")
        super().__init__(*args, today=today, taken=(), reading=reading, **kwargs)
        self._offer(in_force, today)


class RefusalForm(DeskForm):
    """Why something that was asked for is refused."""

    reason = forms.CharField(
        label=_("Why it is refused"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
