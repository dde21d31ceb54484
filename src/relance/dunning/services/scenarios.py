"""Importing, exporting and choosing scenarios."""

import datetime as dt
import json
from collections.abc import Sequence

from django.db import connection, transaction

from relance.dunning import stored_scenarios
from relance.dunning.facts import ScenarioFacts
from relance.dunning.installed import installed
from relance.dunning.scenario_file import parse, read_content, write_content
from relance.dunning.services.nudge import nudge
from relance.kit.refusal import Refusal
from relance.ledger.queries import newly_overdue


@transaction.atomic
def import_scenario(yaml_text: str, author: str) -> tuple[ScenarioFacts, bool]:
    """Check a scenario file and make it the current version of its code.

    Returns the version and whether it is new: a file equal to the current version changes nothing. Episodes under way
    keep the version they were opened with. Raises Refusal naming everything that is wrong.
    """
    content = read_content(yaml_text)
    here = installed()
    facts = parse(content, here.actions, here.channels, here.templates)
    known = locked_versions(facts.code)
    if known and known[0].content == facts.content:
        return known[0], False
    version_id = add_version(facts, author=author)
    look_again_at_everything_overdue()
    return stored_scenarios.version(version_id), True


def add_version(
    facts: ScenarioFacts,
    *,
    author: str,
    publisher: str = "",
    writers: Sequence[str] = (),
    note: str = "",
    effective_on: dt.date | None = None,
) -> int:
    """Write the next version of a scenario, and return its id. A version without a publisher came from the shell."""
    known = locked_versions(facts.code)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_scenarioversion (scenario_id, number, content, author, publisher, writers, note, "
            "effective_on) SELECT id, %s, %s, %s, %s, %s, %s, %s FROM dunning_scenario WHERE code = %s RETURNING id",
            [
                known[0].version + 1 if known else 1, json.dumps(facts.content), author, publisher, list(writers), note,
                effective_on, facts.code,
            ],
        )  # fmt: skip
        version_id: int = cursor.fetchone()[0]
    return version_id


def locked_versions(code: str) -> list[ScenarioFacts]:
    """The versions of a scenario, newest first, with the scenario made where it is new and locked."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO dunning_scenario (code) VALUES (%s) ON CONFLICT DO NOTHING", [code])
        cursor.execute("SELECT id FROM dunning_scenario WHERE code = %s FOR UPDATE", [code])
    return stored_scenarios.versions_of(code)


def look_again_at_everything_overdue() -> None:
    """A new policy may want what the one before let be: the next night looks at every overdue account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(decided_through) FROM dunning_horizon")
        decided_through = cursor.fetchone()[0]
    if decided_through is not None:
        nudge(newly_overdue(None, decided_through), only_pursued=False)


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
