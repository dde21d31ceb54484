"""Writes of dunning: scenarios, decisions, and the performing of planned actions."""

from relance.dunning.installed import missing_parts
from relance.dunning.services.decide import ChunkFigures, decide_accounts
from relance.dunning.services.drafts import discard_draft, publish_draft, roll_back, save_draft, submit_draft
from relance.dunning.services.experiment import start_experiment, stop_experiment
from relance.dunning.services.nudge import close_night, nudge
from relance.dunning.services.perform import PerformFigures, approve_action, decline_action, perform_accounts
from relance.dunning.services.preview_run import request_preview, work_preview
from relance.dunning.services.reconsider import reconsider
from relance.dunning.services.scenarios import export_scenario, import_scenario, override_scenario
from relance.dunning.services.switch import plan_of_switch, switch_scenario
from relance.dunning.services.withdrawn import put_back, withdraw_held

__all__ = [
    "ChunkFigures",
    "PerformFigures",
    "approve_action",
    "close_night",
    "decide_accounts",
    "decline_action",
    "discard_draft",
    "export_scenario",
    "import_scenario",
    "missing_parts",
    "nudge",
    "override_scenario",
    "perform_accounts",
    "plan_of_switch",
    "publish_draft",
    "put_back",
    "reconsider",
    "request_preview",
    "roll_back",
    "save_draft",
    "start_experiment",
    "stop_experiment",
    "submit_draft",
    "switch_scenario",
    "withdraw_held",
    "work_preview",
]
