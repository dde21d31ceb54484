"""Importing, exporting and choosing scenarios."""

import json

from django.db import connection, transaction

from relance.dunning import stored_scenarios
from relance.dunning.facts import ScenarioFacts
from relance.dunning.scenario_file import parse, read_content, write_content
from relance.dunning.services.nudge import nudge
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.ledger.queries import newly_overdue
from relance.outbound.queries import channel_codes, template_codes


@transaction.atomic
def import_scenario(yaml_text: str, author: str) -> tuple[ScenarioFacts, bool]:
    """Check a scenario file and make it the current version of its code.

    Returns the version and whether it is new: a file equal to the current version changes nothing. Episodes under way
    keep the version they were opened with. Raises Refusal naming everything that is wrong.
    """
    content = read_content(yaml_text)
    facts = parse(content, shelf("relance.dunning.actions", "ACTION"), channel_codes(), template_codes())
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO dunning_scenario (code) VALUES (%s) ON CONFLICT DO NOTHING", [facts.code])
        cursor.execute("SELECT id FROM dunning_scenario WHERE code = %s FOR UPDATE", [facts.code])
        scenario_id = cursor.fetchone()[0]
        known = stored_scenarios.versions_of(facts.code)
        if known and known[0].content == facts.content:
            return known[0], False
        number = known[0].version + 1 if known else 1
        cursor.execute(
            "INSERT INTO dunning_scenarioversion (scenario_id, number, content, author) VALUES (%s, %s, %s, %s) RETURNING id",
            [scenario_id, number, json.dumps(content), author],
        )
        version_id = cursor.fetchone()[0]
    _look_again_at_everything_overdue()
    return stored_scenarios.version(version_id), True


def _look_again_at_everything_overdue() -> None:
    """A new policy may want what the one before let be: the next night looks at every overdue account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT decided_through FROM dunning_horizon")
        row = cursor.fetchone()
    if row is not None:
        nudge(newly_overdue(None, row[0]), only_pursued=False)


def export_scenario(code: str) -> str:
    """The current version as YAML that imports back to the same. Raises Refusal for an unknown code."""
    known = stored_scenarios.versions_of(code)
    if not known:
        codes = ", ".join(sorted(scenario.code for scenario in stored_scenarios.current()))
        raise Refusal(f"there is no scenario {code!r}; known are {codes}")
    return write_content(known[0].content)


@transaction.atomic
def override_scenario(account_id: int, code: str | None, chosen_by: str) -> None:
    """Choose the scenario of one account, or with None let its criteria choose again.

    An episode under way keeps its version; the choice counts from the next one. Raises Refusal for an unknown code.
    """
    with connection.cursor() as cursor:
        if code is None:
            cursor.execute("DELETE FROM dunning_scenariooverride WHERE account_id = %s", [account_id])
            nudge([account_id], only_pursued=False)
            return
        cursor.execute(
            "INSERT INTO dunning_scenariooverride (account_id, scenario_id, chosen_by) "
            "SELECT %s, id, %s FROM dunning_scenario WHERE code = %s "
            "ON CONFLICT (account_id) DO UPDATE SET scenario_id = excluded.scenario_id, "
            "chosen_by = excluded.chosen_by, chosen_at = now()",
            [account_id, chosen_by, code],
        )
        if cursor.rowcount == 0:
            raise Refusal(f"there is no scenario {code!r}")
    nudge([account_id], only_pursued=False)


def missing_parts(scenario: ScenarioFacts) -> list[str]:
    """What the scenario names and this version of Relance cannot do yet, one sentence each, for a warning."""
    actions = shelf("relance.dunning.actions", "ACTION")
    warnings = []
    for stage in scenario.stages:
        for action in stage.actions:
            if action.kind not in actions:
                warnings.append(f"stage {stage.code}: the action {action.kind} is not installed and will be refused")
            elif action.kind == "send":
                wanted = action.params["channel"]
                wanted = [wanted] if isinstance(wanted, str) else wanted
                if not set(wanted) & set(channel_codes()):
                    warnings.append(f"stage {stage.code}: no channel of {', '.join(wanted)} is installed")
    return warnings
