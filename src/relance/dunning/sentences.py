"""Each reason of a decision as one sentence, in French and English."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from babel.dates import format_date

from relance.dunning.facts import Because
from relance.kit.money import display_amount, threshold_minor

_SENTENCES: dict[str, dict[str, str]] = {
    "overdue": {
        "en": "{amount} is overdue on {invoices}; the oldest was due on {oldest}, {ago}.",
        "fr": "{amount} échus sur {invoices} ; la plus ancienne était due le {oldest}, {ago}.",
    },
    "below_entry": {
        "en": "{amount} overdue is below the entry threshold of {minimum}: no episode opens.",
        "fr": "{amount} échus restent sous le seuil d'entrée de {minimum} : aucun parcours ne s'ouvre.",
    },
    "settled": {
        "en": "{amount} overdue is at or below the exit threshold of {maximum}: the episode closes.",
        "fr": "{amount} échus sont au plus égaux au seuil de sortie de {maximum} : le parcours se clôt.",
    },
    "episode_opens": {
        "en": "The debt reaches the entry threshold of {minimum}: an episode opens under scenario {scenario}.",
        "fr": "La dette atteint le seuil d'entrée de {minimum} : un parcours s'ouvre selon le scénario {scenario}.",
    },
    "stage_due": {
        "en": "Stage {stage} ({age} days past due) has been due since {on}.",
        "fr": "L'étape {stage} ({age} jours de retard) est due depuis le {on}.",
    },
    "next_stage": {
        "en": "Nothing is due today; stage {stage} comes on {on} if nothing is paid.",
        "fr": "Rien n'est dû aujourd'hui ; l'étape {stage} vient le {on} si rien n'est payé.",
    },
    "below_minimum": {
        "en": "Stage {stage} needs at least {minimum}: the debt is smaller.",
        "fr": "L'étape {stage} demande au moins {minimum} : la dette est plus petite.",
    },
    "mandatory_holds": {
        "en": "Stage {stage} is mandatory: the later stages wait for it.",
        "fr": "L'étape {stage} est obligatoire : les étapes suivantes l'attendent.",
    },
    "mandatory_not_done": {
        "en": "Stage {stage} is mandatory and its actions are not all done: the later stages wait for it.",
        "fr": "L'étape {stage} est obligatoire et ses actions ne sont pas toutes faites : les suivantes l'attendent.",
    },
    "ladder_ended": {
        "en": "Every stage of the scenario has been entered; nothing more follows by itself.",
        "fr": "Toutes les étapes du scénario sont passées ; rien d'autre ne suit automatiquement.",
    },
    "nothing_overdue": {
        "en": "Nothing is overdue.",
        "fr": "Rien n'est échu.",
    },
    "nothing_chased": {
        "en": "Nothing that is overdue is chased.",
        "fr": "Rien de ce qui est échu n'est réclamé.",
    },
    "left_out_disputed": {
        "en": "{amount} is disputed and left out.",
        "fr": "{amount} en litige ne sont pas réclamés.",
    },
    "left_out_in_flight": {
        "en": "A payment of {amount} is on its way and not asked for again.",
        "fr": "Un paiement de {amount} est en cours et n'est pas réclamé une seconde fois.",
    },
    "left_out_expired": {
        "en": "{amount} is time-barred and no longer chased.",
        "fr": "{amount} sont prescrits et ne sont plus réclamés.",
    },
    "left_out_unallocated": {
        "en": "{amount} received and not yet allocated counts against it.",
        "fr": "{amount} reçus et pas encore lettrés sont déduits.",
    },
}

REFUSALS: dict[str, dict[str, str]] = {
    "settled": {"en": "the debt was settled before", "fr": "la dette a été réglée avant"},
    "below_minimum": {"en": "the debt is below the stage's minimum", "fr": "la dette est sous le minimum de l'étape"},
    "not_installed": {
        "en": "this action is not part of this version of Relance",
        "fr": "cette action n'existe pas dans cette version de Relance",
    },
    "unreachable": {
        "en": "no channel of this action reaches the customer",
        "fr": "aucun canal de cette action n'atteint le client",
    },
}


def because_sentence(because: Because, language: str, currency: str) -> str:
    """The reason in `language` (fr or en). Raises KeyError for a reason without a sentence."""
    data = because.data
    fill: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "amount": lambda d: display_amount(d["overdue_minor"], d.get("currency", currency), language),
        "minimum": lambda d: display_amount(threshold_minor(d["minimum"], currency), currency, language),
        "maximum": lambda d: display_amount(threshold_minor(d["maximum"], currency), currency, language),
        "oldest": lambda d: _day(d["oldest_due_on"], language),
        "on": lambda d: _day(d["on"], language),
        "age": lambda d: str(d["age_days"]),
        "invoices": lambda d: _count(d["items"], *_INVOICE[language]),
        "ago": lambda d: _AGO[language].format(_count(d["days"], *_DAY[language])),
    }
    template = _SENTENCES[because.code][language]
    names = {name: fill[name] for name in fill if "{" + name + "}" in template}
    words: dict[str, Any] = {key: value for key, value in data.items() if key not in fill}
    return template.format(**words, **{name: make(data) for name, make in names.items()})


_INVOICE = {"en": ("invoice", "invoices"), "fr": ("facture", "factures")}
_DAY = {"en": ("day", "days"), "fr": ("jour", "jours")}
_AGO = {"en": "{} ago", "fr": "il y a {}"}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _day(iso: str, language: str) -> str:
    return format_date(dt.date.fromisoformat(iso), format="d MMMM y", locale=language)
