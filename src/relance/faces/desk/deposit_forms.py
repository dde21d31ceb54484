"""The form of a cheque deposit slip: its head, one row per cheque, and the control total that must agree."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts, CreditorFacts
from relance.faces.desk.access import plain
from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.forms import DeskForm, refuse_hidden_characters
from relance.faces.desk.templatetags.desk import language, money
from relance.kit.money import AmountError
from relance.ledger import queries as ledger
from relance.ledger.facts import Cheque, DepositOrder, OpenItemFacts

ROWS_AT_FIRST = 3
ROWS_AT_MOST = 200
OFFERED_AT_MOST = 50
"""Open items of an account that a row offers, the oldest due; any other's number can be typed."""

_COLUMNS = ("account", "cheque", "amount", "invoice")
_WIDTHS = {"account": 40, "cheque": 40, "amount": 30, "invoice": 60}


@dataclass(slots=True)
class ChequeRow:
    """A row as somebody typed it, what was found for it, and what is wrong with it, by column.

    `items` are offered for its invoice; a further row of the same account uses those of the first, at `list_place`.
    """

    place: int
    account: str = ""
    cheque: str = ""
    amount: str = ""
    invoice: str = ""
    amount_minor: int | None = None
    found: AccountFacts | None = None
    items: Sequence[OpenItemFacts] = ()
    is_invoice_open: bool = False
    list_place: int | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.account or self.cheque or self.amount or self.invoice)


class DepositForm(DeskForm):
    """A deposit slip. Its rows are repeated fields `account`, `cheque`, `amount` and `invoice`; empty rows do not count.

    `key` is drawn when the form is first shown: sent twice, the slip is posted once.
    """

    creditor = forms.ChoiceField(label=_("Creditor"))
    number = forms.CharField(
        label=_("Number of the slip"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    deposited_on = forms.DateField(
        label=_("Deposited on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    currency = forms.ChoiceField(label=_("Currency"))
    control = forms.CharField(
        label=_("Control total"),
        max_length=30,
        required=False,
        help_text=_("The sum on the bank’s slip; it must agree with the rows."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        today: dt.date,
        creditors: Sequence[CreditorFacts],
        chosen: CreditorFacts | None = None,
        row_count: int = ROWS_AT_FIRST,
    ) -> None:
        """`chosen` is the creditor that an empty form begins with, else the first one."""
        chosen = chosen or creditors[0]
        initial = {
            "number": f"DEP-{today:%y%m%d}-{secrets.token_hex(2).upper()}",
            "deposited_on": today,
            "key": secrets.token_hex(12),
            "creditor": chosen.code,
            "currency": chosen.currency,
        }
        super().__init__(data, initial=initial)
        self._today, self._creditors = today, {found.code: found for found in creditors}
        self.fields["deposited_on"].widget.attrs["max"] = today.isoformat()
        currencies = list(dict.fromkeys(found.currency for found in creditors))
        self._currencies = currencies
        self._choose("creditor", [(found.code, found.name) for found in creditors])
        self._choose("currency", [(code, code) for code in currencies])
        self.rows = rows_of(data) if data is not None else []
        self._sent_count = len(data.getlist("account")) if data is not None else 0
        while len(self.rows) < row_count:
            self.rows.append(ChequeRow(len(self.rows)))

    def _choose(self, name: str, offered: list[tuple[str, str]]) -> None:
        chosen = self.fields[name]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = offered
        if len(offered) == 1:
            chosen.widget = forms.HiddenInput()

    @property
    def shown_currency(self) -> str:
        """The currency chosen so far; the first one offered while none of them is."""
        return str(self["currency"].value()) if self.knows_currency else self._currencies[0]

    @property
    def knows_currency(self) -> bool:
        """Whether one of the currencies on offer was chosen; without one no amount can be read."""
        return self["currency"].value() in self._currencies

    @property
    def filled(self) -> list[ChequeRow]:
        """The rows in which something was typed."""
        return [row for row in self.rows if not row.is_empty]

    @property
    def total_minor(self) -> int:
        """What the rows come to, as far as they can be read."""
        return sum(row.amount_minor or 0 for row in self.rows)

    def add_row(self) -> None:
        """One more empty row, unless there are very many."""
        if len(self.rows) < ROWS_AT_MOST:
            self.rows.append(ChequeRow(len(self.rows)))

    def read_amounts(self) -> None:
        """Read what can be read of the amounts, for the running total."""
        for row in self.filled:
            if not row.amount:
                row.errors["amount"] = gettext("Enter the cheque’s amount.")
                continue
            try:
                row.amount_minor = typed_amount(row.amount, self.shown_currency, language())
            except AmountError as error:
                row.amount_minor = None
                row.errors["amount"] = str(error)

    def find_accounts(self) -> None:
        """Look up the accounts of all rows at once, with what is open on them in the slip's currency."""
        found = customers.accounts_by_number([row.account for row in self.filled if row.account])
        account_ids = [account.id for account in found.values()]
        offered = ledger.oldest_items(account_ids, self._today, self.shown_currency, OFFERED_AT_MOST)
        named = [row.invoice for row in self.filled if row.invoice]
        open_named = ledger.items_of(account_ids, self._today, overdue_only=False, numbers=named) if named else {}
        first_places: dict[int, int] = {}
        for row in self.filled:
            row.found = found.get(row.account)
            if row.found is None:
                continue
            row.list_place = first_places.setdefault(row.found.id, row.place)
            if row.list_place == row.place:
                row.items = offered.get(row.found.id, ())
            row.is_invoice_open = any(
                item.number == row.invoice and item.currency == self.shown_currency
                for item in open_named.get(row.found.id, ())
            )

    def clean_deposited_on(self) -> dt.date:
        """A deposit has happened."""
        deposited_on: dt.date = self.cleaned_data["deposited_on"]
        if deposited_on > self._today:
            raise forms.ValidationError(_("A deposit cannot lie after today."))
        return deposited_on

    def clean(self) -> dict[str, Any]:
        """Check every row, then the control total."""
        cleaned = super().clean() or {}
        if not cleaned.get("key"):
            self.add_error(None, _("This form is incomplete; reload the page and try again."))
        if not cleaned.get("currency") or not cleaned.get("creditor"):
            return cleaned
        if not self.filled:
            self.add_error(None, _("Enter at least one cheque."))
            return cleaned
        if self._sent_count > ROWS_AT_MOST:
            told = _("A slip takes %(count)s cheques at most; enter the others on another one.")
            self.add_error(None, forms.ValidationError(told, params={"count": ROWS_AT_MOST}))
        self.read_amounts()
        self.find_accounts()
        self._check_rows(self._creditors[cleaned["creditor"]])
        if any(row.errors for row in self.rows):
            self.add_error(None, _("Nothing was posted: some rows are not right yet."))
        self._check_control(cleaned)
        return cleaned

    def _check_rows(self, creditor: CreditorFacts) -> None:
        seen: set[tuple[str, str]] = set()
        for row in self.filled:
            for column in ("account", "cheque", "invoice"):
                try:
                    refuse_hidden_characters(getattr(row, column))
                except forms.ValidationError as error:
                    row.errors[column] = str(error.message)
            if not row.account:
                row.errors["account"] = gettext("Whose cheque is it? Enter the account’s number.")
            elif row.found is None:
                row.errors["account"] = gettext("No account has this number.")
            elif row.found.creditor_id != creditor.id:
                row.errors["account"] = gettext("This account belongs to another creditor.")
            if not row.cheque:
                row.errors["cheque"] = gettext("Copy the number from the cheque.")
            elif (row.account, row.cheque) in seen:
                row.errors["cheque"] = gettext("This cheque is on the slip twice.")
            seen.add((row.account, row.cheque))
            if row.invoice and row.found and not row.is_invoice_open:
                row.errors["invoice"] = gettext("No open invoice of this account has this number.")

    def _check_control(self, cleaned: dict[str, Any]) -> None:
        typed, currency = cleaned.get("control", ""), cleaned["currency"]
        if not typed:
            self.add_error("control", _("Type the total of the bank’s slip."))
            return
        try:
            control = typed_amount(typed, currency, language())
        except AmountError as error:
            self.add_error("control", str(error))
            return
        if control != self.total_minor:
            told = _("The rows come to %(total)s, %(gap)s away from this.")
            words = {
                "total": money(self.total_minor, currency),
                "gap": money(abs(control - self.total_minor), currency),
            }
            self.add_error("control", forms.ValidationError(told, params=words))

    def order(self) -> DepositOrder:
        """The slip that a valid form asks for."""
        data = self.cleaned_data
        return DepositOrder(
            creditor_id=self._creditors[data["creditor"]].id,
            number=data["number"],
            deposited_on=data["deposited_on"],
            currency=data["currency"],
            cheques=tuple(
                Cheque(row.found.id, row.cheque, row.amount_minor, row.invoice)
                for row in self.filled
                if row.found is not None and row.amount_minor is not None
            ),
        )


def rows_of(data: Any) -> list[ChequeRow]:
    """The rows that were sent, in their order, at most as many as a slip takes."""
    columns: Mapping[str, list[str]] = {name: data.getlist(name) for name in _COLUMNS}
    count = min(max((len(values) for values in columns.values()), default=0), ROWS_AT_MOST)
    rows = []
    for place in range(count):
        account, cheque, amount, invoice = (_typed(columns[name], place, _WIDTHS[name]) for name in _COLUMNS)
        rows.append(ChequeRow(place, account, cheque, amount, invoice))
    return rows


def _typed(values: Sequence[str], place: int, width: int) -> str:
    return plain(values[place])[:width] if place < len(values) else ""
