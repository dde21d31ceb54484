"""Runs the web server and job workers."""

import asyncio
import ipaddress
import os
import signal
import socket
from types import FrameType
from typing import Any

import click
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from procrastinate.periodic import PeriodicRegistry
from waitress.server import create_server

from relance.cycle.facts import LOOK_CRON, LOOK_TASK
from relance.faces.console.kept_worker import KeptWorker
from relance.faces.console.stalled_jobs import stalled_jobs_put_back
from relance.kit.refusal import Refusal


def serve(host: str = "127.0.0.1", port: int = 8000, worker: bool = True) -> None:
    """Serve until interrupted. With `worker` a job worker runs beside it as a child process.

    Raises Refusal when the address is taken or RELANCE_TRUSTED_PROXY is none.
    """
    application = get_wsgi_application()
    proxy = trusted_proxy()
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise Refusal(f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --port") from None
    address, bound = listening.getsockname()[:2]
    server = web_server(application, listening, proxy)
    helper = KeptWorker() if worker else None
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
            helper.end()


def trusted_proxy() -> str | None:
    """Address of the proxy whose X-Forwarded headers are believed: RELANCE_TRUSTED_PROXY, else, under RELANCE_HTTPS,
    one on this machine, else None. Raises Refusal for what is no address.
    """
    address = os.environ.get("RELANCE_TRUSTED_PROXY", "").strip()
    if not address:
        return "127.0.0.1" if settings.SECURE_SSL_REDIRECT else None
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise Refusal(
            f"RELANCE_TRUSTED_PROXY is {address!r}; write the one address that the proxy connects from, such as 10.0.0.5"
        ) from None


def web_server(application: Any, listening: socket.socket, proxy: str | None) -> Any:
    """The server of a WSGI application on a socket. Only `proxy` may say who the client is and how it connected; what
    others write into these headers is taken away.
    """
    believed: dict[str, Any] = {}
    if proxy is not None:
        believed = {
            "trusted_proxy": proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    return create_server(
        application, sockets=[listening], threads=8, clear_untrusted_proxy_headers=True, ident=None, **believed
    )


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """End as Ctrl-C does: the worker is told, and the embedded server stops with the last of us."""
    raise KeyboardInterrupt


def run_worker(concurrency: int = 1, wait: bool = True) -> None:
    """Work off jobs of every queue, those of dead workers too; with `wait` false stop when none is left.

    Only a worker that waits for jobs also starts the nights whose hour has come.
    """
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from procrastinate.contrib.django import app

    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]

    worker_app.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call]
    if wait:
        worker_app.periodic(cron=LOOK_CRON)(worker_app.tasks[LOOK_TASK])

    async def work() -> None:
        async with worker_app.open_async(), stalled_jobs_put_back(worker_app.job_manager):
            await worker_app.run_worker_async(
                concurrency=concurrency, wait=wait, listen_notify=wait, delete_jobs="successful"
            )

    asyncio.run(work())
