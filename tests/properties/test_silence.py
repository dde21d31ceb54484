"""Whoever pays between the decision and the moment a message leaves hears nothing, on every channel, in any order of steps."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from relance.customers.queries import account as account_facts
from relance.kit.shelf import shelf
from relance.outbound import queries
from relance.outbound.services import prepare, release, seal, take_up, transmit
from tests.services.test_outbound import NIGHT, creditor, keeps_every_law, only_message, order, pay
from tests.services.test_print_batches import owing

pytestmark = pytest.mark.django_db(transaction=True)

CHANNELS = sorted(shelf("relance.outbound.channels", "CHANNEL"))
_GONE = frozenset({"sent", "sealed"})


@pytest.mark.parametrize("channel", CHANNELS)
def test_whoever_pays_before_a_message_leaves_hears_nothing(channel: str, settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_HOST, settings.OUTBOX = "", tmp_path
    printed = channel in queries.printed_channels()
    for seed in range(6):
        draw = random.Random(f"{channel} {seed}")
        alice = owing(f"Q{seed}", mobile="06 12 34 56 78")
        recipient = shelf("relance.outbound.channels", "CHANNEL")[channel].address_of(account_facts(alice))
        prepare([order(alice, channel=channel, recipient=recipient, template="formal_notice")])

        def pays(account_id: int = alice, number: str = f"P{seed}") -> None:
            pay(account_id, 4_500, number=number)

        steps: list[Callable[[], object]] = [lambda: release(NIGHT), lambda: take_up(NIGHT), transmit]
        if printed:
            steps.append(lambda: seal(creditor().id, channel, NIGHT, "ada"))
        had_left = False
        for step in [*draw.choices(steps, k=draw.randrange(3)), pays, *draw.sample(steps, k=len(steps)), *steps]:
            if step is pays:
                had_left = only_message(alice).state in _GONE
            step()
        assert (only_message(alice).state in _GONE) is had_left
        assert had_left or (only_message(alice).state, only_message(alice).text) == ("withdrawn", "")
    assert keeps_every_law()
