"""Published rates: what is in force in each country, what is missing, and new ones entered by two people."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers.queries import countries_with_accounts
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.day import as_of
from relance.faces.desk.rate_forms import RateForm, RefusalForm, ReplacementForm
from relance.faces.desk.second_person import refuse_dependent
from relance.faces.desk.templatetags.desk import day, language
from relance.faces.desk.templatetags.finance import percentage
from relance.kit.refusal import Refusal
from relance.legal import queries, services
from relance.legal.facts import Pack, RateGap, RateRow, RateState, Series, half_year_start
from relance.legal.packs import packs
from relance.staff.facts import Permission
from relance.staff.services import record_audit

WARNED_DAYS = 30
"""How many days before a half-year begins the page says that its rate is missing."""


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """A series with the rate in force, its whole history, and the gap when the current half-year has no rate.

    `gap_ahead` is the gap of the next half-year, when that begins soon.
    """

    series: Series
    current: RateRow | None
    rows: Sequence[RateRow]
    gap: RateGap | None
    gap_ahead: RateGap | None = None

    @property
    def name(self) -> str:
        """Its name for the reader, as a title."""
        return _titled(self.series.name.said_in(language()))

    @property
    def used_for(self) -> str:
        """What it is used for, and so what its absence blocks."""
        return self.series.used_for.said_in(language())

    @property
    def reading(self) -> str:
        """Which published value to enter."""
        return self.series.reading.said_in(language())

    @property
    def waiting(self) -> list[RateRow]:
        """Rates that wait for a second person."""
        return [row for row in self.rows if row.state is RateState.PROPOSED]

    @property
    def last(self) -> RateRow | None:
        """The newest rate that ever counted, for comparison where none is in force."""
        return next((row for row in self.rows if row.counts), None)


class _Countries:
    """Some countries with the cards of their series, and the names of those that need none."""

    def __init__(self, cards: Mapping[str, SeriesCard], found: Iterable[Pack]) -> None:
        named = [(_titled(pack.name.said_in(language())), [cards[one.code] for one in pack.series]) for pack in found]
        self.tables = [(name, shown) for name, shown in named if shown]
        self.rateless = ", ".join(name for name, shown in named if not shown)
        self.cards = list({card.series.code: card for _name, shown in named for card in shown}.values())


def _titled(name: str) -> str:
    """A name from within a sentence as a title, without its article."""
    for article in ("the ", "The ", "le ", "la ", "les ", "l'"):
        name = name.removeprefix(article)
    return name[:1].upper() + name[1:]


@needs(Permission.SEE_JOURNAL)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The series of the countries we bill in, with their rates in force, what is missing first; then the others."""
    today = as_of()
    cards = {card.series.code: card for card in _cards(today)}
    billed = countries_with_accounts()
    ours = _Countries(cards, [pack for code, pack in packs().items() if code in billed])
    context = {
        "ours": ours,
        "others": _Countries(cards, [pack for code, pack in packs().items() if code not in billed]),
        "missing": [card for card in ours.cards if card.gap],
        "missing_soon": [card for card in ours.cards if card.gap_ahead],
        "waiting": [(card, row) for card in cards.values() for row in card.waiting],
        "as_of": today,
    }
    return render(request, "desk/rates.html", context)


@needs(Permission.SEE_JOURNAL)
@require_safe
def one(request: StaffRequest, series: str) -> HttpResponse:
    """One series: its history with sources, the proposals that wait, and the form for a new one."""
    return _one(request, _card(series))


@needs(Permission.PROPOSE_RATE)
@require_POST
def propose(request: StaffRequest, series: str) -> HttpResponse:
    """Enter a rate with its source; it counts once somebody else approves it."""
    card = _card(series)
    form = _rate_form(card, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        if _proposed(request, form, lambda: services.propose_rate(
            series, data["valid_from"], data["percent"], data["source"], request.user.username
        )):  # fmt: skip
            return redirect("desk:rate_series", series)
    return _one(request, card, form, 422)


@needs(Permission.PROPOSE_RATE)
@require_POST
def replace(request: StaffRequest, series: str) -> HttpResponse:
    """Propose another percent in the place of one in force, with the reason; a second person approves it."""
    card = _card(series)
    form = _replacement_form(card, request.POST)
    if form is None:
        raise Http404
    if form.is_valid():
        data = form.cleaned_data
        if _proposed(request, form, lambda: services.replace_rate(
            series, data["valid_from"], data["percent"], data["source"], data["reason"], request.user.username
        )):  # fmt: skip
            return redirect("desk:rate_series", series)
    return _one(request, card, replacement_form=form, status=422)


def _proposed(request: StaffRequest, form: RateForm, propose_it: Callable[[], RateRow]) -> bool:
    """Do it, with its audit row and a word to the person; false, with the reason in the form, when it is refused."""
    try:
        with transaction.atomic():
            row = propose_it()
            if row.is_new:
                record_audit(request.user, "rate_proposed", row.series, _told(row))
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    told = _("%(percent)s from %(on)s proposed; another person approves it.")
    messages.success(request, told % {"percent": percentage(row.percent), "on": day(row.valid_from)})
    return True


@needs(Permission.APPROVE_RATE)
@require_POST
def approve(request: StaffRequest, rate_id: int) -> HttpResponse:
    """Let a proposed rate count."""
    found = _proposal(rate_id)
    try:
        with transaction.atomic():
            refuse_dependent(request.user.username, found.proposed_by)
            row = services.approve_rate(rate_id, request.user.username)
            if row.is_new:
                record_audit(request.user, "rate_approved", row.series, _told(row))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        told = _("%(percent)s counts from %(on)s.")
        messages.success(request, told % {"percent": percentage(row.percent), "on": day(row.valid_from)})
    return redirect("desk:rate_series", found.series)


@needs(Permission.APPROVE_RATE)
@require_POST
def refuse(request: StaffRequest, rate_id: int) -> HttpResponse:
    """Refuse a proposed rate, or take one's own back, with the reason."""
    found = _proposal(rate_id)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _one(request, _card(found.series), refusal_form=form, status=422)
    try:
        with transaction.atomic():
            row = services.refuse_rate(rate_id, request.user.username, form.cleaned_data["reason"])
            if row.is_new:
                record_audit(request.user, "rate_refused", row.series, _told(row) | {"reason": row.reason})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The proposal is refused; the half-year can be entered again."))
    return redirect("desk:rate_series", found.series)


def _one(
    request: StaffRequest,
    card: SeriesCard,
    form: RateForm | None = None,
    status: int = 200,
    refusal_form: RefusalForm | None = None,
    replacement_form: ReplacementForm | None = None,
) -> HttpResponse:
    context = {
        "replacement_form": replacement_form or _replacement_form(card, half_year=request.GET.get("replace", "")),
        "replaces": replacement_form is not None or "replace" in request.GET,
        "card": card,
        "form": form or _rate_form(card),
        "refusal_form": refusal_form or RefusalForm(),
        "as_of": as_of(),
    }
    return render(request, "desk/rate_series.html", context, status=status)


def _rate_form(card: SeriesCard, data: object = None) -> RateForm:
    taken = {
        start
        for row in card.rows
        if row.confirmed and row.state not in (RateState.REFUSED, RateState.REPLACED)
        for start in _half_years(row.valid_from, row.valid_to)
    }
    return RateForm(data, today=as_of(), taken=taken, reading=card.reading)


def _replacement_form(card: SeriesCard, data: object = None, half_year: str = "") -> ReplacementForm | None:
    """The form for another percent in the place of one in force; None while the series has none."""
    in_force = list(dict.fromkeys(row.valid_from for row in card.rows if row.counts))
    if not in_force:
        return None
    initial = {"valid_from": half_year} if half_year else {}
    return ReplacementForm(data, initial=initial, in_force=in_force, today=as_of(), reading=card.reading)


def _half_years(first: dt.date, last: dt.date) -> list[dt.date]:
    starts = [dt.date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 7)]
    return [start for start in starts if first <= start <= last]


def _cards(today: dt.date) -> list[SeriesCard]:
    by_series: dict[str, list[RateRow]] = {}
    for row in queries.rate_rows():
        by_series.setdefault(row.series, []).append(row)
    gaps = {gap.series: gap for gap in queries.missing_rates(today)}
    soon = today + dt.timedelta(days=WARNED_DAYS)
    ahead = {gap.series: gap for gap in queries.missing_rates(soon)} if half_year_start(soon) > today else {}
    cards = []
    for series in queries.series():
        rows = by_series.get(series.code, [])
        in_force = (row for row in rows if row.valid_from <= today <= row.valid_to and row.counts)
        cards.append(SeriesCard(series, next(in_force, None), rows, gaps.get(series.code), ahead.get(series.code)))
    return cards


def _card(series: str) -> SeriesCard:
    for card in _cards(as_of()):
        if card.series.code == series:
            return card
    raise Http404


def _proposal(rate_id: int) -> RateRow:
    for row in queries.rate_rows():
        if row.id == rate_id:
            return row
    raise Http404


def _told(row: RateRow) -> dict[str, str]:
    told = {"from": row.valid_from.isoformat(), "percent": str(row.percent), "source": row.source}
    return told | {"replaces_because": row.replaces_because} if row.replaces_because else told
