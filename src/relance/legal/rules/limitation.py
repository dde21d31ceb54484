"""The limitation clock of a claim: when it lapses, and what restarts it."""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping

from relance.legal.facts import (
    Figure,
    Interruption,
    InterruptionKind,
    ItemKind,
    Limitation,
    Nature,
    NoFigure,
    Pack,
    PartyKind,
    Words,
)


def limitation(
    pack: Pack,
    kind: PartyKind,
    nature: Nature,
    item_kind: ItemKind,
    due_on: dt.date,
    interruptions: Iterable[Interruption] = (),
) -> Limitation:
    """When a claim that fell due on `due_on` lapses; each interruption before that starts a new full period.

    Reminders and registered letters are no interruptions (Cass. com. 18-05-2022, 20-23.204); an interruption after
    the end revives nothing. A court claim or a claim in insolvency holds the clock until the case closes: hand in the
    closing day as one more interruption. A fee or interest follows the nature of the debt it came from, because it
    falls with it. Raises NoFigure where the pack knows no period.
    """
    figure = _figure(pack, kind, nature)
    years = int(figure.value)
    ends_on = _years_after(due_on, years)
    last: Interruption | None = None
    for event in sorted(interruptions, key=lambda interruption: interruption.on):
        if due_on < event.on <= ends_on:
            ends_on, last = _years_after(event.on, years), event
    return Limitation(
        ends_on=ends_on,
        last_safe_on=ends_on - dt.timedelta(days=1),
        period_years=years,
        rule=figure.code if item_kind is ItemKind.INVOICE else f"{figure.code}.{item_kind}",
        source=figure.source,
        restarted_on=last.on if last else None,
        restarted_by=InterruptionKind(last.kind) if last else None,
    )


def limitation_years(pack: Pack) -> Mapping[tuple[PartyKind, Nature], int]:
    """The period in years for every debtor and nature the pack knows, for set-based clocks; empty when it knows none."""
    return {key: int(_figure(pack, *key).value) for key in pack.limitation}


def shortest_limitation_years(pack: Pack) -> int | None:
    """The shortest period of a pack: nothing younger can have lapsed. None when the pack knows no period."""
    return min(limitation_years(pack).values(), default=None)


def _figure(pack: Pack, kind: PartyKind, nature: Nature) -> Figure:
    """The period's newest figure. Periods are not looked up by day: a new law says itself how it meets old claims."""
    code = pack.limitation.get((PartyKind(kind), Nature(nature)))
    known = [figure for figure in pack.figures if figure.code == code]
    if not known:
        raise NoFigure(
            Words(
                f"The rules for {pack.name.en} hold no limitation period for this claim; ask counsel.",
                f"Les règles pour {pack.name.fr} ne contiennent pas de délai de prescription pour cette créance ; "
                "consultez votre conseil.",
            )
        )
    return max(known, key=lambda figure: figure.valid_from)


def _years_after(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; 29 February becomes the 28th, the earlier and so the safer day.

    The calendar's last year is the last one here too: a claim that would lapse after it has no end anyone will see.
    """
    year = min(day.year + years, dt.MAXYEAR)
    return dt.date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
