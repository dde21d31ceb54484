"""Providers of texts over a real HTTP server that speaks as their public documentation says, and their signed reports."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from pytest_django import Settings

from relance.kit.shelf import shelf
from relance.outbound import calls
from relance.outbound.channels.sms import CHANNEL
from relance.outbound.facts import IncomingCall, NotAuthentic, Outcome, Report
from tests.shelves.test_channels import NOON, outgoing

PHONE = "+33612345678"
PROVIDERS = ("http", "twilio", "vonage")


class Provider:
    """A provider's server: what it was asked, and what it answers (status, body), or silence."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[], tuple[int, str] | None] = lambda: (201, "{}")
        self.url = ""


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider on the loopback that Relance is set to use; which one, the test says."""
    behaviour = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            behaviour.asked.append((self.path, headers, body))
            said = behaviour.answer()
            if said is None:
                self.connection.close()
                return
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said[1].encode())))
            self.end_headers()
            self.wfile.write(said[1].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    behaviour.url = settings.SMS_URL = f"http://127.0.0.1:{server.server_port}"
    settings.SMS_USER, settings.SMS_SECRET, settings.SMS_SIGNING_SECRET = "AC1", "s3cret", "sign"
    settings.SMS_FROM, settings.PUBLIC_URL = "Horizon", "https://relance.example"
    yield behaviour
    server.shutdown()
    server.server_close()


def text_of(number: int = 1, recipient: str = PHONE) -> Any:
    return outgoing(number, recipient, subject="", html="", text="Horizon : 12,00 € à régler.")


def test_our_own_shape_over_http(provider: Provider, settings: Settings) -> None:
    settings.SMS_PROVIDER = "http"
    provider.answer = lambda: (202, '{"id": "X-9"}')
    (receipt,) = CHANNEL.deliver([text_of()])
    assert (receipt.outcome, receipt.reference) == (Outcome.SENT, "X-9")
    _, headers, body = provider.asked[0]
    assert json.loads(body) == {
        "key": "relance-7-1", "to": PHONE, "from": "Horizon", "text": "Horizon : 12,00 € à régler.",
    }  # fmt: skip
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["idempotency-key"] == "relance-7-1"


def test_twilio_takes_a_form_with_basic_authorisation(provider: Provider, settings: Settings) -> None:
    settings.SMS_PROVIDER = "twilio"
    provider.answer = lambda: (201, json.dumps({"sid": "SM123", "status": "queued", "error_code": None}))
    (receipt,) = CHANNEL.deliver([text_of()])
    assert (receipt.outcome, receipt.reference) == (Outcome.SENT, "SM123")
    path, headers, body = provider.asked[0]
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert parse_qs(body.decode()) == {
        "To": [PHONE], "From": ["Horizon"], "Body": ["Horizon : 12,00 € à régler."],
        "StatusCallback": ["https://relance.example/hooks/sms/twilio"],
    }  # fmt: skip
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"AC1:s3cret"


def test_vonage_takes_a_form_and_answers_for_each_part(provider: Provider, settings: Settings) -> None:
    settings.SMS_PROVIDER = "vonage"
    part = {"to": "33612345678", "message-id": "V-1", "status": "0"}
    provider.answer = lambda: (
        200,
        json.dumps({"message-count": "2", "messages": [part, {**part, "message-id": "V-2"}]}),
    )
    (receipt,) = CHANNEL.deliver([text_of()])
    assert (receipt.outcome, receipt.reference) == (Outcome.SENT, "V-1")
    path, _, body = provider.asked[0]
    said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert path == "/sms/json"
    assert (said["to"], said["type"], said["client-ref"]) == ("33612345678", "text", "relance-7-1")
    assert said["callback"] == "https://relance.example/hooks/sms/vonage"


@pytest.mark.parametrize(
    ("code", "answer", "outcome", "dead"),
    [
        ("http", (422, '{"error":"no such number"}'), Outcome.FAILED, False),
        ("http", (401, "who are you"), Outcome.RELEASED, False),
        ("http", (429, "slower"), Outcome.RELEASED, False),
        ("http", (503, "later"), Outcome.RELEASED, False),
        ("http", None, Outcome.UNKNOWN, False),
        ("twilio", (400, '{"code": 21614, "message": "not a mobile number"}'), Outcome.FAILED, True),
        ("twilio", (400, '{"code": 21617, "message": "body too long"}'), Outcome.FAILED, False),
        ("twilio", (401, '{"code": 20003, "message": "Authenticate"}'), Outcome.RELEASED, False),
        ("twilio", None, Outcome.UNKNOWN, False),
        ("vonage", (200, '{"messages":[{"status":"1","error-text":"Throttled"}]}'), Outcome.RELEASED, False),
        ("vonage", (200, '{"messages":[{"status":"6","error-text":"Invalid message"}]}'), Outcome.FAILED, False),
        ("vonage", (200, "not json"), Outcome.UNKNOWN, False),
        ("vonage", None, Outcome.UNKNOWN, False),
    ],
)
def test_what_an_answer_means(
    provider: Provider,
    settings: Settings,
    code: str,
    answer: tuple[int, str] | None,
    outcome: Outcome,
    dead: bool,
) -> None:
    settings.SMS_PROVIDER = code
    provider.answer = lambda: answer
    receipts = list(CHANNEL.deliver([text_of(1), text_of(2, "not a number")]))
    assert (receipts[0].outcome, receipts[0].dead_address) == (outcome, dead)
    assert receipts[0].reason
    assert receipts[1].outcome is Outcome.FAILED
    assert len(provider.asked) == 1


@pytest.mark.parametrize("code", PROVIDERS)
def test_a_provider_that_is_not_there_or_not_set_up_keeps_the_texts(
    provider: Provider, settings: Settings, code: str
) -> None:
    settings.SMS_PROVIDER = code
    settings.SMS_URL = "http://127.0.0.1:1"
    (receipt,) = CHANNEL.deliver([text_of()])
    assert receipt.outcome is Outcome.RELEASED
    settings.SMS_SECRET = ""
    (receipt,) = CHANNEL.deliver([text_of()])
    assert receipt.outcome is Outcome.RELEASED
    assert "RELANCE_SMS_" in receipt.reason
    assert provider.asked == []


def test_a_provider_that_nobody_knows_keeps_the_texts_and_stops_nothing_else(settings: Settings) -> None:
    settings.SMS_PROVIDER = "pigeon"
    (receipt,) = CHANNEL.deliver([text_of()])
    assert receipt.outcome is Outcome.RELEASED
    assert "it can be http, outbox, twilio, vonage" in receipt.reason
    assert CHANNEL.quiet_zones(PHONE) == ()
    settings.SMS_PROVIDER = "http"
    assert CHANNEL.quiet_zones(PHONE) == ("Europe/Paris",)
    assert CHANNEL.quiet_zones("not a number") == ()
    assert CHANNEL.quiet_zones("+596696123456") == ("America/Martinique",)


@pytest.mark.parametrize("code", sorted(shelf("relance.outbound.gateways", "GATEWAY")))
def test_every_gateway_refuses_reports_without_a_signature(settings: Settings, code: str) -> None:
    settings.SMS_PROVIDER, settings.SMS_SECRET, settings.SMS_SIGNING_SECRET = code, "s3cret", "sign"
    body = urlencode({"MessageSid": "SM1", "messageId": "SM1", "status": "delivered", "timestamp": "1"}).encode()
    for secret in ("s3cret", ""):
        settings.SMS_SECRET = settings.SMS_SIGNING_SECRET = secret
        with pytest.raises(NotAuthentic):
            CHANNEL.notices(code, IncomingCall("https://relance.example/hooks", {}, body, NOON))
    with pytest.raises(LookupError):
        CHANNEL.notices("another", IncomingCall("https://relance.example/hooks", {}, body, NOON))


def called(body: bytes, headers: dict[str, str]) -> IncomingCall:
    return IncomingCall("https://relance.example/hooks/sms/x", headers, body, NOON)


def test_a_report_in_our_own_shape(settings: Settings) -> None:
    settings.SMS_PROVIDER, settings.SMS_SIGNING_SECRET = "http", "sign"
    now = int(NOON.timestamp())
    body = json.dumps(
        [
            {"id": "X-9", "status": "delivered", "at": "2026-11-23T11:00:00+00:00"},
            {"key": "k", "status": "failed", "reason": "x"},
        ]
    ).encode()
    signed = {calls.SIGNATURE_HEADER.lower(): calls.signature("sign", now, body)}
    first, second = CHANNEL.notices("http", called(body, signed))
    assert (first.reference, first.report, first.occurred_at) == ("X-9", Report.DELIVERED, NOON - dt.timedelta(hours=1))
    assert (second.reference, second.report, second.reason) == ("k", Report.FAILED, "x")
    old = {calls.SIGNATURE_HEADER.lower(): calls.signature("sign", now - 301, body)}
    with pytest.raises(NotAuthentic):
        CHANNEL.notices("http", called(body, old))
    with pytest.raises(NotAuthentic):
        CHANNEL.notices("http", called(body + b" ", signed))
    for nonsense in (b"[", b"[1]", b'{"id":"X","status":"eaten"}', b'{"status":"delivered"}'):
        header = {calls.SIGNATURE_HEADER.lower(): calls.signature("sign", now, nonsense)}
        with pytest.raises(ValueError, match="report"):
            CHANNEL.notices("http", called(nonsense, header))


def test_a_status_callback_of_twilio(settings: Settings) -> None:
    """Signed as https://www.twilio.com/docs/usage/security says; worked out here once more, apart from our code."""
    settings.SMS_PROVIDER, settings.SMS_SECRET = "twilio", "s3cret"
    said = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003", "AccountSid": "AC1"}
    text = "https://relance.example/hooks/sms/x" + "AccountSidAC1ErrorCode30003MessageSidSM1MessageStatusundelivered"
    signed = base64.b64encode(hmac.new(b"s3cret", text.encode(), hashlib.sha1).digest()).decode()
    (notice,) = CHANNEL.notices("twilio", called(urlencode(said).encode(), {"x-twilio-signature": signed}))
    assert (notice.reference, notice.report, notice.reason) == ("SM1", Report.FAILED, "Twilio error 30003")
    with pytest.raises(NotAuthentic):
        CHANNEL.notices(
            "twilio", called(urlencode({**said, "MessageSid": "SM2"}).encode(), {"x-twilio-signature": signed})
        )


def test_a_receipt_of_vonage(settings: Settings) -> None:
    settings.SMS_PROVIDER, settings.SMS_SIGNING_SECRET = "vonage", "sign"
    said = {
        "messageId": "V-1", "status": "delivered", "err-code": "0", "scts": "2611231159",
        "timestamp": str(int(NOON.timestamp())), "nonce": "a&b=c",
    }  # fmt: skip
    text = f"&err-code=0&messageId=V-1&nonce=a_b_c&scts=2611231159&status=delivered&timestamp={said['timestamp']}"
    said["sig"] = hmac.new(b"sign", text.encode(), hashlib.sha256).hexdigest()
    as_json = {"content-type": "application/json"}
    for body, headers in ((json.dumps(said).encode(), as_json), (urlencode(said).encode(), {})):
        (notice,) = CHANNEL.notices("vonage", called(body, headers))
        assert (notice.reference, notice.report, notice.reason) == ("V-1", Report.DELIVERED, "")
    with pytest.raises(NotAuthentic):
        CHANNEL.notices("vonage", called(json.dumps({**said, "status": "failed"}).encode(), as_json))
