"""Forms of the journal: sealing days, the chart of accounts, and the policy for a creditor's money."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relance.customers.facts import CreditorFacts
from relance.faces.desk.amount_words import amount_text, decimal_text
from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.forms import DeskForm
from relance.faces.desk.labels import choices
from relance.faces.desk.rate_forms import typed_percent
from relance.faces.desk.templatetags.desk import day, language, money
from relance.kit.money import AmountError
from relance.ledger.facts import AllocationOrder, InterestOnSettlement, PolicyFacts, small_difference_ceiling
from relance.ledger.journal import AccountMappingFacts


class SealForm(DeskForm):
    """The last day to seal."""

    creditor = forms.ChoiceField(label=_("Creditor"), required=False)
    through = forms.DateField(
        label=_("Seal through"),
        help_text=_("Every day up to this one, this one included."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        *args: Any,
        today: dt.date,
        sealed_through: dt.date | None,
        creditors: Sequence[CreditorFacts],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._today, self._sealed_through = today, sealed_through
        creditor = self.fields["creditor"]
        assert isinstance(creditor, forms.ChoiceField)
        creditor.choices = [(found.code, found.name) for found in creditors]
        if len(creditors) == 1:
            creditor.widget = forms.HiddenInput()
        self.fields["through"].widget.attrs["max"] = (today - dt.timedelta(days=1)).isoformat()

    def clean_through(self) -> dt.date:
        """A day that is over and not sealed yet."""
        through: dt.date = self.cleaned_data["through"]
        if through >= self._today:
            raise forms.ValidationError(_("This day is not over yet; choose yesterday or an earlier day."))
        if self._sealed_through is not None and through <= self._sealed_through:
            told = _("The journal is sealed through %(on)s already; choose a later day.")
            raise forms.ValidationError(told, params={"on": day(self._sealed_through)})
        return through


class MappingForm(DeskForm):
    """How the creditor's own chart writes one of the ledger's accounts, from a day on."""

    account = forms.ChoiceField(label=_("Account of the ledger"))
    code = forms.RegexField(
        label=_("Code in your chart"),
        regex=r"^[A-Za-z0-9]{3,20}$",
        error_messages={"invalid": _("Write 3 to 20 letters and digits, for example 411000.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    label = forms.CharField(
        label=_("Name in your chart"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    valid_from = forms.DateField(
        label=_("From"),
        help_text=_("Entries of this day and later carry the new code; earlier ones keep theirs."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, mappings: Sequence[AccountMappingFacts], sealed_through: dt.date | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._sealed_through = sealed_through
        account = self.fields["account"]
        assert isinstance(account, forms.ChoiceField)
        account.choices = [(entry.account, f"{entry.account} · {entry.name(language())}") for entry in mappings]
        if sealed_through is not None:
            first = sealed_through + dt.timedelta(days=1)
            self.fields["valid_from"].widget.attrs["min"] = first.isoformat()

    def clean_valid_from(self) -> dt.date:
        """A day that is not sealed."""
        valid_from: dt.date = self.cleaned_data["valid_from"]
        if self._sealed_through is not None and valid_from <= self._sealed_through:
            told = _("The journal is sealed through %(on)s; choose a day after it.")
            raise forms.ValidationError(told, params={"on": day(self._sealed_through)})
        return valid_from


class PolicyForm(DeskForm):
    """How a creditor's money is handled from now on; amounts are in its currency."""

    allocation_order = forms.ChoiceField(
        label=_("Receipts settle"), choices=lambda: choices("allocation_order"), widget=forms.RadioSelect
    )
    interest_on_settlement = forms.ChoiceField(
        label=_("When the principal is paid, its interest is"),
        choices=lambda: choices("interest_on_settlement"),
        widget=forms.RadioSelect,
    )
    small_difference = forms.CharField(
        label=_("Small differences written off up to"),
        required=False,
        max_length=30,
        help_text=_("What a payment leaves open, when it is this little. Empty: never."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    interest_minimum = forms.CharField(
        label=_("Interest billed from"),
        required=False,
        max_length=30,
        help_text=_("Less than this is kept, not billed by itself. Empty: any amount."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    contract_percent = forms.CharField(
        label=_("Contract rate of late interest"),
        required=False,
        max_length=20,
        help_text=_("Percent a year for businesses, as the contract says. Empty: the law's rate."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    seal_after_days = forms.IntegerField(
        label=_("Days are sealed by themselves after"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=_("So many days after they end. Empty: only people seal."),
    )
    recovers_written_off = forms.BooleanField(
        label=_("Money that comes after a write-off recovers the written-off debt"), required=False
    )
    reason = forms.CharField(
        label=_("Reason of the change"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, currency: str, policy: PolicyFacts, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _policy_initial(policy, currency))
        super().__init__(*args, **kwargs)
        self._currency = currency

    def clean_small_difference(self) -> int:
        """Minor units, 0 when empty; more than the ceiling needs a write-off instead."""
        minor, most = self._limit("small_difference"), small_difference_ceiling(self._currency)
        if minor > most:
            told = _("At most %(most)s; more than that is a write-off, which another person approves.")
            raise forms.ValidationError(told, params={"most": money(most, self._currency)})
        return minor

    def clean_interest_minimum(self) -> int:
        """Minor units, 0 when empty."""
        return self._limit("interest_minimum")

    def _limit(self, name: str) -> int:
        typed = self.cleaned_data[name].strip()
        if not typed.strip("0.,"):
            return 0
        try:
            return typed_amount(typed, self._currency, language())
        except AmountError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_contract_percent(self) -> Decimal | None:
        """The rate as a number, None when empty."""
        typed = self.cleaned_data["contract_percent"]
        return typed_percent(typed, language()) if typed.strip() else None

    def policy(self) -> PolicyFacts:
        """The policy that a valid form asks for."""
        data = self.cleaned_data
        return PolicyFacts(
            allocation_order=AllocationOrder(data["allocation_order"]),
            small_difference_minor=data["small_difference"],
            interest_on_settlement=InterestOnSettlement(data["interest_on_settlement"]),
            interest_minimum_minor=data["interest_minimum"],
            contract_percent=data["contract_percent"],
            recovers_written_off=data["recovers_written_off"],
            seal_after_days=data["seal_after_days"],
        )


def _policy_initial(policy: PolicyFacts, currency: str) -> dict[str, Any]:
    def limit(minor: int) -> str:
        return amount_text(minor, currency) if minor else ""

    percent = policy.contract_percent
    return {
        "allocation_order": policy.allocation_order.value,
        "interest_on_settlement": policy.interest_on_settlement.value,
        "small_difference": limit(policy.small_difference_minor),
        "interest_minimum": limit(policy.interest_minimum_minor),
        "contract_percent": "" if percent is None else decimal_text(f"{percent.normalize():f}"),
        "seal_after_days": policy.seal_after_days,
        "recovers_written_off": policy.recovers_written_off,
    }
