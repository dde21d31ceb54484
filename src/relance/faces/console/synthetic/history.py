"""Twelve months of one account as rows of the import files, each with the day on which the operator delivers it."""

import calendar
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from relance.faces.console.synthetic.customers import Account, Character, Line, account, iban, siren
from relance.faces.console.synthetic.payers import settlements
from relance.faces.console.synthetic.plan import Plan
from relance.kit.calendars import is_working_day, on_or_next_working_day
from relance.kit.money import format_amount

CREDITOR = "rivage"
CURRENCY = "EUR"

COLUMNS = {
    "creditors.csv": (
        "code", "name", "country", "currency", "timezone", "sepa_creditor_id", "iban", "siren", "vat_number",
        "vat_on_debits", "phone", "email", "address1", "postcode", "city", "contact_name",
    ),
    "accounts.csv": (
        "number", "creditor", "name", "kind", "segment", "credit_class", "language", "email", "mobile", "phone",
        "address1", "postcode", "city", "country", "siren", "payment_method", "sales_rep", "opened_on",
    ),
    "services.csv": ("account", "identifier", "kind", "activated_on"),
    "mandates.csv": ("account", "umr", "scheme", "signed_on", "iban", "holder"),
    "invoices.csv": ("account", "number", "issued_on", "due_on", "amount", "tax_amount", "currency", "nature"),
    "credits.csv": ("account", "number", "issued_on", "amount", "currency", "invoice", "reason"),
    "payments.csv": ("account", "reference", "received_on", "amount", "currency", "method", "invoice"),
}  # fmt: skip
"""The files and the columns of them that are written."""

_PAYMENT_TERM_DAYS = {"consumer": 14, "business": 30, "public": 30}
_DISPUTE_REASONS = (
    "Hors forfait contesté",
    "Panne de ligne indemnisée",
    "Remise de fidélité oubliée",
    "Option résiliée",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one file, delivered on a day."""

    on: dt.date
    file: str
    values: tuple[str, ...]


def rows(plan: Plan) -> Iterator[Row]:
    """Every row of the operator's history, account by account (not in the order of days)."""
    yield _creditor(plan)
    for index in range(plan.account_count):
        yield from _account_rows(plan, account(plan, index))


def _creditor(plan: Plan) -> Row:
    number = siren(99_998)
    values = (
        CREDITOR, "Télécom Rivage", "FR", CURRENCY, "Europe/Paris", _creditor_identifier("900002"),
        "FR7630006000011234567890189", number, f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}", "false",
        "+33199000042", "recouvrement@example.test", "1 quai du Ponant", "44600", "Saint-Nazaire", "Maëlle Kerjean",
    )  # fmt: skip
    return Row(plan.started_on, "creditors.csv", values)


def _creditor_identifier(national: str) -> str:
    check = 98 - int(f"{national}152700") % 97
    return f"FR{check:02d}ZZZ{national}"


def _account_rows(plan: Plan, customer: Account) -> Iterator[Row]:
    on = max(customer.opened_on, plan.started_on)
    yield Row(
        on,
        "accounts.csv",
        (
            customer.number, CREDITOR, customer.name, customer.kind, customer.segment, customer.credit_class,
            customer.language, customer.email, customer.mobile, customer.phone, customer.address1, customer.postcode,
            customer.city, "FR", customer.siren, customer.payment_method, customer.sales_rep,
            customer.opened_on.isoformat(),
        ),
    )  # fmt: skip
    for line in customer.lines:
        yield Row(on, "services.csv", (customer.number, line.identifier, line.kind, line.activated_on.isoformat()))
    if customer.payment_method == "direct_debit":
        yield Row(
            on,
            "mandates.csv",
            (
                customer.number,
                f"RUM{customer.index + 1:08d}",
                "core" if customer.kind == "consumer" else "b2b",
                customer.opened_on.isoformat(),
                iban(customer.index),
                customer.name,
            ),
        )
    yield from _billing(plan, customer)


def _billing(plan: Plan, customer: Account) -> Iterator[Row]:
    rng = random.Random(f"{plan.seed}:{customer.index}:billing")  # noqa: S311 - a made-up customer, not a secret
    vanishes_on = plan.started_on + dt.timedelta(days=rng.randrange(60, 330))
    for month_start in _months(plan):
        issued_on = month_start.replace(day=customer.bill_day)
        if not max(customer.opened_on, plan.started_on) <= issued_on <= plan.ended_on:
            continue
        gone = customer.character is Character.VANISHING and issued_on >= vanishes_on
        if gone and issued_on > vanishes_on + dt.timedelta(days=75):
            return  # cut off: nothing more is billed
        for letter, nature, amount_minor in _bills(rng, customer):
            number = f"{issued_on:%y%m}-{customer.index + 1:07d}-{letter}"
            yield from _invoice(plan, rng, customer, number, nature, issued_on, amount_minor, gone)


def _months(plan: Plan) -> Iterator[dt.date]:
    month = plan.started_on.replace(day=1)
    while month <= plan.ended_on:
        yield month
        month += dt.timedelta(days=calendar.monthrange(month.year, month.month)[1])


def _bills(rng: random.Random, customer: Account) -> Iterator[tuple[str, str, int]]:
    """The month's invoices: homes with mobile and fibre often get one each, others one for all; sometimes a handset."""
    mobile = [line for line in customer.lines if line.kind == "mobile"]
    fixed = [line for line in customer.lines if line.kind != "mobile"]
    if customer.segment == "residential" and mobile and fixed and customer.index % 3:
        yield "M", "service", _month_total(rng, mobile)
        yield "F", "service", _month_total(rng, fixed)
    else:
        yield "S", "service", _month_total(rng, [*mobile, *fixed])
    if rng.random() < 0.015:
        yield "E", "equipment", rng.choice((4900, 12900, 24900, 39900, 59900))


def _month_total(rng: random.Random, lines: list[Line]) -> int:
    usage = sum(rng.randrange(50, 1500) for line in lines if line.kind == "mobile" and rng.random() < 0.25)
    return sum(line.monthly_minor for line in lines) + usage


def _invoice(
    plan: Plan,
    rng: random.Random,
    customer: Account,
    number: str,
    nature: str,
    issued_on: dt.date,
    amount_minor: int,
    gone: bool,
) -> Iterator[Row]:
    due_on = on_or_next_working_day(issued_on + dt.timedelta(days=_PAYMENT_TERM_DAYS[customer.kind]), "FR")
    tax_minor = (amount_minor + 3) // 6
    yield Row(
        issued_on,
        "invoices.csv",
        (
            customer.number, number, issued_on.isoformat(), due_on.isoformat(), _amount(amount_minor),
            _amount(tax_minor), CURRENCY, nature,
        ),
    )  # fmt: skip
    for part, settlement in enumerate(settlements(rng, customer, amount_minor, gone), 1):
        on = due_on + dt.timedelta(days=settlement.days_after_due)
        on = on_or_next_working_day(on, "FR") if settlement.days_after_due > 0 else _on_or_previous_working_day(on)
        names_invoice = customer.payment_method == "direct_debit" or rng.random() < 0.85
        pays_twice = settlement.days_after_due <= 0 and rng.random() < 0.0015
        reason = rng.choice(_DISPUTE_REASONS)
        if on > plan.ended_on:
            continue
        if settlement.by_credit_note:
            yield Row(
                on,
                "credits.csv",
                (
                    customer.number, f"A{number}", on.isoformat(), _amount(settlement.amount_minor), CURRENCY, number,
                    reason,
                ),
            )  # fmt: skip
            continue
        for copy in range(2 if pays_twice else 1):
            yield Row(
                on,
                "payments.csv",
                (
                    customer.number,
                    f"P{number}-{part}{'B' if copy else ''}",
                    on.isoformat(),
                    _amount(settlement.amount_minor),
                    CURRENCY,
                    "direct_debit" if customer.payment_method == "direct_debit" and on <= due_on else "transfer",
                    number if names_invoice else "",
                ),
            )


def _on_or_previous_working_day(day: dt.date) -> dt.date:
    while not is_working_day(day, "FR"):
        day -= dt.timedelta(days=1)
    return day


def _amount(minor: int) -> str:
    return format_amount(minor, CURRENCY)
