"""`relance serve`: the web server."""

import click

from relance.faces.console.ground import prepare


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--worker/--no-worker", default=True, show_default=True, help="Also work off jobs in this process.")
def COMMAND(host: str, port: int, worker: bool) -> None:  # noqa: N802
    """Serve the desk."""
    prepare()
    from relance.faces.console.serving import serve

    serve(host=host, port=port, worker=worker)
