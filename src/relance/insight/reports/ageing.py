"""Ageing: what customers owe as of a day, by days past due, with what has no due date, is disputed or unallocated."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from relance.insight.facts import AGEING_BOUNDS, GROUPINGS, NOT_DATED, AgeingBucket, AgeingGroup, AgeingReport, Report
from relance.insight.rules import bucket_labels
from relance.insight.snapshot import one_picture
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger


def ageing(as_of: dt.date, by: str = "all", upper_bounds: Sequence[int] = AGEING_BOUNDS) -> AgeingReport:
    """Open items as of the end of `as_of`, in age bands by due date, one group per key of `by` and currency.

    Bands end at `upper_bounds` days past due, by the due dates in force that day. Disputed parts stay in their bands,
    and the total is the balance of the control accounts. Reads the ledger's own rows, not flags: any past day gives
    what was true then. Raises Refusal for an unknown grouping or bounds that do not rise from 0.
    """
    if by not in GROUPINGS:
        raise Refusal(f"an ageing cannot be grouped by {by!r}; choose one of {', '.join(GROUPINGS)}")
    try:
        labels = bucket_labels(upper_bounds)
    except ValueError as error:
        raise Refusal(f"these age bands do not work: {error}") from error
    bands: dict[tuple[str, str], dict[int | None, tuple[int, int]]] = defaultdict(dict)
    disputed: dict[tuple[str, str], int] = defaultdict(int)
    unallocated: dict[tuple[str, str], int] = {}
    with one_picture():
        for row in ledger.ageing_rows(as_of, upper_bounds, by):
            bands[row.key, row.currency][row.band] = (row.item_count, row.amount_minor)
            disputed[row.key, row.currency] += row.disputed_minor
        for key, currency, amount_minor in ledger.unallocated_rows(as_of, by):
            unallocated[key, currency] = amount_minor
    return AgeingReport(
        as_of,
        labels,
        tuple(
            AgeingGroup(
                key,
                currency,
                tuple(
                    AgeingBucket(label, *bands[key, currency].get(band, (0, 0))) for band, label in enumerate(labels)
                ),
                AgeingBucket(NOT_DATED, *bands[key, currency].get(None, (0, 0))),
                unallocated.get((key, currency), 0),
                disputed[key, currency],
            )
            for key, currency in sorted(bands.keys() | unallocated.keys())
        ),
    )


REPORT = Report(
    title={"fr": "Balance âgée", "en": "Ageing"},
    help={
        "fr": "Créances ouvertes à une date, par tranche de jours de retard sur l'échéance. L'argent reçu et non "
        "lettré est montré à part et déduit du total, qui est le solde de la comptabilité au centime près. Ce qui est "
        "contesté reste dû et reste dans sa tranche ; ce qui n'a pas d'échéance n'est jamais en retard.",
        "en": "Open receivables as of a day, by days past their due date. Money received and not allocated is shown "
        "apart and taken off the total, which is the ledger's balance to the cent. Disputed parts are still owed and stay "
        "in their band; what has no due date is never late.",
    },
    query=ageing,
)
