"""What the page of one account shows, gathered in a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.dunning import queries as dunning
from relance.dunning.facts import Explanation
from relance.faces.desk.access import StaffRequest, page_asked
from relance.faces.desk.day import as_of
from relance.faces.desk.episode_page import episode_rows
from relance.faces.desk.forms import ScenarioForm
from relance.faces.desk.hold_words import hold_lines
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.menus import Holds, MenuEntry, account_menu, credit_menu, item_menu
from relance.faces.desk.story import scenario_names, sentences, story
from relance.faces.desk.templatetags.desk import language, money
from relance.faces.desk.waiting_words import waiting_rows
from relance.faces.desk.work_words import said_rows
from relance.insight.facts import AGEING_BOUNDS
from relance.ledger import queries as ledger
from relance.ledger.facts import Balance, ClaimableInterest, OpenItemFacts
from relance.staff.facts import Permission
from relance.worklist import queries as worklist

ITEMS_AT_FIRST = 50
"""Open items that the page shows, the oldest due, unless asked for more."""
ITEMS_PER_PAGE = 100
"""Open items that a page of all of them shows."""
CREDITS_AT_MOST = 50
INTEREST_LOOKED_AT = 50
"""Late items whose interest the panel looks at, the oldest due; the rest is on the page of interest."""
LIMITATION_NEAR_DAYS = 90
CHILDREN_SHOWN = 20
EFFECTS_AT_MOST = 100
"""Items that the sentences on a payment's effect name."""


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation with its reasons as sentences."""

    told: Explanation
    scenario: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class AgedItem:
    """An open item with its days past due (negative before, None without a due date) and the colour of its age.

    `ends_on` is the day on which it becomes time-barred, when that is near; `menu` what this person may do with it.
    """

    item: OpenItemFacts
    days: int | None
    tone: str
    ends_on: dt.date | None = None
    is_doubtful: bool = False
    menu: Sequence[MenuEntry] = ()

    @property
    def is_postponed(self) -> bool:
        """Whether another due date than the document's own is in force."""
        return self.item.due_on != self.item.document_due_on

    @property
    def is_chased_in_part(self) -> bool:
        """Whether less may be asked for than is open."""
        return self.item.chased_minor != self.item.open_minor


@dataclass(frozen=True, slots=True)
class InterestPanel:
    """Late-payment interest that can be claimed, why some cannot (each sentence once), and what was billed too much."""

    entries: Sequence[ClaimableInterest]
    refusals: Sequence[str]
    disputed: Sequence[tuple[str, int]]
    overbilled: Sequence[ClaimableInterest]


@dataclass(frozen=True, slots=True)
class Children:
    """The accounts below this one that the panel names, with their balances, the most overdue first, and the sums of
    all of them by currency.
    """

    below: Sequence[tuple[AccountFacts, Sequence[Balance]]]
    count: int
    overdue: Sequence[tuple[str, int]]


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
    shows_all = request.GET.get("items") == "all"
    limit = ITEMS_PER_PAGE if shows_all else ITEMS_AT_FIRST
    items = page_asked(request, lambda after: ledger.open_item_page(
        account.id, today, after=after if shows_all else None, limit=limit))  # fmt: skip
    credits = ledger.credits_of(account.id, today, limit=CREDITS_AT_MOST)
    written_off = {} if items.rows else ledger.written_off_sums(account.id, today)
    names = scenario_names()
    chosen = dunning.scenario_override(account.id)
    may = request.user.may
    holds = hold_lines(account.id, today, may)
    episodes = episode_rows(account.id, names)
    return {
        "account": account,
        "creditor": creditor,
        "as_of": today,
        "services": customers.services(account.id),
        "balances": ledger.balances([account.id], today).get(account.id, []),
        "items": _with_menus(account.id, items.rows, today, may),
        "item_count": items.total,
        "shows_all_items": shows_all,
        "items_after": items.next_after,
        "written_off": sorted(written_off.items()),
        "ages": account_ages(ledger.open_ages(account.id, today, AGEING_BOUNDS)),
        "credits": [(credit, credit_menu(credit, may)) for credit in credits],
        "menu": account_menu(account.id, may),
        "interest": _interest(account, today),
        "requests": ledger.requests_of(account.id),
        "holds": holds,
        "ended_holds": [line for line in holds if line.is_over],
        "waiting": waiting_rows(dunning.waiting_actions_of(account.id)),
        "episodes": episodes,
        "has_running_episode": any(row.episode.closed_on is None for row in episodes),
        "work": said_rows(worklist.open_work_of(account.id), today),
        "children": _children(account.id, today),
        "parent": customers.account(account.parent_id) if account.parent_id else None,
        "whys": [
            Why(told, names.get(told.scenario, told.scenario), sentences(told.because, told.currency, names))
            for told in dunning.explain(account.id, today)
        ],
        "story": story(account.id, today, creditor.currency, names),
        "chosen_scenario": names.get(chosen, chosen) if chosen else "",
        "scenario_form": ScenarioForm(initial={"scenario": chosen or ""}, scenarios=list(names.items()))
        if may(Permission.CHANGE_SCENARIO)
        else None,
    }


def _children(account_id: int, today: dt.date) -> Children | None:
    """What the accounts below the head of a family owe, or None for an account that heads none."""
    ids = customers.families([account_id]).get(account_id, ())
    if not ids:
        return None
    balances = ledger.balances(ids, today)
    overdue: dict[str, int] = {}
    for balance in (balance for account_balances in balances.values() for balance in account_balances):
        overdue[balance.currency] = overdue.get(balance.currency, 0) + balance.overdue_minor
    worst = sorted(ids, key=lambda one: (-max((each.overdue_minor for each in balances.get(one, [])), default=0), one))
    shown = customers.accounts(worst[:CHILDREN_SHOWN])
    below = [(shown[one], balances.get(one, [])) for one in worst[:CHILDREN_SHOWN]]
    return Children(below, len(ids), sorted((currency, minor) for currency, minor in overdue.items() if minor))


def _with_menus(account_id: int, items: Sequence[OpenItemFacts], today: dt.date, may: Holds) -> list[AgedItem]:
    near = today + dt.timedelta(days=LIMITATION_NEAR_DAYS)
    found = ledger.limitations(account_id, today, [item.id for item in items])
    ends = {entry.item.id: entry.ends_on for entry in found if entry.ends_on <= near}
    doubtful = ledger.doubtful_items(account_id)
    traces = ledger.item_traces(account_id, [item.id for item in items]) if items else {}
    return [
        replace(
            aged(item, today),
            ends_on=ends.get(item.id),
            is_doubtful=item.id in doubtful,
            menu=item_menu(
                item,
                may,
                is_late=item.is_overdue(today),
                is_doubtful=item.id in doubtful,
                traces=traces.get(item.id, frozenset()),
            ),
        )
        for item in items
    ]


def _interest(account: AccountFacts, today: dt.date) -> InterestPanel | None:
    """The panel of claimable interest, or None when there is nothing to say.

    That a consumer owes none before a formal notice is the ordinary case and no news.
    """
    late = ledger.undecided_items(account.id, today, limit=INTEREST_LOOKED_AT)
    found = ledger.claimable_interest(account.id, today, late.rows)
    entries = [entry for entry in found if entry.claimable_minor]
    french = language() == "fr"
    refusals = list(dict.fromkeys(entry.refusal_fr if french else entry.refusal for entry in found if entry.refusal))
    disputed: dict[str, int] = {}
    for entry in found:
        if entry.disputed_minor:
            disputed[entry.currency] = disputed.get(entry.currency, 0) + entry.disputed_minor
    overbilled = [entry for entry in found if entry.overbilled_minor]
    if not entries and not disputed and not overbilled and (not refusals or account.kind == "consumer"):
        return None
    return InterestPanel(entries, refusals, list(disputed.items()), overbilled)


def aged(item: OpenItemFacts, today: dt.date) -> AgedItem:
    """The item with its age as of today."""
    days = None if item.due_on is None else (today - item.due_on).days
    return AgedItem(item, days, f"age-{_band(days)}")


def account_ages(sums: Sequence[tuple[str, int, int]]) -> list[AccountAges]:
    """Open amounts by age band, per currency."""
    labels = list(LABELS["ageing"])
    amounts: dict[str, list[int]] = {}
    for currency, band, minor in sums:
        amounts.setdefault(currency, [0] * len(labels))[band] = minor
    return [
        AccountAges(
            currency, [(label("ageing", name), bands[place], f"age-{place}") for place, name in enumerate(labels)]
        )
        for currency, bands in sorted(amounts.items())
    ]


def _band(days: int | None) -> int:
    return 0 if days is None else sum(days > bound for bound in AGEING_BOUNDS)


def effect_of_payment(
    account_id: int, credit_id: int, today: dt.date, unallocated_minor: int, currency: str
) -> list[str]:
    """What a receipt did to the open items, in sentences."""
    settled = ledger.allocations_of(account_id, credit_id=credit_id, limit=EFFECTS_AT_MOST)
    item_ids = [one.item_id for one in settled]
    found = ledger.items_of([account_id], today, overdue_only=False, item_ids=item_ids).get(account_id, [])
    left = {item.id: item.open_minor for item in found}
    told = []
    for one in reversed(settled):
        words = {"number": one.item_number, "paid": money(one.amount_minor, one.currency)}
        if left.get(one.item_id, 0) == 0:
            told.append(_("%(number)s is settled (%(paid)s).") % words)
        else:
            words["left"] = money(left[one.item_id], one.currency)
            told.append(_("%(number)s is paid in part: %(paid)s, %(left)s remain open.") % words)
    if unallocated_minor > 0:
        told.append(
            _("%(amount)s stay on the account without an invoice.") % {"amount": money(unallocated_minor, currency)}
        )
    return told
