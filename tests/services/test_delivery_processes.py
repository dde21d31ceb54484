"""Mail delivered by two real workers to a real mail server, one of them killed amid its work: none lost, none twice."""

import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.cast import write_csv
from tests.separate import scenario_file, separate_relance
from tests.services.test_cycle_processes import ask, started, wait_for

NIGHT = "2026-02-02"
SCENARIO = """
code: residential
name: {fr: Particuliers, en: Residential}
level: account
priority: 100
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
"""


class Counting:
    """Takes every mail and counts it by recipient."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.reached = threading.Event()
        self.wanted = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken[envelope.rcpt_tos[0]] += 1
        if len(self.taken) >= self.wanted:
            self.reached.set()
        return "250 OK"


@pytest.fixture
def mail_house() -> Iterator[tuple[Counting, int]]:
    """A mail server on loopback, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Counting()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


@pytest.mark.parametrize("size", [1_500, pytest.param(100_000, marks=pytest.mark.slow)])
def test_of_two_workers_one_is_killed_and_no_mail_is_lost_or_sent_twice(
    size: int, mail_house: tuple[Counting, int], tmp_path: Path
) -> None:
    taken, port = mail_house
    numbers = [f"P{place:06d}" for place in range(size)]
    write_csv(
        tmp_path / "accounts.csv", [{"number": n, "name": n, "email": f"{n.lower()}@example.test"} for n in numbers]
    )
    write_csv(
        tmp_path / "invoices.csv",
        [{"account": n, "number": f"F-{n}", "amount": "30.00", "issued_on": "2026-01-01", "due_on": "2026-01-31"}
         for n in numbers],
    )  # fmt: skip
    with separate_relance(tmp_path / "home") as relance:
        relance("import", str(tmp_path))
        relance("scenario", "import", str(scenario_file(tmp_path, SCENARIO)))
        relance("cycle", "--date", NIGHT, "--no-deliver")
        mail = {
            "RELANCE_SMTP_HOST": "127.0.0.1",
            "RELANCE_SMTP_PORT": str(port),
            "RELANCE_MAIL_FROM": "us@example.test",
        }
        relance.environment |= mail
        taken.wanted = size // 3
        with started(relance, "worker") as first, started(relance, "worker"):
            assert taken.reached.wait(300), "the workers never began"
            busy = "SELECT count(DISTINCT claim) FROM outbound_dispatch WHERE state = 'sending'"
            wait_for(lambda: ask(relance, busy)[0][0] >= 2)
            os.killpg(first.pid, signal.SIGKILL)
            left = "SELECT count(*) FROM outbound_dispatch WHERE state IN ('prepared', 'released', 'sending')"
            wait_for(lambda: ask(relance, left)[0][0] == 0, 1_200)
        states = dict(ask(relance, "SELECT state, count(*) FROM outbound_dispatch GROUP BY 1"))
        sent = {row[0] for row in ask(relance, "SELECT recipient FROM outbound_dispatch WHERE state = 'sent'")}
        relance("verify")
    assert set(taken.taken.values()) == {1}, "a mail went twice"
    assert sum(states.values()) == size
    assert states["sent"] >= size - 1
    assert states.get("unknown", 0) == size - states["sent"], (
        "the one in the killed worker's hands is in doubt, no more"
    )
    assert sent <= set(taken.taken)
    assert len(taken.taken) >= states["sent"]
