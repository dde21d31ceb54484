"""Experiment: what came of a challenger beside its champion: paid within thirty days, contacts, cost, and how sure it is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from relance.dunning import queries as dunning
from relance.dunning.experiments import CHALLENGER, CHAMPION
from relance.dunning.facts import TrialEpisode
from relance.insight.facts import ArmFigures, ExperimentGroup, ExperimentReport, Report
from relance.insight.rules.arms import gap, share_percent
from relance.insight.snapshot import one_picture
from relance.kit.refusal import Refusal

JUDGED_DAYS = 30
"""An episode is judged so many days after it opened: settled by then, or not."""

_HUNDREDTH, _TEN_THOUSANDTH = Decimal("0.01"), Decimal("0.0001")


def experiment(code: str, as_of: dt.date) -> ExperimentReport:
    """The outcome of an experiment by the end of `as_of`, per currency; arms by the accounts' own hash.

    Episodes younger than thirty days are counted and not judged. Raises Refusal for an unknown experiment.
    """
    found = dunning.experiment(code)
    if found is None:
        raise Refusal(f"there is no experiment {code!r}")
    with one_picture():
        episodes = dunning.trial_episodes(found, as_of)
    arms: dict[str, dict[str, list[TrialEpisode]]] = defaultdict(lambda: {CHAMPION: [], CHALLENGER: []})
    for episode in episodes:
        arms[episode.currency][episode.arm].append(episode)
    return ExperimentReport(
        found.code, found.from_on, found.last_on, as_of, JUDGED_DAYS,
        tuple(
            _group(currency, found.champion, found.challenger, arms[currency], as_of) for currency in sorted(arms)
        ),
    )  # fmt: skip


def _group(
    currency: str, champion: str, challenger: str, arms: dict[str, list[TrialEpisode]], as_of: dt.date
) -> ExperimentGroup:
    judged = {arm: [episode for episode in episodes if _judged_on(episode) <= as_of] for arm, episodes in arms.items()}
    counted = {arm: [(1, int(_is_paid(episode))) for episode in episodes] for arm, episodes in judged.items()}
    owed = {
        arm: [(episode.opened_minor, episode.opened_minor * _is_paid(episode)) for episode in episodes]
        for arm, episodes in judged.items()
    }
    return ExperimentGroup(
        currency,
        _figures(champion, len(arms[CHAMPION]), judged[CHAMPION]),
        _figures(challenger, len(arms[CHALLENGER]), judged[CHALLENGER]),
        gap(counted[CHAMPION], counted[CHALLENGER]),
        gap(owed[CHAMPION], owed[CHALLENGER]),
    )


def _figures(scenario: str, opened_count: int, judged: Sequence[TrialEpisode]) -> ArmFigures:
    paid = [episode for episode in judged if _is_paid(episode)]
    owed_minor = sum(episode.opened_minor for episode in judged)
    paid_minor = sum(episode.opened_minor for episode in paid)
    cost = sum((episode.cost for episode in judged), Decimal(0))
    return ArmFigures(
        scenario, opened_count, len(judged), len(paid),
        share_percent([(1, int(_is_paid(episode))) for episode in judged]),
        owed_minor, paid_minor, share_percent([(owed_minor, paid_minor)]),
        _per_episode(sum(episode.contact_count for episode in judged), len(judged), _HUNDREDTH),
        cost.quantize(_HUNDREDTH, ROUND_HALF_UP), _per_episode(cost, len(judged), _TEN_THOUSANDTH),
    )  # fmt: skip


def _per_episode(total: Decimal | int, episodes: int, to: Decimal) -> Decimal | None:
    return (Decimal(total) / episodes).quantize(to, ROUND_HALF_UP) if episodes else None


def _judged_on(episode: TrialEpisode) -> dt.date:
    return episode.opened_on + dt.timedelta(days=JUDGED_DAYS)


def _is_paid(episode: TrialEpisode) -> bool:
    return episode.closed_on is not None and episode.closed_on <= _judged_on(episode)


REPORT = Report(
    title={"fr": "Test de scénarios", "en": "Scenario experiment"},
    help={
        "fr": "Parcours ouverts pendant le test, par scénario : part soldée dans les 30 jours, en nombre et en montant "
        "dû à l'ouverture, contacts et coût par parcours. L'écart est donné avec son intervalle à 95 % "
        "(2 000 rééchantillonnages) ; s'il contient 0, ou sous 30 parcours d'un côté, il est trop tôt pour conclure.",
        "en": "Episodes opened while the experiment ran, by scenario: share settled within 30 days, by number and by the "
        "amount owed when they opened, contacts and cost per episode. The gap comes with its 95 % interval (2,000 "
        "resamples); while it holds 0, or below 30 episodes in an arm, it is too early to tell.",
    },
    query=experiment,
)
