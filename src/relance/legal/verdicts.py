"""The kinds of charge rule that countries share: forbidden, a fixed figure, or as much as was agreed."""

import datetime as dt
from dataclasses import dataclass

from relance.legal.facts import CHARGE_NAMES, PARTY_NAMES, ChargeCase, Verdict, Words


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The law lets nobody make this charge."""

    rule: str
    source: str
    words: Words

    def __call__(self, case: ChargeCase) -> Verdict:
        """Always refused."""
        return case.refused(self.rule, self.words, self.source)


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """One amount fixed by law: the figure `figure`, in minor units of the pack's currency."""

    rule: str
    figure: str

    def __call__(self, case: ChargeCase) -> Verdict:
        """Allowed for the figure in force on the day."""
        found = case.pack.figure(self.figure, case.as_of)
        return from_figures(case, int(found.value), self.rule, found.source)


@dataclass(frozen=True, slots=True)
class AsAgreed:
    """The law sets no ceiling between these parties: the amount that their contract names."""

    rule: str
    source: str

    def __call__(self, case: ChargeCase) -> Verdict:
        """Allowed for what the contract asks; refused when it asks nothing."""
        if case.asked_minor <= 0:
            return asks_nothing(case)
        return case.allowed(case.asked_minor, self.rule, granted(case), self.source)


def granted(case: ChargeCase) -> Words:
    """The plain sentence of an allowed charge."""
    return Words(
        en=f"{case.pack.name.en}: {CHARGE_NAMES[case.charge].en} may be charged to {PARTY_NAMES[case.kind].en}.",
        fr=f"{case.pack.name.fr} : {CHARGE_NAMES[case.charge].fr} : facturation permise pour "
        f"{PARTY_NAMES[case.kind].fr}.",
    )


def from_figures(
    case: ChargeCase, amount_minor: int, rule: str, source: str, earliest_on: dt.date | None = None
) -> Verdict:
    """Allowed for an amount that comes from the pack's figures; refused for a debt in another currency than theirs."""
    pack = case.pack
    if case.currency != pack.currency:
        words = Words(
            f"The amounts for {pack.name.en} are in {pack.currency}; none is charged in another currency.",
            f"Les montants pour {pack.name.fr} sont en {pack.currency} ; rien n'est facturé dans une autre monnaie.",
        )
        return case.refused("other_currency", words, source)
    return case.allowed(amount_minor, rule, granted(case), source, earliest_on)


def asks_nothing(case: ChargeCase) -> Verdict:
    """The refusal of a charge of zero or less."""
    return case.refused(
        "nothing_asked",
        Words("The amount to charge is not above zero.", "Le montant à facturer n'est pas supérieur à zéro."),
        "",
    )


def no_rule(case: ChargeCase) -> Verdict:
    """The refusal where the pack is silent: what is not known to be lawful is not charged."""
    charge, party, name = CHARGE_NAMES[case.charge], PARTY_NAMES[case.kind], case.pack.name
    return case.refused(
        "no_figure",
        Words(
            f"The rules for {name.en} give no figure for {charge.en} charged to {party.en}, so none is charged.",
            f"Les règles pour {name.fr} ne donnent pas de montant pour {charge.fr} ({party.fr}) : rien n'est facturé.",
        ),
        "",
    )
