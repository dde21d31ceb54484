"""Scenarios as they are published, and who was given which by hand."""

from relance.dunning import stored_scenarios
from relance.dunning.facts import ScenarioFacts


def scenarios() -> list[ScenarioFacts]:
    """The current version of every scenario, highest priority first."""
    return stored_scenarios.current()


def scenario(code: str) -> ScenarioFacts | None:
    """The current version of one scenario."""
    return next(iter(stored_scenarios.versions_of(code)), None)


def scenario_versions(code: str) -> list[ScenarioFacts]:
    """All versions of a scenario, newest first."""
    return stored_scenarios.versions_of(code)


def scenario_override(account_id: int) -> str | None:
    """The scenario a person chose for this account, if any."""
    return stored_scenarios.overrides([account_id]).get(account_id)
