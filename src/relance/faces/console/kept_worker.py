"""The job worker beside the web server: started with it, started again when it dies, ended with it."""

import subprocess
import sys
import threading
from collections.abc import Sequence

import click

COMMAND = (sys.executable, "-m", "relance", "worker")
SECONDS_BEFORE_RESTART = 5.0
SECONDS_TO_FINISH = 30.0


class KeptWorker:
    """A worker process that is there until `end`; without one, nothing would be delivered and nobody told."""

    def __init__(self, command: Sequence[str] = COMMAND, pause_seconds: float = SECONDS_BEFORE_RESTART) -> None:
        self._command, self._pause_seconds = list(command), pause_seconds
        self._ending = threading.Event()
        self._change = threading.Lock()
        self.process = subprocess.Popen(self._command)  # noqa: S603 - our own command
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._ending.is_set():
            code = self.process.wait()
            if self._ending.wait(self._pause_seconds):
                return
            with self._change:
                if self._ending.is_set():
                    return
                click.echo(f"The job worker ended (code {code}); starting another.", err=True)
                self.process = subprocess.Popen(self._command)  # noqa: S603 - our own command

    def end(self) -> None:
        """Ask the worker to finish its jobs; one that does not within half a minute is ended, and its jobs start again."""
        with self._change:
            self._ending.set()
        self.process.terminate()
        try:
            self.process.wait(timeout=SECONDS_TO_FINISH)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._keeper.join(timeout=self._pause_seconds + 1)
