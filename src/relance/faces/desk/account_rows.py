"""The list of accounts: which ones a search names, and what each line shows, in a fixed number of queries a page."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.dunning import queries as dunning
from relance.dunning.facts import PositionRow
from relance.faces.desk.access import plain, whole_number
from relance.kit.pages import COUNT_LIMIT, Page, each_page
from relance.ledger import queries as ledger
from relance.ledger.facts import Balance, Level, Standing

IN_DUNNING = "any"
EXPORT_PART = 2_000
SORTS = ("number", "-number", "name", "-name", "-overdue")


@dataclass(frozen=True, slots=True)
class AccountSearch:
    """What the person asked for. `stage` is "", IN_DUNNING, or `scenario/stage`; `-overdue` sorts accounts in dunning
    by what they owe, and leaves out those that are not.
    """

    text: str = ""
    kind: str = ""
    segment: str = ""
    credit_class: str = ""
    creditor: str = ""
    stage: str = ""
    sort: str = "number"
    after: str | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "AccountSearch":
        """From the address of a page; what cannot be read is left at its default."""
        values = {field.name: plain(query.get(field.name, "")) for field in fields(cls) if query.get(field.name)}
        search = cls(**values)  # type: ignore[arg-type]
        if search.sort not in SORTS:
            search = replace(search, sort="number")
        return replace(search, after=search.after if _is_key(search) else None)

    @property
    def names_accounts(self) -> bool:
        """Whether a filter asks for something only the customers' room knows."""
        return any((self.text, self.kind, self.segment, self.credit_class, self.creditor))

    @property
    def is_filtered(self) -> bool:
        """Whether any filter but the order is set."""
        return self.names_accounts or bool(self.stage)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A line of the list. `days_past_due` is of the oldest overdue item; `stages` are its open episodes."""

    account: AccountFacts
    balances: Sequence[Balance]
    days_past_due: int | None
    stages: Sequence[PositionRow]

    @property
    def has_overdue(self) -> bool:
        """Whether anything is past due, in any currency."""
        return any(balance.overdue_minor for balance in self.balances)


def account_rows(search: AccountSearch, as_of: dt.date, limit: int = 50) -> Page[AccountRow]:
    """One page of the accounts that a search names, with their money and stage as of a day."""
    page = _by_overdue(search, limit) if search.sort == "-overdue" else _by_name(search, limit)
    return Page(_with_money(page.rows, as_of), page.next_after, page.total, page.total_is_exact)


def _with_money(accounts: Sequence[AccountFacts], as_of: dt.date) -> list[AccountRow]:
    """The lines of these accounts, in a fixed number of queries."""
    ids = [account.id for account in accounts]
    balances = ledger.balances(ids, as_of)
    standings: dict[int, list[Standing]] = {}
    for standing in ledger.standings(as_of, Level.ACCOUNT, ids):
        standings.setdefault(standing.account_id, []).append(standing)
    positions = dunning.positions_of(ids)
    return [
        AccountRow(
            account,
            balances.get(account.id, ()),
            max(((as_of - standing.oldest_due_on).days for standing in standings.get(account.id, ())), default=None),
            _distinct(positions.get(account.id, ())),
        )
        for account in accounts
    ]


def every_account_row(search: AccountSearch, as_of: dt.date) -> Iterator[AccountRow]:
    """All accounts that a search names, once each, part by part, for an export: nothing is cut, however many."""
    if search.sort == "-overdue":
        ids = _every_id_at(search.stage)
        for start in range(0, len(ids), EXPORT_PART):
            part = ids[start : start + EXPORT_PART]
            by_id = {account.id: account for account in _found(search, part, limit=EXPORT_PART).rows}
            yield from _with_money([by_id[account_id] for account_id in part if account_id in by_id], as_of)
        return
    only = _every_id_at(search.stage) if search.stage else None
    for page in each_page(lambda after: _found(search, only, limit=EXPORT_PART, sort=search.sort, after=after)):
        yield from _with_money(page.rows, as_of)


def _found(
    search: AccountSearch, only: Sequence[int] | None, limit: int, sort: str = "number", after: str | None = None
) -> Page[AccountFacts]:
    return customers.find_accounts(
        search.text, search.kind, search.segment, search.credit_class, search.creditor, only,
        sort=sort, after=after, limit=limit,
    )  # fmt: skip


def _by_name(search: AccountSearch, limit: int) -> Page[AccountFacts]:
    """The accounts by number or name; of a stage, those among its COUNT_LIMIT largest debts."""
    only, is_whole = _ids_at(search.stage) if search.stage else (None, True)
    page = _found(search, only, limit, search.sort, search.after)
    return replace(page, total_is_exact=page.total_is_exact and is_whole)


def _by_overdue(search: AccountSearch, limit: int) -> Page[AccountFacts]:
    """The accounts in dunning, largest debt first.

    The order lives in one room and the filters in another: without filters the order's own pages are shown; with them
    the first COUNT_LIMIT of the order are filtered and cut here, and the key of the next page is how many came before.
    """
    if not search.names_accounts:
        page = dunning.accounts_at(*_at(search.stage), "-overdue", after=search.after, limit=limit)
        by_id = customers.accounts([row.account_id for row in page.rows])
        distinct = dict.fromkeys(row.account_id for row in page.rows)
        rows = [by_id[account_id] for account_id in distinct if account_id in by_id]
        return Page(rows, page.next_after, page.total, page.total_is_exact)
    ids, is_whole = _ids_at(search.stage)
    by_id = {account.id: account for account in _found(search, ids, limit=COUNT_LIMIT).rows}
    ordered = [by_id[account_id] for account_id in ids if account_id in by_id]
    start = int(search.after or 0)
    end = start + limit
    return Page(ordered[start:end], str(end) if end < len(ordered) else None, len(ordered), is_whole)


def _ids_at(stage: str) -> tuple[list[int], bool]:
    """The accounts of a stage's COUNT_LIMIT largest debts, largest first, and whether these are all."""
    page = dunning.accounts_at(*_at(stage), "-overdue", limit=COUNT_LIMIT)
    return list(dict.fromkeys(row.account_id for row in page.rows)), page.next_after is None


def _every_id_at(stage: str) -> list[int]:
    """All accounts of a stage, largest debt first, once each."""
    pages = each_page(lambda after: dunning.accounts_at(*_at(stage), "-overdue", after=after, limit=COUNT_LIMIT))
    return list(dict.fromkeys(row.account_id for page in pages for row in page.rows))


def _at(stage: str) -> tuple[str, str]:
    """Scenario and stage of a filter; both empty for any."""
    scenario, _slash, code = ("", "", "") if stage in ("", IN_DUNNING) else stage.partition("/")
    return scenario, code


def _distinct(positions: Sequence[PositionRow]) -> list[PositionRow]:
    """One of each (scenario, stage): an account with five invoices at one stage stands there once."""
    return list({(row.scenario, row.stage): row for row in positions}.values())


def _is_key(search: AccountSearch) -> bool:
    """Whether `after` can be the key of a page in this order: what people do to addresses must not reach the SQL."""
    if search.after is None:
        return True
    if search.sort != "-overdue":
        account_id = search.after.rpartition("|")[2]
        return "|" in search.after and whole_number(account_id) is not None and "\0" not in search.after
    parts = search.after.split("|")
    return len(parts) == (1 if search.names_accounts else 3) and all(whole_number(part) is not None for part in parts)
