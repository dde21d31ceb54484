"""Writes of dunning: scenarios, decisions, and the performing of planned actions."""

from relance.dunning.services.decide import ChunkFigures, decide_accounts, reconsider
from relance.dunning.services.nudge import close_night, nudge
from relance.dunning.services.perform import PerformFigures, perform_accounts
from relance.dunning.services.scenarios import export_scenario, import_scenario, missing_parts, override_scenario

__all__ = [
    "ChunkFigures",
    "PerformFigures",
    "close_night",
    "decide_accounts",
    "export_scenario",
    "import_scenario",
    "missing_parts",
    "nudge",
    "override_scenario",
    "perform_accounts",
    "reconsider",
]
