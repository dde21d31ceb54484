"""Reads of dunning: scenarios, where accounts stand and why, who is due for a decision, and the account's story."""

from relance.dunning.queries.actions import (
    STAGE_RELATION,
    actions_planned_on,
    event_count,
    planned_actions,
    timeline,
)
from relance.dunning.queries.approvals import (
    action_spec,
    waiting_action,
    waiting_action_count,
    waiting_actions,
    waiting_actions_of,
)
from relance.dunning.queries.drafting import (
    draft,
    drafts,
    installed_parts,
    scenario_content,
    scenario_differences,
    scenario_in_the_making,
    scenario_problems,
    scenario_yaml,
)
from relance.dunning.queries.due import accounts_to_perform, decided_through, due_for_decision
from relance.dunning.queries.episodes import episode, episode_actions, episodes, pinned_scenario, stage_by_age, switches
from relance.dunning.queries.experiments import experiment, experiments, experiments_running, trial_episodes
from relance.dunning.queries.explain import LONGEST_PLAN, explain, explain_past, plan_ahead
from relance.dunning.queries.preview import preview
from relance.dunning.queries.preview_run import preview_digest, preview_run
from relance.dunning.queries.pursued import accounts_at, positions_of, stage_counts
from relance.dunning.queries.scenarios import scenario, scenario_override, scenario_versions, scenarios

__all__ = [
    "LONGEST_PLAN",
    "STAGE_RELATION",
    "accounts_at",
    "accounts_to_perform",
    "action_spec",
    "actions_planned_on",
    "decided_through",
    "draft",
    "drafts",
    "due_for_decision",
    "episode",
    "episode_actions",
    "episodes",
    "event_count",
    "experiment",
    "experiments",
    "experiments_running",
    "explain",
    "explain_past",
    "installed_parts",
    "pinned_scenario",
    "plan_ahead",
    "planned_actions",
    "positions_of",
    "preview",
    "preview_digest",
    "preview_run",
    "scenario",
    "scenario_content",
    "scenario_differences",
    "scenario_in_the_making",
    "scenario_override",
    "scenario_problems",
    "scenario_versions",
    "scenario_yaml",
    "scenarios",
    "stage_by_age",
    "stage_counts",
    "switches",
    "timeline",
    "trial_episodes",
    "waiting_action",
    "waiting_action_count",
    "waiting_actions",
    "waiting_actions_of",
]
