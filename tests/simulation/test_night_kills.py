"""SIGKILL at random moments of a night worked by two processes: in the end every action is there, each once."""

import random
from pathlib import Path

import pytest

from tests.separate import separate_relance
from tests.simulation.night import before_the_night, killed_within, work


def test_a_night_killed_a_few_times_gives_the_same_actions(tmp_path: Path) -> None:
    kill(tmp_path, account_count=3_000, kills=5)


@pytest.mark.slow
def test_a_large_night_killed_fifty_times_gives_the_same_actions(tmp_path: Path) -> None:
    kill(tmp_path, account_count=20_000, kills=50)


def kill(folder: Path, account_count: int, kills: int) -> None:
    """Kill the night so often, beginning it anew from the same evening when it got to its end, and compare each end."""
    draw = random.Random(50)
    with before_the_night(folder / "evening", account_count) as evening:
        with separate_relance(folder / "calm", like=evening) as calm:
            seconds = work(calm)
            undisturbed = calm.content()
        assert len(undisturbed["actions"]) > account_count, "a night without actions proves nothing"
        done = 0
        while done < kills:
            with separate_relance(folder / f"killed-{done}", like=evening) as killed:
                while done < kills and killed_within(killed, draw.uniform(0, seconds * 0.8)):
                    done += 1
                work(killed)
                assert killed.content() == undisturbed
