"""DSO: how many days of sales customers owe, simple and counted back, and how much of it is lateness."""

import datetime as dt

from relance.insight import rules
from relance.insight.facts import DsoGroup, DsoReport, Report
from relance.insight.snapshot import one_picture
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger


def dso(as_of: dt.date, day_count: int) -> DsoReport:
    """Days sales outstanding per currency as of the end of `as_of`, over the `day_count` days up to it.

    Receivables are the open items born by then, tax included; sales the invoices issued in the period, tax included.
    Raises Refusal unless `day_count` is positive.
    """
    if day_count < 1:
        raise Refusal(f"DSO needs a period of at least one day, not {day_count}; 90 is usual")
    with one_picture():
        receivables = ledger.receivables(as_of)
        sales = ledger.sales(*rules.sales_period(as_of, day_count))
        monthly = ledger.monthly_sales(as_of)
        unallocated = {currency: amount for _, currency, amount in ledger.unallocated_rows(as_of, "all")}
    return DsoReport(
        as_of,
        day_count,
        tuple(
            _group(
                currency,
                receivables.get(currency, (0, 0)),
                sales.get(currency, 0),
                rules.countback(
                    receivables.get(currency, (0, 0))[0], rules.calendar_months(monthly.get(currency, []), as_of)
                ),
                unallocated.get(currency, 0),
                day_count,
            )
            for currency in sorted(receivables.keys() | sales.keys() | monthly.keys())
        ),
    )


def _group(
    currency: str,
    receivables: tuple[int, int],
    sales_minor: int,
    countback: str | None,
    unallocated_minor: int,
    day_count: int,
) -> DsoGroup:
    open_minor, not_due_minor = receivables
    return DsoGroup(
        currency=currency,
        simple=rules.days_outstanding(open_minor, sales_minor, day_count),
        countback=countback,
        best_possible=rules.days_outstanding(not_due_minor, sales_minor, day_count),
        average_days_delinquent=rules.days_outstanding(open_minor - not_due_minor, sales_minor, day_count),
        receivables_minor=open_minor,
        not_due_minor=not_due_minor,
        sales_minor=sales_minor,
        unallocated_minor=unallocated_minor,
    )


REPORT = Report(
    title={"fr": "Délai moyen de paiement (DSO)", "en": "Days sales outstanding (DSO)"},
    help={
        "fr": "Jours de chiffre d'affaires que représentent les créances : simple, par épuisement des mois, meilleur "
        "possible (sans aucun retard), et la différence, qui est le retard moyen. Les avoirs et l'argent non lettré "
        "n'y entrent pas.",
        "en": "Days of sales that the receivables stand for: simple, counted back over the months, best possible "
        "(nobody late), and the difference, which is the average delay. Credits and unallocated money are left out.",
    },
    query=dso,
)
