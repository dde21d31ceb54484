"""Scenario files: YAML in and out, problems that name the place and what would be right, and two compared in words."""

from relance.dunning.scenario_file.checking import Installed, as_far_as_readable, check, parse
from relance.dunning.scenario_file.comparing import compare
from relance.dunning.scenario_file.keys import LATER_ACTIONS, LATER_CHANNELS
from relance.dunning.scenario_file.reading import read_content, storable
from relance.dunning.scenario_file.writing import write_content

__all__ = [
    "LATER_ACTIONS",
    "LATER_CHANNELS",
    "Installed",
    "as_far_as_readable",
    "check",
    "compare",
    "parse",
    "read_content",
    "storable",
    "write_content",
]
