"""Writes on the rates: propose one with its source, or another in its place, and have a second person decide.

Each function is one transaction and returns the row as it now stands; the face writes the audit trail. `actor` is the
person's user name. Refusals are `LegalRefusal`s in the language of the request.
"""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import get_language

from relance.legal.facts import LegalRefusal, RateRow, RateState, Words, half_year_end, half_year_start
from relance.legal.models import Rate
from relance.legal.queries import in_force, row_facts, seed
from relance.legal.queries import series as every_series

LOWEST_PERCENT, HIGHEST_PERCENT = Decimal(-5), Decimal(50)
"""Published rates lie between these; anything else is a slip of the pen (27.6 for 2.76 still passes: hence two people)."""

_DECIMALS = 4


@transaction.atomic
def propose_rate(series: str, valid_from: dt.date, percent: Decimal, source: str, actor: str) -> RateRow:
    """Enter the percent of a series for the half-year that begins on `valid_from`; it counts once approved.

    Proposing the same again returns the waiting row. Raises LegalRefusal for an unknown series, a day that begins no
    half-year, a percent out of range, a missing source, or a half-year that has a confirmed, approved or waiting rate.
    """
    source, actor = " ".join(source.split()), _known(actor)
    _refuse_bad_input(series, valid_from, percent, source)
    _take_turns(series)
    _refuse_contradiction(series, valid_from)
    return _proposed(series, valid_from, percent, source, "", actor)


@transaction.atomic
def replace_rate(series: str, valid_from: dt.date, percent: Decimal, source: str, reason: str, actor: str) -> RateRow:
    """Propose another percent in the place of one that is in force, approved or from a country pack, and say why.

    Until a second person approves it the old one counts; then the new one does, and an approved old one becomes
    `replaced`. Interest that was billed stays as it was billed. Proposing the same again returns the waiting row. Raises
    LegalRefusal as `propose_rate` does, without a reason, where nothing is in force, and for what is in force already.
    """
    source, actor, reason = " ".join(source.split()), _known(actor), " ".join(reason.split())[:300]
    _refuse_bad_input(series, valid_from, percent, source)
    if not reason:
        _refuse("Say why the rate is replaced.", "Indiquez pourquoi le taux est remplacé.")
    _take_turns(series)
    found = in_force(series, valid_from)
    half_year = _half_year(valid_from)
    if found is None:
        _refuse(
            f"{half_year.en} has no rate to replace; enter it as a new one.",
            f"{half_year.fr} n'a pas de taux à remplacer ; saisissez-le comme nouveau.",
        )
    if (found.percent, found.source) == (percent, source):
        _refuse(
            f"{half_year.en} already has {found.percent} % from this source.",
            f"{half_year.fr} a déjà {found.percent} % de cette source.",
        )
    return _proposed(series, valid_from, percent, source, reason, actor)


def _proposed(series: str, valid_from: dt.date, percent: Decimal, source: str, because: str, actor: str) -> RateRow:
    """The row that waits for a second person; the same one when it waits already."""
    found = Rate.objects.filter(series=series, valid_from=valid_from, state=RateState.PROPOSED.value).first()
    if found is not None:
        waiting = row_facts(found)
        told = (waiting.percent, waiting.source, waiting.replaces_because, waiting.proposed_by)
        if told == (percent, source, because, actor):
            return waiting
        _refuse(
            f"{_half_year(valid_from).en} already has a rate of {waiting.percent} % waiting; approve or refuse that first.",
            f"{_half_year(valid_from).fr} a déjà un taux de {waiting.percent} % en attente ; validez-le ou refusez-le "
            "d'abord.",
        )
    row = Rate.objects.create(
        series=series,
        valid_from=valid_from,
        percent=percent,
        source=source,
        proposed_by=actor,
        replaces_because=because,
    )
    row.refresh_from_db()
    return replace(row_facts(row), is_new=True)


@transaction.atomic
def approve_rate(rate_id: int, actor: str) -> RateRow:
    """Let a proposed rate count; one that takes the place of an approved rate replaces it. Again changes nothing.

    Raises LegalRefusal when the approver is the proposer, when it was refused, or when the half-year has a rate by now.
    """
    actor = _known(actor)
    row = _locked(rate_id)
    if row.state == RateState.APPROVED:
        return row_facts(row)
    _refuse_decided(row)
    if row.proposed_by.casefold() == actor.casefold():
        _refuse(
            "You proposed this rate yourself; another person approves it.",
            "Vous avez proposé ce taux vous-même ; une autre personne le valide.",
        )
    _take_turns(row.series)
    if row.replaces_because:
        approved = Rate.objects.filter(series=row.series, valid_from=row.valid_from, state=RateState.APPROVED.value)
        approved.update(state=RateState.REPLACED.value)
    else:
        _refuse_contradiction(row.series, row.valid_from)
    return _decide(row, RateState.APPROVED, actor, "")


@transaction.atomic
def refuse_rate(rate_id: int, actor: str, reason: str) -> RateRow:
    """Refuse a proposed rate, with the reason; the proposer may take their own back so. Refusing again changes nothing.

    Raises LegalRefusal when it was approved, or when no reason is given.
    """
    actor, reason = _known(actor), " ".join(reason.split())[:300]
    row = _locked(rate_id)
    if row.state == RateState.REFUSED:
        return row_facts(row)
    _refuse_decided(row)
    if not reason:
        _refuse("Say why the rate is refused.", "Indiquez pourquoi le taux est refusé.")
    return _decide(row, RateState.REFUSED, actor, reason)


def _decide(row: Rate, state: RateState, actor: str, reason: str) -> RateRow:
    Rate.objects.filter(pk=row.pk).update(state=state.value, decided_by=actor, decided_at=Now(), reason=reason)
    row.refresh_from_db()
    return replace(row_facts(row), is_new=True)


def _refuse_bad_input(series: str, valid_from: dt.date, percent: Decimal, source: str) -> None:
    known = [entry.code for entry in every_series()]
    if series not in known:
        _refuse(
            f"{series!r} is not a rate that any country pack uses; choose one of {', '.join(known)}.",
            f"{series!r} n'est utilisé par aucun pack ; choisissez parmi {', '.join(known)}.",
        )
    if valid_from != half_year_start(valid_from):
        start = half_year_start(valid_from)
        _refuse(
            f"A rate is entered by half-year; write {start} for the half-year of {valid_from}.",
            f"Un taux est saisi par semestre ; indiquez le {start:%d/%m/%Y} pour le semestre du {valid_from:%d/%m/%Y}.",
        )
    if not percent.is_finite() or not LOWEST_PERCENT <= percent <= HIGHEST_PERCENT:
        _refuse(
            f"{percent} is not a published rate; write percent a year, for example 2.62.",
            f"{percent} n'est pas un taux publié ; indiquez un pourcentage annuel, par exemple 2,62.",
        )
    if percent != percent.quantize(Decimal(1).scaleb(-_DECIMALS)):
        _refuse(
            f"{percent} has more than {_DECIMALS} decimals; write the rate as it was published.",
            f"{percent} a plus de {_DECIMALS} décimales ; indiquez le taux tel qu'il a été publié.",
        )
    if not source or len(source) > 300:
        _refuse(
            "Give the source of the rate in at most 300 characters: the order or page that published it, and its date.",
            "Indiquez la source du taux en 300 caractères au plus : l'arrêté ou la page qui le publie, et sa date.",
        )


def _refuse_contradiction(series: str, valid_from: dt.date) -> None:
    """A half-year has one rate. A seed that is still to be confirmed gives way; a confirmed one does not."""
    half_year = _half_year(valid_from)
    brought = seed(series, valid_from)
    if brought is not None and brought.confirmed:
        _refuse(
            f"{half_year.en} already has {brought.percent} % from the country pack ({brought.source}); replace it, "
            "with the reason.",
            f"{half_year.fr} a déjà {brought.percent} % dans le pack du pays ({brought.source}) ; remplacez-le, en "
            "indiquant pourquoi.",
        )
    found = Rate.objects.filter(series=series, valid_from=valid_from, state=RateState.APPROVED.value).first()
    if found is not None:
        approved = row_facts(found)
        _refuse(
            f"{half_year.en} already has {approved.percent} %, approved by {approved.decided_by} ({approved.source}); "
            "replace it, with the reason.",
            f"{half_year.fr} a déjà {approved.percent} %, validé par {approved.decided_by} ({approved.source}) ; "
            "remplacez-le, en indiquant pourquoi.",
        )


def _refuse_decided(row: Rate) -> None:
    if row.state != RateState.PROPOSED:
        _refuse(
            f"This rate was already decided by {row.decided_by}.", f"Ce taux a déjà été décidé par {row.decided_by}."
        )


def _half_year(valid_from: dt.date) -> Words:
    last = half_year_end(valid_from)
    return Words(f"The half-year {valid_from} to {last}", f"Le semestre du {valid_from:%d/%m/%Y} au {last:%d/%m/%Y}")


def _known(actor: str) -> str:
    name = actor.strip()
    if not name:
        _refuse("A rate needs the name of the person who acts.", "Un taux exige le nom de la personne qui agit.")
    return name


def _locked(rate_id: int) -> Rate:
    row = Rate.objects.select_for_update().filter(pk=rate_id).first()
    if row is None:
        _refuse("This rate does not exist.", "Ce taux n'existe pas.")
    return row


def _take_turns(series: str) -> None:
    """Two people writing one series at once wait for each other, so that each sees what the other did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.legal.rate.' || %s))", [series])


def _refuse(en: str, fr: str) -> NoReturn:
    raise LegalRefusal(Words(en, fr), get_language() or "en")
