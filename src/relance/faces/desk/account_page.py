"""What the page of one account shows, gathered in a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.dunning import queries as dunning
from relance.dunning.facts import Explanation
from relance.faces.desk.access import StaffRequest
from relance.faces.desk.day import as_of
from relance.faces.desk.forms import ScenarioForm
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.story import scenario_names, sentences, story
from relance.faces.desk.templatetags.desk import money
from relance.insight.facts import AGEING_BOUNDS
from relance.ledger import queries as ledger
from relance.ledger.facts import OpenItemFacts
from relance.staff.facts import Permission


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation with its reasons as sentences."""

    told: Explanation
    scenario: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class AgedItem:
    """An open item with its days past due (negative before) and the colour of its age."""

    item: OpenItemFacts
    days: int
    tone: str


@dataclass(frozen=True, slots=True)
class AccountAges:
    """One currency's open items by age."""

    currency: str
    bands: Sequence[tuple[str, int, str]]

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Amounts and colours, as the bar draws them."""
        return [(amount, tone) for _label, amount, tone in self.bands]


def found_account(account_id: int) -> AccountFacts:
    """The account, or the 404 page."""
    account = customers.account(account_id)
    if account is None:
        raise Http404
    return account


def account_context(request: StaffRequest, account: AccountFacts) -> dict[str, Any]:
    """Everything that the page of an account shows."""
    today = as_of()
    creditor = customers.creditor(account.creditor_id)
    items = ledger.open_items(account.id, today)
    balances = ledger.balances([account.id], today).get(account.id, [])
    names = scenario_names()
    chosen = dunning.scenario_override(account.id)
    may_choose = request.user.may(Permission.CHANGE_SCENARIO)
    return {
        "account": account,
        "creditor": creditor,
        "as_of": today,
        "services": customers.services(account.id),
        "balances": balances,
        "items": [aged(item, today) for item in items],
        "ages": account_ages(items, today),
        "credits": ledger.credits_of(account.id, today)[:50],
        "whys": [
            Why(told, names.get(told.scenario, told.scenario), sentences(told.because, told.currency))
            for told in dunning.explain(account.id, today)
        ],
        "story": story(account.id, today, creditor.currency),
        "chosen_scenario": names.get(chosen, chosen) if chosen else "",
        "scenario_form": ScenarioForm(initial={"scenario": chosen or ""}, scenarios=list(names.items()))
        if may_choose
        else None,
    }


def aged(item: OpenItemFacts, today: dt.date) -> AgedItem:
    """The item with its age as of today."""
    days = (today - item.due_on).days
    return AgedItem(item, days, f"age-{_band(days)}")


def account_ages(items: Sequence[OpenItemFacts], today: dt.date) -> list[AccountAges]:
    """Open amounts by age band, per currency."""
    labels = list(LABELS["ageing"])
    amounts: dict[str, list[int]] = {}
    for item in items:
        bands = amounts.setdefault(item.currency, [0] * len(labels))
        bands[_band((today - item.due_on).days)] += item.open_minor
    return [
        AccountAges(
            currency, [(label("ageing", name), bands[place], f"age-{place}") for place, name in enumerate(labels)]
        )
        for currency, bands in sorted(amounts.items())
    ]


def _band(days: int) -> int:
    return sum(days > bound for bound in AGEING_BOUNDS)


def effect_of_payment(
    before: Sequence[OpenItemFacts], after: Sequence[OpenItemFacts], unallocated_minor: int, currency: str
) -> list[str]:
    """What a receipt did to the open items, in sentences."""
    left = {item.id: item.open_minor for item in after}
    told = []
    for item in before:
        paid = item.open_minor - left.get(item.id, 0)
        if paid <= 0:
            continue
        words = {"number": item.number, "paid": money(paid, item.currency)}
        if left.get(item.id, 0) == 0:
            told.append(_("%(number)s is settled (%(paid)s).") % words)
        else:
            words["left"] = money(left[item.id], item.currency)
            told.append(_("%(number)s is paid in part: %(paid)s, %(left)s remain open.") % words)
    if unallocated_minor > 0:
        told.append(
            _("%(amount)s stay on the account without an invoice.") % {"amount": money(unallocated_minor, currency)}
        )
    return told
