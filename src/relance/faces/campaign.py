"""Today's calls for a dialler: who is to be called, where, when it may ring and what about, read from the rooms that know."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from relance.arrangements import queries as arrangements
from relance.arrangements.facts import Guarded, HoldFacts, Verdict
from relance.arrangements.rules import left_out_minor, verdict
from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.kit.money import format_amount
from relance.kit.pages import each_page
from relance.ledger import queries as ledger
from relance.ledger.facts import ClaimedItem
from relance.outbound import queries as outbound
from relance.outbound.facts import TelephoneFacts
from relance.worklist import queries as worklist
from relance.worklist.facts import WorkFilter, WorkItemFacts, WorkSort

KIND = "call"
_PART = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a campaign. `call` is the number by which its outcome is told; `priority` 1 is called first.

    `amount` is what is overdue and may be asked for, as a decimal in `currency`. `opens_at` and `closes_at` are instants
    between which the phone may ring.
    """

    call: int
    priority: int
    account: str
    name: str
    number: str
    language: str
    opens_at: str
    closes_at: str
    reason: str
    amount: str
    currency: str
    invoices: int
    oldest_invoice: str
    oldest_due_on: str
    days_past_due: int
    assigned_to: str


HEAD = tuple(field.name for field in fields(Call))


def todays_calls(today: dt.date, at: dt.datetime) -> Iterator[Call]:
    """The open calls that are due, most worth first, without whom nothing may be asked of now: those who have paid, those
    on hold, and those without a number that works. A fixed number of queries for each thousand.
    """
    wanted = WorkFilter(kind=KIND, overdue_on=today + dt.timedelta(days=1))
    priority = 0
    for page in each_page(lambda after: worklist.work_page(wanted, WorkSort.VALUE, after, _PART)):
        ids = sorted({work.account_id for work in page.rows})
        accounts = customers.accounts(ids)
        phones = outbound.telephones(list(accounts.values()), at)
        claims, holds = ledger.claims(ids, today), arrangements.holds(ids)
        for work in page.rows:
            account, phone = accounts.get(work.account_id), phones.get(work.account_id)
            asked = _asked(claims.get(work.account_id, ()), holds.get(work.account_id, ()), work, today)
            if account is None or phone is None or not asked:
                continue
            priority += 1
            yield _call(priority, work, account, phone, asked, today)


def _asked(
    claims: Sequence[ClaimedItem], holds: Sequence[HoldFacts], work: WorkItemFacts, today: dt.date
) -> list[tuple[ClaimedItem, int]]:
    """What may be asked for in this call, with the amount of each; nothing while a hold stops ordinary reminders."""
    if verdict(holds, Guarded.REMINDER, today)[0] is not Verdict.ALLOWED:
        return []
    found = []
    for entry in claims:
        item = entry.item
        if item.currency != work.currency or work.item_id not in (0, item.id):
            continue
        less = left_out_minor(holds, item.id, item.born_on, item.chased_minor, today)
        if entry.claimed_minor - less > 0:
            found.append((entry, entry.claimed_minor - less))
    return found


def _call(
    priority: int,
    work: WorkItemFacts,
    account: AccountFacts,
    phone: TelephoneFacts,
    asked: Sequence[tuple[ClaimedItem, int]],
    today: dt.date,
) -> Call:
    oldest = min((entry.item for entry, _ in asked), key=lambda item: (item.due_on or today, item.id))
    due_on = oldest.due_on or today
    return Call(
        call=work.id,
        priority=priority,
        account=account.number,
        name=account.name,
        number=phone.number,
        language=account.language,
        opens_at=phone.opens_at.isoformat(timespec="seconds"),
        closes_at=phone.closes_at.isoformat(timespec="seconds"),
        reason=work.title or str(work.detail.get("stage", "")) or work.kind,
        amount=format_amount(sum(minor for _, minor in asked), work.currency),
        currency=work.currency,
        invoices=len(asked),
        oldest_invoice=oldest.number,
        oldest_due_on=due_on.isoformat(),
        days_past_due=(today - due_on).days,
        assigned_to=work.assigned_to,
    )


def csv_row(call: Call) -> list[str]:
    """The call as a line of the file: the number in digits, so that no spreadsheet takes its `+` for a formula."""
    values = {name: str(getattr(call, name)) for name in HEAD}
    return [*({**values, "number": call.number.lstrip("+")}.values())]
