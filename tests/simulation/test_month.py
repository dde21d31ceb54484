"""A seeded month lived by the real cycle, uninterrupted and killed, judged by a second, simpler model."""

import datetime as dt
import random
from pathlib import Path

import pytest

from relance.cycle.services import run
from relance.dunning.queries import planned_actions
from relance.dunning.services import import_scenario
from relance.intake.services import import_paths
from relance.kit.laws import check, every_law
from tests.cast import LONG_AGO, the
from tests.separate import Relance, scenario_file, separate_relance
from tests.simulation.month import FIRST, SCENARIO, Portfolio, expected_stages, portfolio, write_files

DAYS = 45
LAST = FIRST + dt.timedelta(days=DAYS - 1)


def live(story: Portfolio, folder: Path, every: int = 1) -> set[tuple[str, str, str]]:
    """Import the story and run every so-manieth night; every (day, account, stage) that was entered."""
    write_files(story, folder)
    import_paths([folder], LONG_AGO)
    import_scenario(SCENARIO, "test")
    for offset in range(0, DAYS, every):
        run(FIRST + dt.timedelta(days=offset))
    return {
        (action.planned_on.isoformat(), account, action.stage)
        for account in story.accounts
        for action in planned_actions(the({"number": account}).id)
    }


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_cycle_does_what_the_simple_model_says(tmp_path: Path, seed: int) -> None:
    story = portfolio(seed, 120, 30)
    expected = expected_stages(story, DAYS)
    assert len(expected) > 50, "a model that expects nothing judges nothing"
    assert live(story, tmp_path) == expected
    assert not [report for report in check(every_law()) if report.offenders]


@pytest.mark.django_db
def test_missed_nights_give_what_the_next_night_owes(tmp_path: Path) -> None:
    """Only every third night runs; nothing is lost and nobody gets two stages in one night."""
    story = portfolio(3, 60, 30)
    nights = sorted((on, number) for on, number, _ in live(story, tmp_path, every=3))
    assert len(nights) == len(set(nights))
    assert {number for _, number in nights} >= {
        number for on, number, stage in expected_stages(story, DAYS) if stage == "second"
    }, "whoever owed for a week was written to"


def begin(relance: Relance, folder: Path) -> None:
    folder.mkdir()
    write_files(portfolio(4, 80, 30), folder)
    relance("import", str(folder))
    relance("scenario", "import", str(scenario_file(folder, SCENARIO)))


def test_killed_at_random_moments_and_restarted_it_ends_the_same(tmp_path: Path) -> None:
    span = ("--date", str(FIRST), "--until", str(LAST))
    with separate_relance(tmp_path / "calm") as calm:
        begin(calm, tmp_path / "files")
        calm.days(*span)
        undisturbed = calm.content()
    with separate_relance(tmp_path / "killed") as killed:
        begin(killed, tmp_path / "again")
        draw = random.Random(4)
        for reached in (5, 17, 30, DAYS):
            assert killed.killed_after(reached, draw.uniform(0.0, 0.06), "cycle", "--json", *span)
        assert len(killed.days(*span)) == DAYS
        assert killed.content() == undisturbed
