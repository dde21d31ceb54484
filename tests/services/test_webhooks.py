"""Calls to other systems against a real server on this machine: signed, repeated with one key, never redirected."""

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from relance.kit.refusal import Refusal
from relance.outbound import calls, queries, wire
from relance.outbound.facts import CallFacts, WebhookOrder
from relance.outbound.models import Endpoint
from relance.outbound.services import call, call_webhooks, deliver_calls, retry_call, save_endpoint, switch_endpoint
from relance.outbound.tasks import call as call_job
from relance.outbound.tasks import schedule_calls
from tests.services.test_outbound import KEYS, account, keeps_every_law

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
SECRET = "an old shared secret"
CERTIFICATE = Path(__file__).with_name("crm_test.pem")
"""Key and certificate of a server named crm.test."""


class Crm:
    """The other system: what it was told, and how it answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                crm.heard.append((self.path, dict(self.headers), body))
                self.send_response(crm.answers.pop(0) if crm.answers else 204)
                for name, value in crm.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?from=relance"


@pytest.fixture(autouse=True)
def no_job_left() -> Iterator[None]:
    """Emptying the tables after a test leaves the job queue's alone."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'outbound.call'")


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    found = Crm()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_CRM", SECRET)
    save_endpoint("crm", found.url, "ada")
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def ordered(account_id: int, endpoint: str = "crm", **payload: Any) -> WebhookOrder:
    return WebhookOrder(next(KEYS), account_id, endpoint, {"stage": "formal", "name": "Chloé", **payload})


def the_calls() -> list[CallFacts]:
    return queries.calls_page().rows


def wind_forward(hours: float) -> None:
    """Let time pass for the calls that wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_webhookcall SET next_attempt_at = next_attempt_at - %(h)s * interval '1 hour', "
            "give_up_at = give_up_at - %(h)s * interval '1 hour', made_at = made_at - %(h)s * interval '1 hour'",
            {"h": hours},
        )


def test_a_call_is_signed_and_delivered_once(crm: Crm) -> None:
    alice = account("A1")
    order = ordered(alice)
    assert call_webhooks([order]) == [""]
    assert call_webhooks([order]) == [""]
    assert deliver_calls() == 1
    assert deliver_calls() == 0
    ((path, headers, body),) = crm.heard
    assert path == "/hooks?from=relance"
    assert json.loads(body) == {"stage": "formal", "name": "Chloé"}
    (made,) = the_calls()
    assert headers["Idempotency-Key"] == f"relance-{alice}-{made.id}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == crm.url.split("/")[2]
    stamp, digest = (part.partition("=")[2] for part in headers["Relance-Signature"].split(","))
    assert digest == hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT abs(extract(epoch FROM now()) - %s) < 60", [int(stamp)])
        assert cursor.fetchone() == (True,)
    assert (made.state, made.status_code, made.attempt_count, made.reason) == ("delivered", 204, 1, "")
    assert made.delivered_at is not None
    assert keeps_every_law()


def test_what_is_not_taken_is_tried_again_with_the_same_key_until_it_is(crm: Crm) -> None:
    crm.answers = [500, 503, 200]
    call_webhooks([ordered(account("A1"))])
    assert deliver_calls() == 1
    assert deliver_calls() == 0, "not before its time"
    (waiting,) = the_calls()
    assert (waiting.state, waiting.reason, waiting.status_code) == ("waiting", "answered HTTP 500", 500)
    for _ in range(2):
        wind_forward(0.1)
        assert deliver_calls() == 1
    assert len(crm.heard) == 3
    assert len({headers["Idempotency-Key"] for _, headers, _ in crm.heard}) == 1
    assert the_calls()[0].state == "delivered"
    wind_forward(1)
    assert deliver_calls() == 0


def test_the_waits_grow_to_an_hour() -> None:
    assert [calls.wait_seconds(count) for count in (1, 2, 3, 6, 7, 50)] == [60, 120, 240, 1920, 3600, 3600]


def test_after_a_day_a_call_has_failed_and_a_person_may_try_it_again(crm: Crm) -> None:
    crm.answers = [500, 500, 500]
    call_webhooks([ordered(account("A1"))])
    deliver_calls()
    wind_forward(23)
    deliver_calls()
    assert the_calls()[0].state == "waiting"
    wind_forward(1.1)
    deliver_calls()
    (failed,) = the_calls()
    assert (failed.state, failed.attempt_count) == ("failed", 3)
    assert not queries.calls_wait()
    wind_forward(2)
    assert deliver_calls() == 0
    retry_call(failed.account_id, failed.id)
    assert deliver_calls() == 1
    assert the_calls()[0].state == "delivered"
    with pytest.raises(Refusal, match="delivered already"):
        retry_call(failed.account_id, failed.id)
    assert keeps_every_law()


def test_redirects_are_not_followed(crm: Crm) -> None:
    crm.answers, crm.headers = [302], {"Location": "/elsewhere"}
    call_webhooks([ordered(account("A1"))])
    deliver_calls()
    assert [path for path, *_ in crm.heard] == ["/hooks?from=relance"]
    assert the_calls()[0].reason == "redirects are not followed (HTTP 302)"


def test_a_silent_endpoint_costs_one_attempt_of_a_batch(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SECONDS", 0.2)
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_SLOW", SECRET)
    alice = account("A1")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        save_endpoint("slow", f"http://127.0.0.1:{deaf.getsockname()[1]}/", "ada")
        call_webhooks([ordered(alice, "slow"), ordered(alice, "slow"), ordered(alice)])
        assert deliver_calls() == 3
        deaf.settimeout(0.2)
        deaf.accept()[0].close()
        with pytest.raises(TimeoutError):
            deaf.accept()
    states = {(made.endpoint, made.state) for made in the_calls()}
    assert states == {("slow", "waiting"), ("crm", "delivered")}
    assert all("no answer" in made.reason for made in the_calls() if made.endpoint == "slow")


Drip = Callable[[socket.socket], None]


@contextmanager
def answering(answer: Drip) -> Iterator[int]:
    """A port of this machine where each caller is answered like this, until the caller hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    with caller, suppress(OSError):
                        caller.recv(65536)
                        answer(caller)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def again_and_again(first: bytes, more: bytes) -> Drip:
    def drip(caller: socket.socket) -> None:
        caller.sendall(first)
        for _ in range(60):
            time.sleep(0.05)
            caller.sendall(more)

    return drip


@pytest.mark.parametrize(
    ("scheme", "drip"),
    [
        ("http", again_and_again(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        ("http", again_and_again(b"HTTP/1.1 200 OK\r\nX: ", b"a")),
        ("https", again_and_again(b"\x16\x03\x03\x40\x00", b"a")),
    ],
    ids=["continues", "header", "handshake"],
)
def test_the_limit_is_one_of_the_whole_call(crm: Crm, monkeypatch: pytest.MonkeyPatch, scheme: str, drip: Drip) -> None:
    """A byte now and then is no answer: the calls behind it do not wait longer than the limit."""
    monkeypatch.setattr(wire, "SECONDS", 0.4)
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_SLOW", SECRET)
    alice = account("A1")
    with answering(drip) as port:
        save_endpoint("slow", f"{scheme}://127.0.0.1:{port}/", "ada")
        call_webhooks([ordered(alice, "slow"), ordered(alice)])
        began = time.monotonic()
        assert deliver_calls() == 2
        assert time.monotonic() - began < 2
    slow = next(made for made in the_calls() if made.endpoint == "slow")
    assert (slow.state, slow.reason) == ("waiting", "no answer: not complete within 0.4 seconds")
    assert next(made for made in the_calls() if made.endpoint == "crm").state == "delivered"


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [
        ("crm.test", True, ("delivered", "")),
        ("crm.test.", True, ("delivered", "")),
        ("other.test", True, ("waiting", "Hostname mismatch")),
        ("crm.test", False, ("waiting", "certificate verify failed")),
    ],
)
def test_only_who_can_prove_the_name_hears_a_call(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, outcome: tuple[str, str]
) -> None:
    port = crm.server.server_port
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    crm.server.socket = context.wrap_socket(crm.server.socket, server_side=True)
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))])
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    save_endpoint("crm", f"https://{name}:{port}/hooks", "ada")
    call_webhooks([ordered(account("A1"))])
    deliver_calls()
    (made,) = the_calls()
    state, reason = outcome
    assert made.state == state and reason in made.reason
    assert [path for path, *_ in crm.heard] == (["/hooks"] if state == "delivered" else [])


def test_looking_a_name_up_counts_into_the_limit(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        time.sleep(0.3)
        return [(2, 1, 6, "", (host, port))]

    monkeypatch.setattr(wire, "SECONDS", 0.2)
    monkeypatch.setattr(wire.socket, "getaddrinfo", slow)
    call_webhooks([ordered(account("A1"))])
    deliver_calls()
    assert (crm.heard, the_calls()[0].reason) == ([], "no answer: not complete within 0.2 seconds")


def test_an_answer_is_read_only_as_far_as_it_is_needed(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def pour(first: bytes, more: bytes) -> Drip:
        def drip(caller: socket.socket) -> None:
            caller.sendall(first)
            while True:
                caller.sendall(more)

        return drip

    monkeypatch.setattr(wire, "SECONDS", 5)
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_FLOOD", SECRET)
    alice = account("A1")
    for first, more, state in (
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, "delivered"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000, "waiting"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536, "waiting"),
        (b"x" * 65536, b"x" * 65536, "waiting"),
    ):
        with answering(pour(first, more)) as port:
            save_endpoint("flood", f"http://127.0.0.1:{port}/", "ada")
            call_webhooks([ordered(alice, "flood")])
            began = time.monotonic()
            assert deliver_calls() == 1
            assert time.monotonic() - began < 3
        assert the_calls()[0].state == state


@pytest.mark.parametrize("name", ["crm..example.com", "a" * 64 + ".example.com"])
def test_a_name_that_cannot_be_looked_up_stops_no_other_call(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Such an address is refused today; it may have been saved before it was."""
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_FAR", SECRET)
    Endpoint.objects.create(name="far", url=f"https://{name}/hook", created_by="ada")
    alice = account("A1")
    call_webhooks([ordered(alice, "far"), ordered(alice)])
    assert deliver_calls() == 2
    far = next(made for made in the_calls() if made.endpoint == "far")
    assert (far.state, far.attempt_count) == ("waiting", 1)
    assert far.reason == "the address has a name that cannot exist; look for a typing mistake"
    assert next(made for made in the_calls() if made.endpoint == "crm").state == "delivered"


def test_a_dead_senders_call_is_tried_again(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    call_webhooks([ordered(account("A1"))])
    with monkeypatch.context() as patch:
        patch.setattr(call, "_record", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver_calls()
    assert deliver_calls() == 0
    wind_forward(0.2)
    assert deliver_calls() == 1
    assert the_calls()[0].state == "delivered"
    assert len({headers["Idempotency-Key"] for _, headers, _ in crm.heard}) == 1
    assert len(crm.heard) == 2


def test_without_its_secret_or_switched_off_an_endpoint_hears_nothing(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = account("A1")
    call_webhooks([ordered(alice)])
    with monkeypatch.context() as patch:
        patch.delenv("RELANCE_WEBHOOK_SECRET_CRM")
        deliver_calls()
    assert the_calls()[0].reason.startswith("RELANCE_WEBHOOK_SECRET_CRM is not set")
    switch_endpoint("crm", active=False)
    assert call_webhooks([ordered(alice), ordered(alice, "nobody")]) == ["endpoint_off", "unknown_endpoint"]
    wind_forward(0.1)
    deliver_calls()
    assert the_calls()[0].reason == "the endpoint is switched off"
    assert crm.heard == []
    switch_endpoint("crm", active=True)
    wind_forward(0.1)
    deliver_calls()
    assert len(crm.heard) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "use https"),
        ("http://10.0.0.1/", "use https"),
        ("https://169.254.169.254/latest/", "may not be called"),
        ("https://[::ffff:169.254.169.254]/", "may not be called"),
        ("https://[fe80::1]/", "may not be called"),
        ("https://[64:ff9b::a9fe:a9fe]/", "may not be called"),
        ("https://[64:ff9b::100.100.100.200]/", "may not be called"),
        ("https://[2002:a9fe:a9fe::1]/", "may not be called"),
        ("https://[::169.254.169.254]/", "may not be called"),
        ("https://[fd00:ec2::254]/", "may not be called"),
        ("https://100.100.100.200/", "may not be called"),
        ("https://[::ffff:100.64.0.1]/", "may not be called"),
        ("http://[2002:7f00:1::]/", "use https"),
        ("https://crm..example.com/hook", "1 to 63 characters"),
        ("https://" + "a" * 64 + ".example.com/", "1 to 63 characters"),
        ("https://user:word@example.com/", "leave user name"),
        ("https://example.com/#x", "leave user name"),
        ("ftp://example.com/", "not a web address"),
        ("https://", "not a web address"),
        ("https://exa mple.com/", "not a web address"),
        ("https://example.com:99999/", "not a web address"),
        ("https://example.com/" + "x" * 500, "not a web address"),
    ],
)
def test_addresses_that_may_not_be_called(url: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        save_endpoint("crm", url, "ada")
    assert queries.endpoints() == []


@pytest.mark.parametrize(
    "url", ["https://crm.example.com./", "https://100.63.0.1/", "https://[64:ff9b::808:808]/", "https://[fd00::254]/"]
)
def test_addresses_that_may_be_called(url: str) -> None:
    assert calls.url_problem(url) == ""


def test_a_name_that_stands_for_a_forbidden_address_is_not_called(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name can change what it stands for after it was saved."""
    monkeypatch.setenv("RELANCE_WEBHOOK_SECRET_FAR", SECRET)
    save_endpoint("far", "https://far.example/", "ada")
    save_endpoint("crm", "http://localhost/", "ada")
    stands_for = {"far.example": "169.254.169.254", "localhost": "192.0.2.1"}
    monkeypatch.setattr(
        wire.socket, "getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (stands_for.get(host, host), port))]
    )
    alice = account("A1")
    call_webhooks([ordered(alice, "far"), ordered(alice)])
    deliver_calls()
    assert {made.endpoint: made.reason for made in the_calls()} == {
        "far": "the name stands for an address that may not be called",
        "crm": "http is for this machine only; use https",
    }


def test_endpoints_are_named_so_that_each_has_its_own_secret(crm: Crm) -> None:
    save_endpoint("crm-2", "https://example.com/", "ada")
    for name in ("CRM", "2crm", "", "c" * 41):
        with pytest.raises(Refusal, match="a name has"):
            save_endpoint(name, "https://example.com/", "ada")
    with pytest.raises(Refusal, match="same secret"):
        save_endpoint("crm_2", "https://example.com/", "ada")
    with pytest.raises(Refusal, match="no endpoint"):
        switch_endpoint("nobody", active=True)
    save_endpoint("crm", "https://example.com/new", "bob")
    first, second = queries.endpoints()
    assert (first.url, first.created_by, second.secret_variable) == (
        "https://example.com/new", "ada", "RELANCE_WEBHOOK_SECRET_CRM_2",
    )  # fmt: skip


def test_the_job_delivers_what_was_ordered(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)  # the worker's thread leaves no session behind
    call_webhooks([ordered(account(f"A{number}")) for number in range(25)])
    schedule_calls()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'outbound.call'")
        assert cursor.fetchone() == (1,), "one job for all of them"
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert len(crm.heard) == 25
    assert not queries.calls_wait()


def test_the_job_comes_again_for_what_still_waits(crm: Crm) -> None:
    crm.answers = [500]
    call_webhooks([ordered(account("A1"))])
    call_job()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'outbound.call.retry'")
        assert cursor.fetchone() == (1,)


def test_calls_are_listed_newest_first_page_by_page(crm: Crm) -> None:
    save_endpoint("other", "https://example.com/", "ada")
    alice = account("A1")
    call_webhooks([ordered(alice), ordered(alice), ordered(alice, "other")])
    page = queries.calls_page(limit=2)
    assert (len(page.rows), page.total, page.total_is_exact) == (2, 3, True)
    rest = queries.calls_page(limit=2, after=page.next_after)
    assert [made.id for made in (*page.rows, *rest.rows)] == sorted((m.id for m in the_calls()), reverse=True)
    assert len(queries.calls_page(endpoint="crm").rows) == 2
    assert queries.calls_page(state="failed").rows == []
