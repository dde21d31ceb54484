"""What the finance team of the demo operator does during the year: deposits, disputes, charges, plans, write-offs.

Everything goes through the ledger's services, on the day that is played; what they refuse is left undone. Each act has
a key, so that a demo that was stopped and goes on does nothing twice.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import islice

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.dunning import queries as dunning
from relance.faces.console.synthetic.history import CREDITOR, CURRENCY
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger import services
from relance.ledger.facts import (
    Act,
    Cheque,
    CreditNoteOrder,
    DepositOrder,
    ExclusionKind,
    OpenItemFacts,
    PolicyFacts,
)
from relance.legal import services as rates

SMALL_DIFFERENCE_MINOR = 50
SEAL_AFTER_DAYS = 10
_LOOKED_AT = 200
_CHEQUES = 4


def begin() -> None:
    """Set the operator's policy: cents are given up, and days are sealed after a week and a half."""
    creditor = _creditor_id()
    policy = PolicyFacts(small_difference_minor=SMALL_DIFFERENCE_MINOR, seal_after_days=SEAL_AFTER_DAYS)
    if ledger.policy(creditor) != policy:
        services.change_policy(creditor, policy, "Décision de la direction financière", "finance")


def work(day: dt.date) -> None:
    """Do what falls on this day of the month."""
    if (day.month, day.day) == (7, 2):
        _propose_rate(day)
    tasks: dict[int, Callable[[dt.date], None]] = {
        5: _deposit_cheques,
        9: _bounce_a_cheque,
        10: _open_disputes,
        15: _charge_businesses,
        18: _agree_terms,
        20: _mark_doubtful,
        25: _request_write_offs,
        27: _decide_requests,
        28: _answer_disputes,
    }
    if day.day in tasks:
        tasks[day.day](day)


def _propose_rate(day: dt.date) -> None:
    """The rate of the new half-year, entered by one person; the second one still has to look at it."""
    source = "Chiffre de démonstration, à contrôler sur le site de la BCE"
    _try(rates.propose_rate, "ecb_mro", day.replace(day=1), Decimal("2.15"), source, "finance")


def _creditor_id() -> int:
    return next(creditor.id for creditor in customers.creditors() if creditor.code == CREDITOR)


def _debts(day: dt.date, chosen: Callable[[AccountFacts, OpenItemFacts], bool]) -> Iterator[OpenItemFacts]:
    """The oldest overdue items of pursued accounts that are `chosen`, one of each account."""
    rows = dunning.accounts_at(sort="oldest", limit=_LOOKED_AT).rows
    people = customers.accounts([row.account_id for row in rows])
    for account_id, entries in sorted(ledger.claims(list(people), day).items()):
        for entry in entries:
            item = entry.item
            if item.disputed_minor == 0 and entry.claimed_minor > 0 and chosen(people[account_id], item):
                yield item
                break


def _act(item: OpenItemFacts, day: dt.date, actor: str, reason: str, what: str) -> Act:
    return Act(item.account_id, day, actor, reason, f"demo:{day}:{what}:{item.id}")


def _try(service: Callable[..., object], *arguments: object) -> None:
    with suppress(Refusal):
        service(*arguments)


def _deposit_cheques(day: dt.date) -> None:
    items = list(islice(_debts(day, lambda _, item: item.open_minor == item.amount_minor), _CHEQUES))
    if items:
        cheques = tuple(
            Cheque(item.account_id, f"{day:%y%m}{place:03d}", item.open_minor, item.number)
            for place, item in enumerate(items, 1)
        )
        order = DepositOrder(_creditor_id(), f"REM-{day:%Y-%m}", day, CURRENCY, cheques)
        _try(services.post_deposit, order, "finance", f"demo:{day}")


def _bounce_a_cheque(day: dt.date) -> None:
    """Every other month the last cheque of the deposit comes back."""
    if day.month % 2:
        return
    number = f"REM-{day:%Y-%m}"
    slip = next((row for row in ledger.deposits(limit=1).rows if row.number == number), None)
    told = ledger.deposit(slip.id) if slip else None
    if told is None:
        return
    bounced = told.cheques[-1]
    _try(
        services.reverse_receipt, bounced.account_id, bounced.credit_id, day, "Chèque revenu impayé", "finance",
        f"demo:{day}:bounce",
    )  # fmt: skip


def _open_disputes(day: dt.date) -> None:
    for item in islice(_debts(day, lambda _, item: item.open_minor > 3_000), 3):
        disputed = item.open_minor // 2
        act = _act(item, day, "agent", "Le client conteste le hors forfait", "dispute")
        _try(services.exclude, act, item.id, ExclusionKind.DISPUTED, disputed, f"LIT-{day:%y%m}-{item.number}")


def _answer_disputes(day: dt.date) -> None:
    """Of the disputes of the month before, one in two is right: a credit note; then the rest is chased again."""
    month = f"LIT-{(day.replace(day=1) - dt.timedelta(days=1)):%y%m}-"
    rows = dunning.accounts_at(sort="oldest", limit=_LOOKED_AT).rows
    for account_id in sorted({row.account_id for row in rows}):
        items = {item.id: item for item in ledger.open_items(account_id, day)}
        for excluded in ledger.exclusions_of(account_id, day):
            item = items.get(excluded.item_id)
            if item is None or not excluded.reference.startswith(month):
                continue
            act = _act(item, day, "supervisor", "Litige instruit", "answer")
            _try(services.lift_exclusion, act, excluded.id)
            if item.id % 2:
                order = CreditNoteOrder(f"AV-{excluded.reference}", CURRENCY, excluded.amount_minor, item.number)
                note = _act(item, day, "supervisor", "Hors forfait facturé à tort", "credit")
                _try(services.post_credit_note, note, order)


def _charge_businesses(day: dt.date) -> None:
    """The indemnity of the law and the interest so far, for companies a month and a half late."""
    late = day - dt.timedelta(days=45)

    def chosen(person: AccountFacts, item: OpenItemFacts) -> bool:
        return person.kind == "business" and item.kind == "invoice" and item.is_overdue(late)

    for item in list(islice(_debts(day, chosen), 5)):
        _try(services.post_indemnity, _act(item, day, "finance", "Retard de paiement", "indemnity"), item.id)
        _try(services.bill_interest, _act(item, day, "finance", "Retard de paiement", "interest"), [item.id])


def _agree_terms(day: dt.date) -> None:
    items = list(islice(_debts(day, lambda _, item: item.kind == "invoice" and item.open_minor >= 6_000), 3))
    for item in items[:1]:
        act = _act(item, day, "supervisor", "Report demandé par téléphone", "postpone")
        _try(services.postpone, act, item.id, day + dt.timedelta(days=20))
    for item in items[1:]:
        parts = _three_parts(day, item.open_minor)
        act = _act(item, day, "supervisor", "Échéancier accordé", "split")
        _try(services.split, act, item.id, parts)


def _three_parts(day: dt.date, minor: int) -> Sequence[tuple[dt.date, int]]:
    third = minor // 3
    amounts = (third, third, minor - 2 * third)
    return [(day + dt.timedelta(days=30 * place), amount) for place, amount in enumerate(amounts, 1)]


def _mark_doubtful(day: dt.date) -> None:
    old = day - dt.timedelta(days=120)
    for item in list(islice(_debts(day, lambda _, item: item.is_overdue(old)), 6)):
        act = _act(item, day, "finance", "Plus de quatre mois de retard", "doubtful")
        _try(services.mark_doubtful, act, [item.id])


def _request_write_offs(day: dt.date) -> None:
    old = day - dt.timedelta(days=150)

    def chosen(person: AccountFacts, item: OpenItemFacts) -> bool:
        return person.kind == "consumer" and item.is_overdue(old)

    for item in list(islice(_debts(day, chosen), 4)):
        act = _act(item, day, "supervisor", "Adresse perdue, relances sans effet", "write-off")
        _try(services.request_write_off, act, [item.id], False)


def _decide_requests(day: dt.date) -> None:
    """All but the newest request are approved, so that somebody finds one waiting."""
    waiting = list(ledger.requests("requested").rows)
    for request in sorted(waiting, key=lambda row: row.id)[:-1]:
        act = Act(request.account_id, day, "finance", "Contrôlé", f"demo:{day}:approve:{request.id}")
        _try(services.approve_request, act, request.id)
