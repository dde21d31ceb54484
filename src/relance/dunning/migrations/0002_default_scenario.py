from pathlib import Path
from typing import Any

from django.db import migrations

from relance.dunning.scenario_file import read_content


def add_default(apps: Any, schema_editor: Any) -> None:
    content = read_content((Path(__file__).parents[1] / "default_scenario.yaml").read_text("utf-8"))
    scenario = apps.get_model("dunning", "Scenario").objects.create(code=content["code"])
    apps.get_model("dunning", "ScenarioVersion").objects.create(
        scenario=scenario, number=1, content=content, author="Relance"
    )


class Migration(migrations.Migration):
    dependencies = [("dunning", "0001_initial")]
    operations = [
        migrations.RunPython(add_default, migrations.RunPython.noop),
        # Positions move every night: room in each page keeps the new row beside the old one.
        migrations.RunSQL("ALTER TABLE dunning_position SET (fillfactor = 70)", migrations.RunSQL.noop),
    ]
