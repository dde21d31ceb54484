"""The worker beside the web server comes back when it dies, and goes when it is told to."""

import sys
import time

from relance.faces.console.kept_worker import KeptWorker

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


def test_a_worker_that_dies_is_started_again_and_one_that_is_ended_is_not() -> None:
    kept = KeptWorker(SLEEPER, pause_seconds=0.05)
    first = kept.process
    first.kill()
    for _ in range(100):
        if kept.process is not first:
            break
        time.sleep(0.05)
    second = kept.process
    assert second is not first
    assert second.poll() is None
    kept.end()
    time.sleep(0.2)
    assert kept.process is second, "nothing was started after the end"
    assert second.poll() is not None
