"""The engine does to made-up histories what a pure Python reading of its specification says: every action, every date."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction

from relance.kit.refusal import Refusal
from tests.properties.dunning_hands import Hands
from tests.properties.dunning_histories import START, Portfolio, portfolio
from tests.properties.dunning_oracle import answer
from tests.properties.dunning_shapes import DAY, Event, History, Line, World

GATE = ((1, 500), (2, 500), (3, 500), (4, 500))
AT_LENGTH = tuple((seed, 1000) for seed in range(100, 200))


def engine_lines(story: Portfolio) -> dict[str, list[Line]]:
    """What the real engine does; the database is left as it was."""
    with TemporaryDirectory() as folder, transaction.atomic():
        lines = Hands(story, Path(folder)).live()
        transaction.set_rollback(True)
    return lines


def oracle_lines(story: Portfolio, history: History) -> list[Line]:
    """What the oracle says; a message is a message whatever its template."""
    lines = answer(story.worlds[history.group], history)
    return sorted(line._replace(action=line.action.partition(":")[0]) for line in lines)


def disagreements(story: Portfolio) -> dict[History, dt.date]:
    """The histories of which engine and oracle tell different things, with the day of the first difference."""
    lived, found = engine_lines(story), {}
    for history in story.histories:
        engine, oracle = Counter(lived[history.number]), Counter(oracle_lines(story, history))
        if engine != oracle:
            found[history] = min(line.on for line in [*(engine - oracle), *(oracle - engine)])
    return found


def shrunk(story: Portfolio, history: History, on: dt.date) -> Portfolio:
    """One account up to the day of the first difference, without every event and ladder that it does not need."""
    world = story.worlds[history.group]
    world = World(tuple(night for night in world.nights if night <= on), world.published)
    history = replace(history, events=tuple(event for event in history.events if event.on <= on))
    for entry in world.published:
        shorter = replace(world, published=tuple(e for e in world.published if e is not entry))
        if any(first < START for first, _ in shorter.published) and _differs(shorter, history):
            world = shorter
    for event in reversed(history.events):
        shorter_history = without(history, event)
        if _differs(world, shorter_history):
            history = shorter_history
    return Portfolio({history.group: world}, (history,))


def _differs(world: World, history: History) -> bool:
    try:
        return bool(disagreements(Portfolio({history.group: world}, (history,))))
    except (KeyError, ValueError, Refusal):  # something is named that is not there any more
        return False


def without(history: History, event: Event) -> History:
    """The history without an event and what cannot be without it."""
    name = event.told[0] if event.told else None
    return replace(history, events=tuple(
        other for other in history.events
        if other is not event
        and not (event.verb == "pay" and other.verb == "take_back" and other.told[0] == name)
        and not (event.verb == "hold" and other.verb == "turn" and other.told[0] == name)
        and not (event.verb == "bill" and other.verb == "hold" and other.told[2] == name)
    ))  # fmt: skip


def told(story: Portfolio, history: History, on: dt.date) -> str:
    """A disagreement for people: the ladders, the history, and both answers."""
    small = shrunk(story, history, on)
    ((short,), (world,)) = small.histories, small.worlds.values()
    engine, oracle = engine_lines(small)[short.number], oracle_lines(small, short)
    both = Counter(engine) & Counter(oracle)

    def written(lines: Iterable[Line]) -> str:
        return "".join(f"\n  {'  ' if line in both else '! '}{' | '.join(map(str, line))}" for line in sorted(lines))

    published = "".join(f"\n  {on} {ladder}" for on, ladder in world.published)
    events = "".join(f"\n  {event.on} {event.verb} {', '.join(map(str, event.told))}" for event in short.events)
    days = (world.nights[0] + n * DAY for n in range((world.nights[-1] - world.nights[0]).days))
    missed = ", ".join(str(on) for on in days if on not in world.nights)
    return (
        f"{short.number}: published:{published}\nmissed nights: {missed}\nhappens:{events}"
        f"\nengine:{written(engine)}\noracle:{written(oracle)}"
    )


def judge(seed: int, account_count: int) -> None:
    """Live a portfolio and judge every account of it."""
    story = portfolio(seed, account_count)
    wrong = disagreements(story)
    if wrong:
        shortest = min(wrong, key=lambda history: sum(event.on <= wrong[history] for event in history.events))
        found = told(story, shortest, wrong[shortest])
        pytest.fail(f"{len(wrong)} of {account_count} histories, one of them {found}", pytrace=False)


@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "account_count"), GATE)
def test_engine_and_oracle_agree(seed: int, account_count: int) -> None:
    judge(seed, account_count)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "account_count"), AT_LENGTH)
def test_engine_and_oracle_agree_on_a_hundred_thousand_histories(seed: int, account_count: int) -> None:
    judge(seed, account_count)
