"""Effectiveness: who paid after which contact, how soon and how much of the month's new debts, beside those left alone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from relance.dunning import queries as dunning
from relance.dunning.experiments import CHALLENGER, CHAMPION
from relance.dunning.facts import ExperimentFacts, TrialEpisode
from relance.insight import queries, rules
from relance.insight.facts import (
    EFFECT_DIMENSIONS,
    EFFECT_WINDOWS,
    ArmComparison,
    ArmEffect,
    EffectGroup,
    EffectReport,
    EffectWindow,
    Report,
)
from relance.insight.snapshot import joined_in_bulk, one_picture
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger

LONGEST_MONTHS = 36
"""A report looks at no more months than these at once."""


def effectiveness(
    from_month: dt.date,
    to_month: dt.date,
    as_of: dt.date,
    by: str = "",
    *,
    creditor_id: int | None = None,
    method: str | None = None,
    stage: str | None = None,
) -> EffectReport:
    """The contacts of whole months, both included (any day of each), and what followed them by the end of `as_of`.

    One group per method, template, stage and month, or per key of the one dimension `by`; of all creditors or of one.
    `method` and `stage` (`scenario/stage`) keep the groups of that one only; payments belong to the same contacts with
    or without them. Experiments are compared over all creditors. Raises Refusal for an unknown `by`, months the wrong
    way round, more than thirty-six of them, or none that has begun by `as_of`.
    """
    from_on, to_on = from_month.replace(day=1), rules.month_end(to_month)
    if by and by not in EFFECT_DIMENSIONS:
        raise Refusal(f"contacts cannot be grouped by {by!r}; choose one of {', '.join(EFFECT_DIMENSIONS)}")
    if to_on < from_on:
        raise Refusal(f"{from_on:%Y-%m} to {to_on:%Y-%m} ends before it begins; give the earlier month first")
    if from_on > as_of:
        raise Refusal(f"nothing of {from_on:%Y-%m} can be told as of {as_of}; choose a later day or earlier months")
    if (to_on - from_on).days > 31 * LONGEST_MONTHS:
        raise Refusal(f"at most {LONGEST_MONTHS} months can be looked at together; choose fewer")
    dimensions = (by,) if by else EFFECT_DIMENSIONS
    with one_picture():
        with joined_in_bulk():
            found = queries.contact_sums(
                from_on, to_on, as_of, dimensions, creditor_id=creditor_id, method=method, stage=stage
            )
            debts = ledger.new_debts(from_on, min(to_on, as_of), creditor_id)
        comparisons = [
            comparison
            for experiment in dunning.experiments()
            if experiment.from_on <= to_on and experiment.last_on >= from_on and experiment.from_on <= as_of
            for comparison in _comparisons(experiment, dunning.trial_episodes(experiment, as_of), from_on, to_on, as_of)
        ]
    groups = [(sums.is_total, _group(sums, dimensions, debts, to_on, as_of)) for sums in found]
    return EffectReport(
        from_on, to_on, as_of, by,
        tuple(group for is_total, group in groups if not is_total),
        tuple(group for is_total, group in groups if is_total),
        tuple(comparisons),
    )  # fmt: skip


def _group(
    sums: queries.ContactSums,
    dimensions: Sequence[str],
    debts: Mapping[tuple[str, dt.date | None], tuple[int, int]],
    to_on: dt.date,
    as_of: dt.date,
) -> EffectGroup:
    keys = dict.fromkeys(EFFECT_DIMENSIONS) | dict(zip(dimensions, sums.keys, strict=True))
    month = keys["month"]
    months_end = rules.month_end(month) if month else to_on
    new_debtor_count, new_debt_minor = debts.get((sums.currency, month), (0, 0))
    windows = []
    for days, (contacts, customers, claimed, paying, paid) in zip(EFFECT_WINDOWS, sums.windows, strict=True):
        running = sums.contact_count - contacts
        is_whole = contacts > 0 and running == 0 and as_of >= months_end
        windows.append(
            EffectWindow(
                days, contacts, running, customers, claimed, paying, paid,
                rules.percent_of(paying, customers), rules.percent_of(paid, claimed),
                rules.percent_of(paid, new_debt_minor) if is_whole else None,
                sums.last_contact_on + dt.timedelta(days=days) if sums.last_contact_on else None,
            )
        )  # fmt: skip
    return EffectGroup(
        keys["method"], keys["template"], keys["stage"], month, sums.currency, sums.contact_count,
        sums.customer_count, sums.unknown_count, sums.claimed_minor, new_debtor_count, new_debt_minor, tuple(windows),
    )  # fmt: skip


def _comparisons(
    experiment: ExperimentFacts, episodes: Sequence[TrialEpisode], from_on: dt.date, to_on: dt.date, as_of: dt.date
) -> list[ArmComparison]:
    arms: dict[str, dict[str, list[TrialEpisode]]] = defaultdict(lambda: {CHAMPION: [], CHALLENGER: []})
    for episode in episodes:
        if from_on <= episode.opened_on <= to_on:
            arms[episode.currency][episode.arm].append(episode)
    found = []
    for currency in sorted(arms):
        champion = _arm(experiment.champion, arms[currency][CHAMPION], as_of)
        challenger = _arm(experiment.challenger, arms[currency][CHALLENGER], as_of)
        differences = map(rules.difference, champion.shares, challenger.shares)
        found.append(ArmComparison(experiment.code, currency, champion, challenger, tuple(differences)))
    return found


def _arm(scenario: str, episodes: Sequence[TrialEpisode], as_of: dt.date) -> ArmEffect:
    shares = []
    for days in EFFECT_WINDOWS:
        window = dt.timedelta(days=days)
        judged = [episode for episode in episodes if episode.opened_on + window <= as_of]
        settled = [
            episode for episode in judged if episode.closed_on and episode.closed_on <= episode.opened_on + window
        ]
        shares.append(rules.share(len(settled), len(judged)))
    contacted = sum(episode.contact_count > 0 for episode in episodes)
    return ArmEffect(scenario, len(episodes), contacted, tuple(shares))


REPORT = Report(
    title={"fr": "Efficacité des relances", "en": "Effectiveness of contacts"},
    help={
        "fr": "Un contact est un message parti vers le client (une lettre : postée), ou un appel ou rendez-vous où il a "
        "été joint ; un message rejeté, retourné ou retiré n’en est pas un, un envoi incertain est compté à part. Le "
        "jour du contact est la date de traitement du message, celui de la remise à la poste pour une lettre. Un "
        "paiement reçu dans les 3, 7, 14 ou 30 jours suivants (le jour même ne compte pas) revient au dernier contact "
        "des 30 jours qui le précèdent, dans la limite de ce que ce contact réclamait : aucun euro n’est compté deux "
        "fois. L’argent non lettré compte, les paiements annulés ou rejetés depuis sont retirés. Les nouvelles créances "
        "du mois sont les factures devenues en retard pour la première fois ce mois-là. Tant que les jours d’un contact "
        "ne sont pas écoulés, il n’entre pas dans les chiffres : il est « en cours ».",
        "en": "A contact is a message to the customer that left (a letter: was posted), or a call or meeting in which the "
        "customer was reached; what bounced, came back or was withdrawn is none, and a message that may not have arrived "
        "is counted apart. The day of a contact is the message's business date, of a letter the day it was posted. A "
        "payment received in the 3, 7, 14 or 30 days after it (the day itself does not count) belongs to the last contact "
        "of the 30 days before the payment, up to what that contact asked for: no euro counts twice. Money not allocated "
        "counts; payments reversed or returned since are taken out. The new debts of a month are the invoices that became "
        "overdue for the first time in it. Until the days of a contact are over it is in no figure: it is still running.",
    },
    query=effectiveness,
)
