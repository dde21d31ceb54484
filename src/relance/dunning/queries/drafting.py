"""Reads for whoever writes scenarios: drafts, what is wrong in one, and what one says differently from another."""

from collections.abc import Mapping
from typing import Any

from relance.dunning import installed, scenario_file, stored_scenarios
from relance.dunning.facts import Difference, DraftFacts, Problem, ScenarioFacts


def drafts() -> list[DraftFacts]:
    """Every draft, by code."""
    return stored_scenarios.drafts()


def draft(code: str) -> DraftFacts | None:
    """The draft of one scenario, or None."""
    return stored_scenarios.draft(code)


def scenario_in_the_making(content: Mapping[str, Any]) -> ScenarioFacts:
    """The scenario that unfinished content says so far; what cannot be read in it counts as absent."""
    return scenario_file.as_far_as_readable(content)


def scenario_problems(content: Mapping[str, Any]) -> list[Problem]:
    """Everything that keeps content from being published, each with its place, in the reader's language; empty when
    nothing does. For validation while one types.
    """
    return installed.problems(content)


def scenario_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What `after` says differently from `before`, in sentences of the reader's language; either may be unfinished."""
    return scenario_file.compare(before, after)


def scenario_yaml(content: Mapping[str, Any]) -> str:
    """Content as the YAML of a scenario file, keys in the order of the documentation."""
    return scenario_file.write_content(content)


def scenario_content(text: str) -> dict[str, Any]:
    """The content of a scenario file, not checked any further. Raises Refusal when it is not YAML or not one mapping."""
    return scenario_file.read_content(text)


def installed_parts() -> dict[str, list[str]]:
    """What scenarios can name: `actions`, `channels` and `templates`, each sorted."""
    here = installed.installed()
    return {
        "actions": sorted(here.actions),
        "channels": sorted(here.channels),
        "templates": sorted(here.templates),
    }
