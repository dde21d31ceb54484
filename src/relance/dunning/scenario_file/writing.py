"""Writing a scenario as YAML, keys in the order of the documentation, so that two versions can be laid side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from relance.dunning.scenario_file.keys import BAND_KEYS, CRITERIA, STAGE_KEYS, TOP_KEYS


def write_content(content: Mapping[str, Any]) -> str:
    """The scenario as YAML, keys in the order of the documentation."""
    ordered = _in_order(content, TOP_KEYS)
    if isinstance(ordered.get("name"), Mapping):
        ordered["name"] = _in_order(ordered["name"], ("fr", "en"))
    _order_conditions(ordered, "applies_to")
    stages = ordered.get("stages")
    if isinstance(stages, list):
        ordered["stages"] = [_stage(stage) if isinstance(stage, Mapping) else stage for stage in stages]
    return yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=140, default_flow_style=None)


def _stage(stage: Mapping[str, Any]) -> dict[str, Any]:
    ordered = _in_order(stage, STAGE_KEYS)
    _order_conditions(ordered, "when")
    return ordered


def _order_conditions(within: dict[str, Any], key: str) -> None:
    if isinstance(within.get(key), Mapping):
        within[key] = {
            criterion: _in_order(value, BAND_KEYS) if isinstance(value, Mapping) else value
            for criterion, value in _in_order(within[key], CRITERIA).items()
        }


def _in_order(mapping: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """The known keys in their order; what is not known stays, at the end, to be seen."""
    return {key: mapping[key] for key in (*order, *(k for k in mapping if k not in order)) if key in mapping}
