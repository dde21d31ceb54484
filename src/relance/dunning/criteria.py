"""Whom a scenario and its stages are for: their criteria held against a customer and what he owes. Pure."""

from collections.abc import Sequence

from relance.dunning.facts import Conditions, Person, ScenarioFacts
from relance.kit.money import threshold_minor


def fits(conditions: Conditions, person: Person, amount_minor: int, currency: str) -> bool:
    """Whether a customer who owes this amount meets every criterion."""
    if conditions.min_amount is not None and amount_minor < threshold_minor(conditions.min_amount, currency):
        return False
    if conditions.max_amount is not None and amount_minor >= threshold_minor(conditions.max_amount, currency):
        return False
    return _suits(conditions, person)


def _suits(conditions: Conditions, person: Person) -> bool:
    for wanted, value in (
        (conditions.kind, person.kind),
        (conditions.segment, person.segment),
        (conditions.credit_class, person.credit_class),
        (conditions.payment_method, person.payment_method),
    ):
        if wanted and value not in wanted:
            return False
    if conditions.strategic is not None and person.strategic is not conditions.strategic:
        return False
    if conditions.min_score is not None or conditions.max_score is not None:
        if person.score is None:
            return False
        if conditions.min_score is not None and person.score < conditions.min_score:
            return False
        if conditions.max_score is not None and person.score >= conditions.max_score:
            return False
    return True


def candidates(scenarios: Sequence[ScenarioFacts], person: Person) -> tuple[ScenarioFacts, ...]:
    """The scenarios a customer may get, best first, up to the first that asks for no amount.

    `scenarios` are in order already: highest priority first, then by code. Empty when nothing matches, which a default
    without criteria prevents.
    """
    found: list[ScenarioFacts] = []
    for scenario in scenarios:
        rule = scenario.applies_to
        if _suits(rule, person):
            found.append(scenario)
            if rule.min_amount is None and rule.max_amount is None:
                break
    return tuple(found)


def choose(
    scenarios: Sequence[ScenarioFacts], person: Person, overdue_minor: int = 0, currency: str = "EUR"
) -> ScenarioFacts | None:
    """The scenario for a customer who owes this amount: the fitting one with the highest priority, then by code."""
    for scenario in candidates(scenarios, person):
        if fits(scenario.applies_to, person, overdue_minor, currency):
            return scenario
    return None
