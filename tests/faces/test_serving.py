"""The web server behind a proxy: one trusted address says who the client is and that it came over HTTPS."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from waitress.wasyncore import close_all

from relance.faces.console.serving import trusted_proxy, web_server
from relance.kit.refusal import Refusal

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 192.0.2.7"}


@contextmanager
def served(application: Any, proxy: str | None) -> Iterator[Callable[[dict[str, str]], tuple[int, str]]]:
    """Serves on a free port; hands out a function that asks for the sign-in page with some headers."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = web_server(application, listening, proxy)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()

    def ask(headers: dict[str, str]) -> tuple[int, str]:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        link.request("GET", "/sign-in/", headers={"Host": "localhost"} | headers)
        answer = link.getresponse()
        content = answer.read().decode()
        link.close()
        return answer.status, content

    try:
        yield ask
    finally:
        # Closed inside its own loop: closing the sockets from here would pull them away under the waiting `select`.
        server.trigger.pull_trigger(lambda: close_all(server._map))
        serving.join(timeout=10)
        server.task_dispatcher.shutdown()
    assert not serving.is_alive()


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Tells the client's address and scheme."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']}".encode()]


def over_https(settings: Any) -> None:
    """What RELANCE_HTTPS sets."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["localhost"]


def test_https_behind_the_proxy_is_not_redirected_again(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELANCE_TRUSTED_PROXY", raising=False)
    over_https(settings)
    with served(get_wsgi_application(), trusted_proxy()) as ask:
        assert ask(FORWARDED)[0] == 200
        assert ask({"X-Forwarded-Proto": "http"})[0] == 301
        assert ask({})[0] == 301


def test_the_client_is_who_the_proxy_says() -> None:
    with served(echo, "127.0.0.1") as ask:
        assert ask(FORWARDED)[1] == "192.0.2.7 https"
        assert ask({})[1] == "127.0.0.1 http"


@pytest.mark.parametrize("proxy", [None, "192.0.2.1"])
def test_nobody_else_is_believed(proxy: str | None) -> None:
    with served(echo, proxy) as ask:
        assert ask(FORWARDED)[1] == "127.0.0.1 http"


def test_which_proxy_is_trusted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELANCE_TRUSTED_PROXY", raising=False)
    settings.SECURE_SSL_REDIRECT = False
    assert trusted_proxy() is None
    settings.SECURE_SSL_REDIRECT = True
    assert trusted_proxy() == "127.0.0.1"
    monkeypatch.setenv("RELANCE_TRUSTED_PROXY", "10.0.0.5")
    assert trusted_proxy() == "10.0.0.5"
    monkeypatch.setenv("RELANCE_TRUSTED_PROXY", "proxy.example")
    with pytest.raises(Refusal, match="write the one address"):
        trusted_proxy()
