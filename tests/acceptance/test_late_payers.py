"""The published sample of 2,466 invoices: 816 reminders over two years, and the same after ten kills."""

import json
import random
from pathlib import Path

import pytest

from tests.separate import Relance, scenario_file, separate_relance

SCENARIO = """
code: sample
name: {fr: Essai, en: Sample}
level: invoice
priority: 10
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
"""
TWO_YEARS = ("--date", "2012-02-01", "--until", "2014-01-31")


def begin(relance: Relance, samples: Path, folder: Path) -> None:
    folder.mkdir()
    relance("import", str(samples / "late_payers"))
    relance("scenario", "import", str(scenario_file(folder, SCENARIO)))


@pytest.mark.slow
def test_two_years_give_816_reminders_killed_or_not(samples: Path, tmp_path: Path) -> None:
    with separate_relance(tmp_path / "calm") as calm:
        begin(calm, samples, tmp_path / "calm_files")
        lines = calm.days(*TWO_YEARS)
        assert len(lines) == 731
        assert sum(line["actions"].get("send", 0) for line in lines) == 816
        assert sum(line["messages"].get("email", 0) for line in lines) == 816
        assert all(law["offenders"] == 0 for law in json.loads(calm("verify", "--json"))["laws"])
        undisturbed = calm.content()
    with separate_relance(tmp_path / "killed") as killed:
        begin(killed, samples, tmp_path / "killed_files")
        draw = random.Random(816)
        for reached in [*sorted(draw.sample(range(10, 720), 9)), 731]:
            assert killed.killed_after(reached, draw.uniform(0.0, 0.1), "cycle", "--json", *TWO_YEARS)
        lines = killed.days(*TWO_YEARS)
        assert sum(line["messages"].get("email", 0) for line in lines) == 816
        assert killed.content() == undisturbed
