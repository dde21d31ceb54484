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
        "fr": "{amount} échus restent sous le seuil d’entrée de {minimum} : aucun parcours ne s’ouvre.",
    },
    "settled": {
        "en": "{amount} overdue is at or below the exit threshold of {maximum}: the episode closes.",
        "fr": "{amount} échus sont au plus égaux au seuil de sortie de {maximum} : le parcours se clôt.",
    },
    "episode_opens": {
        "en": "The debt reaches the entry threshold of {minimum}: an episode opens under scenario {scenario}.",
        "fr": "La dette atteint le seuil d’entrée de {minimum} : un parcours s’ouvre selon le scénario {scenario}.",
    },
    "stage_due": {
        "en": "Stage {stage} ({age} past due) has been due since {on}.",
        "fr": "L’étape {stage} ({age} de retard) est due depuis le {on}.",
    },
    "next_stage": {
        "en": "Nothing is due today; stage {stage} comes on {on} if nothing is paid.",
        "fr": "Rien n’est dû aujourd’hui ; l’étape {stage} vient le {on} si rien n’est payé.",
    },
    "below_minimum": {
        "en": "Stage {stage} needs at least {minimum}: the debt is smaller.",
        "fr": "L’étape {stage} demande au moins {minimum} : la dette est plus petite.",
    },
    "mandatory_holds": {
        "en": "Stage {stage} is mandatory: the later stages wait for it.",
        "fr": "L’étape {stage} est obligatoire : les étapes suivantes l’attendent.",
    },
    "mandatory_not_done": {
        "en": "Stage {stage} is mandatory and its actions are not all done: the later stages wait for it.",
        "fr": "L’étape {stage} est obligatoire et ses actions ne sont pas toutes faites : les suivantes l’attendent.",
    },
    "mandatory_refused": {
        "en": "What stands in its way today: {refusals_text}. It is tried again as soon as that changes.",
        "fr": "Ce qui s’y oppose aujourd’hui : {refusals_text}. Elle est retentée dès que cela change.",
    },
    "mandatory_open": {
        "en": "Nothing stands in its way: what was refused is tried again; an open task or an unsent message is waited for.",
        "fr": "Rien ne s’y oppose : ce qui a été refusé est retenté ; une tâche ouverte ou un message non parti est attendu.",
    },
    "ladder_ended": {
        "en": "Every stage of the scenario has been entered; nothing more follows by itself.",
        "fr": "Toutes les étapes du scénario sont passées ; rien d’autre ne suit automatiquement.",
    },
    "nothing_overdue": {
        "en": "Nothing is overdue.",
        "fr": "Rien n’est échu.",
    },
    "nothing_chased": {
        "en": "Nothing that is overdue is chased.",
        "fr": "Rien de ce qui est échu n’est réclamé.",
    },
    "paused": {
        "en": "Holds make the debt {days_text} younger than its due date says.",
        "fr": "Des blocages rajeunissent la créance de {days_text}.",
    },
    "held": {
        "en": "A hold ({hold}) stops every reminder: the account stays where it is.",
        "fr": "Un blocage ({hold}) arrête toute relance : le compte reste où il est.",
    },
    "held_out": {
        "en": "{amount} is on hold and not asked for.",
        "fr": "{amount} sont bloqués et ne sont pas réclamés.",
    },
    "restarted": {
        "en": "A new item became overdue and the scenario starts again with its first stage.",
        "fr": "Une nouvelle créance est échue et le scénario recommence à sa première étape.",
    },
    "conditions": {
        "en": "Stage {stage} is not for this customer or this amount: it is passed over.",
        "fr": "L’étape {stage} n’est pas pour ce client ou ce montant : elle est passée.",
    },
    "impossible": {
        "en": "Nothing of stage {stage} can be done ({refusals_text}): it is passed over.",
        "fr": "Rien de l’étape {stage} n’est possible ({refusals_text}) : elle est passée.",
    },
    "jumped": {
        "en": "Stage {stage} is overtaken by stage {to}, which is due as well.",
        "fr": "L’étape {stage} est dépassée par l’étape {to}, elle aussi due.",
    },
    "left_out_disputed": {
        "en": "{amount} is disputed and left out.",
        "fr": "{amount} en litige ne sont pas réclamés.",
    },
    "left_out_in_flight": {
        "en": "A payment of {amount} is on its way and not asked for again.",
        "fr": "Un paiement de {amount} est en cours et n’est pas réclamé une seconde fois.",
    },
    "left_out_expired": {
        "en": "{amount} is time-barred and no longer chased.",
        "fr": "{amount} sont prescrits et ne sont plus réclamés.",
    },
    "charge_refused": {"en": "The charge was not made: {en}", "fr": "Le montant n’a pas été facturé : {fr}"},
    "left_out_unallocated": {
        "en": "{amount} received and not yet allocated counts against it.",
        "fr": "{amount} reçus et pas encore lettrés sont déduits.",
    },
}

REFUSALS: dict[str, dict[str, str]] = {
    "settled": {"en": "the debt was settled before", "fr": "la dette a été réglée avant"},
    "below_minimum": {"en": "the debt is below the stage's minimum", "fr": "la dette est sous le minimum de l’étape"},
    "not_installed": {
        "en": "this action is not part of this version of Relance",
        "fr": "cette action n’existe pas dans cette version de Relance",
    },
    "held_out": {"en": "what is owed is on hold", "fr": "ce qui est dû est bloqué"},
    "needs_approval": {"en": "a person must approve it first", "fr": "une personne doit d’abord l’approuver"},
    "declined": {"en": "a person declined it", "fr": "une personne l’a refusée"},
    "merged": {
        "en": "another message of the day names this invoice too",
        "fr": "un autre message du jour nomme aussi cette facture",
    },
    "conditions": {
        "en": "the stage is not for this customer or amount",
        "fr": "l’étape n’est pas pour ce client ou ce montant",
    },
    "jumped": {"en": "a later stage was due as well", "fr": "une étape suivante était due aussi"},
    "refused": {"en": "the ledger refused it", "fr": "la comptabilité l’a refusée"},
    "nothing_to_charge": {"en": "there is nothing to charge it on", "fr": "il n’y a rien à facturer"},
    "charged_already": {"en": "every invoice bears it already", "fr": "chaque facture la porte déjà"},
    "other_currency": {"en": "the debt is in another currency", "fr": "la dette est dans une autre devise"},
    "nobody_to_tell": {
        "en": "nobody with an e-mail address is there to be told",
        "fr": "personne ayant une adresse électronique n’est à prévenir",
    },
    "unknown_endpoint": {"en": "no endpoint has this name", "fr": "aucun point d’appel ne porte ce nom"},
    "switched": {"en": "the debt was moved to another scenario", "fr": "la dette est passée à un autre scénario"},
    "endpoint_off": {"en": "the endpoint is switched off", "fr": "le point d’appel est désactivé"},
    "unknown_work_kind": {"en": "there is no such kind of work", "fr": "ce type de tâche n’existe pas"},
    "unreachable": {
        "en": "no channel of this action reaches the customer",
        "fr": "aucun canal de cette action n’atteint le client",
    },
}


_HOLDS: dict[str, dict[str, str]] = {
    "dispute": {"en": "dispute", "fr": "litige"},
    "promise": {"en": "promise to pay", "fr": "promesse de paiement"},
    "plan": {"en": "instalment plan", "fr": "échéancier"},
    "payment_in_flight": {"en": "payment on its way", "fr": "paiement en cours"},
    "bank_feed_stale": {"en": "bank feed late", "fr": "relevés bancaires en retard"},
    "aid_request": {"en": "aid request", "fr": "demande d’aide"},
    "over_indebtedness": {"en": "over-indebtedness", "fr": "surendettement"},
    "insolvency": {"en": "insolvency", "fr": "procédure collective"},
    "deceased": {"en": "deceased", "fr": "décès"},
    "vulnerable": {"en": "vulnerable customer", "fr": "client vulnérable"},
    "legal": {"en": "legal proceedings", "fr": "procédure judiciaire"},
    "manual": {"en": "by hand", "fr": "manuelle"},
    "exempt": {"en": "exempt customer", "fr": "client exempté"},
}


def hold_name(kind: str, language: str) -> str:
    """What a kind of hold is called."""
    return _HOLDS[kind][language]


def refusal_sentence(code: str, language: str) -> str:
    """Why an action was not done, from its code: `hold:<kind>` and `law:<rule>` name what forbids it."""
    family, _, detail = code.partition(":")
    if family == "hold":
        name = hold_name(detail, language)
        return f"a hold forbids it ({name})" if language == "en" else f"un blocage l’interdit ({name})"
    if family == "law":
        return f"the law forbids it ({detail})" if language == "en" else f"la loi l’interdit ({detail})"
    return REFUSALS[code][language] if code in REFUSALS else code


def because_sentence(because: Because, language: str, currency: str) -> str:
    """The reason in `language` (fr or en). Raises KeyError for a reason without a sentence."""
    data = because.data
    fill: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "amount": lambda d: display_amount(d["overdue_minor"], d.get("currency", currency), language),
        "minimum": lambda d: display_amount(threshold_minor(d["minimum"], currency), currency, language),
        "maximum": lambda d: display_amount(threshold_minor(d["maximum"], currency), currency, language),
        "oldest": lambda d: _day(d["oldest_due_on"], language),
        "on": lambda d: _day(d["on"], language),
        "age": lambda d: _count(d["age_days"], *_DAY[language]),
        "days_text": lambda d: _count(d["days"], *_DAY[language]),
        "hold": lambda d: hold_name(d["kind"], language),
        "refusals_text": lambda d: ", ".join(dict.fromkeys(refusal_sentence(code, language) for code in d["refusals"])),
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
