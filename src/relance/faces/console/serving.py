"""Runs the web server and job workers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from types import FrameType

import click
from django.core.wsgi import get_wsgi_application
from waitress.server import create_server

from relance.kit.refusal import Refusal


def serve(host: str = "127.0.0.1", port: int = 8000, worker: bool = True) -> None:
    """Serve until interrupted. With `worker` a job worker runs beside it as a child process.

    Raises Refusal when the address is taken.
    """
    application = get_wsgi_application()

    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise Refusal(f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --port") from None
    address, bound = listening.getsockname()[:2]
    server = create_server(application, sockets=[listening], threads=8, clear_untrusted_proxy_headers=True, ident=None)
    helper = subprocess.Popen([sys.executable, "-m", "relance", "worker"]) if worker else None
    click.echo(
        f"Relance is at http://{'localhost' if address == '127.0.0.1' else address}:{bound}/ (Ctrl-C stops)", err=True
    )
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _leave)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        if helper is not None:
            _end(helper)


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Ask the worker to finish its jobs; one that does not within half a minute is ended, and its jobs start again."""
    helper.terminate()
    try:
        helper.wait(timeout=30)
    except subprocess.TimeoutExpired:
        helper.kill()
        helper.wait()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """End as Ctrl-C does: the worker is told, and the embedded server stops with the last of us."""
    raise KeyboardInterrupt


def run_worker(concurrency: int = 1, wait: bool = True) -> None:
    """Work off jobs of every queue; with `wait` false stop when none is left."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from procrastinate.contrib.django import app

    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]

    async def work() -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency, wait=wait, listen_notify=wait, delete_jobs="successful"
            )

    asyncio.run(work())
