"""Mail providers over a real HTTP server that answers as their public documentation says, and their proven reports."""

import base64
import datetime as dt
import email
import hashlib
import hmac
import json
from collections.abc import Mapping
from email.policy import default

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from relance.outbound import queries
from relance.outbound.channels.email import CHANNEL
from relance.outbound.facts import DeliveryReceipt, IncomingCall, NotAuthentic, Outcome, Report
from relance.outbound.mail_providers import PROVIDERS
from relance.outbound.services import prepare, release, transmit
from tests.services.test_outbound import NIGHT, account, invoice, keeps_every_law, order, pay
from tests.shelves import test_gateways
from tests.shelves.test_channels import NOON, outgoing
from tests.shelves.test_gateways import Provider

provider = test_gateways.provider

PICTURE = "data:image/png;base64,iVBORw0KGgo="
TAKEN = {
    "sparkpost": (200, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "S-1"}}),
    "mailgun": (200, {"id": "<M-1@mg.example.org>", "message": "Queued. Thank you."}),
    "postmark": (200, {"To": "a@example.com", "MessageID": "P-1", "ErrorCode": 0, "Message": "OK",
                       "SubmittedAt": "2026-11-23T10:00:00Z"}),
}  # fmt: skip


def set_up(settings: Settings, provider: Provider, code: str) -> None:
    settings.MAIL_PROVIDER, settings.MAIL_KEY, settings.MAIL_DOMAIN = code, "key-1", "mg.example.org"
    settings.MAIL_URL, settings.MAIL_WEBHOOK_SECRET = provider.url, "user:pass" if code != "mailgun" else "sign"
    provider.answer = lambda: (TAKEN[code][0], json.dumps(TAKEN[code][1]))


def send(number: int = 1, recipient: str = "a@example.com") -> DeliveryReceipt:
    page = f'<p>Hello</p><img src="{PICTURE}">'
    (receipt,) = CHANNEL.deliver([outgoing(number, recipient, subject="Rappel : 12 €", text="Bonjour", html=page)])
    return receipt


@pytest.mark.parametrize("code", sorted(PROVIDERS))
def test_a_message_is_taken_with_its_words_picture_and_key(provider: Provider, settings: Settings, code: str) -> None:
    set_up(settings, provider, code)
    assert not CHANNEL.repeatable()
    receipt = send()
    assert receipt.outcome is Outcome.SENT
    assert receipt.reference
    _, headers, body = provider.asked[0]
    assert "key-1" in str(headers) or base64.b64encode(b"api:key-1").decode() in headers["authorization"]
    text = body.decode(errors="replace")
    if headers["content-type"].startswith("multipart"):
        whole = email.message_from_bytes(
            f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body, policy=default
        )
        text = " ".join(part.get_payload(decode=True).decode(errors="replace") for part in whole.iter_parts())  # type: ignore[union-attr]
    else:
        text = str(json.loads(text))
    assert "Bonjour" in text
    assert "cid:picture-1" in text
    assert "Rappel : 12 €" in text
    assert "7-1" in text


@pytest.mark.parametrize("code", sorted(PROVIDERS))
@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "failed"), (401, "released"), (429, "released"), (503, "released")]
)
def test_a_refusal_of_the_message_is_final_and_any_other_is_not(
    provider: Provider, settings: Settings, code: str, status: int, outcome: str
) -> None:
    set_up(settings, provider, code)
    provider.answer = lambda: (status, '{"message": "no"}')
    receipt = send()
    assert receipt.outcome == outcome
    assert "mail provider" in receipt.reason
    assert "key-1" not in receipt.reason


def test_silence_after_the_message_left_us_is_unknown_and_a_closed_door_is_not(
    provider: Provider, settings: Settings
) -> None:
    set_up(settings, provider, "postmark")
    provider.answer = lambda: None
    assert send().outcome is Outcome.UNKNOWN
    provider.answer = lambda: (200, "<html>")
    assert send().outcome is Outcome.UNKNOWN
    settings.MAIL_URL = "http://127.0.0.1:1"
    assert send().outcome is Outcome.RELEASED


def test_an_unfinished_setting_keeps_the_mail_and_names_itself(provider: Provider, settings: Settings) -> None:
    set_up(settings, provider, "mailgun")
    for name, value in (("MAIL_KEY", ""), ("MAIL_DOMAIN", ""), ("MAIL_URL", "http://example.org")):
        before = getattr(settings, name)
        setattr(settings, name, value)
        receipt = send()
        setattr(settings, name, before)
        assert receipt.outcome is Outcome.RELEASED
        assert f"RELANCE_{name}" in receipt.reason
    settings.MAIL_PROVIDER = "pigeon"
    assert "mailgun, postmark, sparkpost" in send().reason
    assert provider.asked == []


def mailgun_call(event: str, secret: str = "sign", **data: object) -> IncomingCall:
    """A report as Mailgun documents it: the event, and a signature over time and token."""
    stamp, token = str(int(NOON.timestamp())), "t" * 50
    proof = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "signature": {"timestamp": stamp, "token": token, "signature": proof},
        "event-data": {"event": event, "timestamp": NOON.timestamp(), "recipient": "a@example.com",
                       "message": {"headers": {"message-id": "M-1@mg.example.org"}}, **data},
    }  # fmt: skip
    return call({"content-type": "application/json"}, told)


def postmark_call(told: Mapping[str, object], login: str = "user:pass") -> IncomingCall:
    """A report as Postmark documents it, with the user and password of our address."""
    proof = base64.b64encode(login.encode()).decode()
    return call({"content-type": "application/json", "authorization": f"Basic {proof}"}, told)


def call(headers: Mapping[str, str], told: Mapping[str, object]) -> IncomingCall:
    return IncomingCall("https://relance.example/hooks/email/x", headers, json.dumps(told).encode(), NOON)


def test_reports_of_mailgun_are_read_when_they_are_signed(provider: Provider, settings: Settings) -> None:
    set_up(settings, provider, "mailgun")
    (notice,) = CHANNEL.notices("mailgun", mailgun_call("delivered"))
    assert (notice.reference, notice.report, notice.occurred_at) == ("<M-1@mg.example.org>", Report.DELIVERED, NOON)
    status = {"code": 550, "message": "5.1.1 No such user"}
    (bounce,) = CHANNEL.notices("mailgun", mailgun_call("failed", severity="permanent", **{"delivery-status": status}))
    assert bounce.report is Report.FAILED
    assert "No such user" in bounce.reason
    assert CHANNEL.notices("mailgun", mailgun_call("failed", severity="temporary")) == []
    assert [notice.report for notice in CHANNEL.notices("mailgun", mailgun_call("opened"))] == [Report.OPENED]
    with pytest.raises(NotAuthentic):
        CHANNEL.notices("mailgun", mailgun_call("delivered", secret="wrong"))
    with pytest.raises(NotAuthentic):
        CHANNEL.notices("mailgun", call({"content-type": "application/json"}, {}))
    settings.MAIL_WEBHOOK_SECRET = ""
    with pytest.raises(NotAuthentic, match="RELANCE_MAIL_WEBHOOK_SECRET"):
        CHANNEL.notices("mailgun", mailgun_call("delivered"))


def test_reports_of_postmark_are_read_with_our_password(provider: Provider, settings: Settings) -> None:
    set_up(settings, provider, "postmark")
    told = {"RecordType": "Delivery", "MessageID": "P-1", "Recipient": "a@example.com",
            "DeliveredAt": "2026-11-23T10:00:00Z"}  # fmt: skip
    (notice,) = CHANNEL.notices("postmark", postmark_call(told))
    assert (notice.reference, notice.report) == ("P-1", Report.DELIVERED)
    hard = {"RecordType": "Bounce", "Type": "HardBounce", "MessageID": "P-1", "Email": "a@example.com",
            "Description": "unknown user", "BouncedAt": "2026-11-23T10:00:00Z"}  # fmt: skip
    assert CHANNEL.notices("postmark", postmark_call(hard))[0].report is Report.FAILED
    assert CHANNEL.notices("postmark", postmark_call({**hard, "Type": "Transient"})) == []
    for login in ("user:wrong", ""):
        with pytest.raises(NotAuthentic):
            CHANNEL.notices("postmark", postmark_call(told, login))
    with pytest.raises(LookupError):
        CHANNEL.notices("mailgun", mailgun_call("delivered"))


@pytest.mark.django_db(transaction=True)
def test_a_bounce_marks_the_address_and_the_text_goes_instead(provider: Provider, settings: Settings) -> None:
    set_up(settings, provider, "mailgun")
    settings.SMS_PROVIDER = "outbox"
    alice = account("MP1", email="a@example.com", mobile="06 12 34 56 78")
    invoice(alice, "F-MP1")
    prepare([order(alice, recipient="a@example.com", context={"channels": ["sms"]})])
    release(NIGHT)
    assert transmit() == 1
    sent = queries.messages(alice).rows[0]
    assert sent.state == "sent"
    told = mailgun_call("failed", severity="permanent", reason="bounce")
    for _ in range(2):
        answer = Client().post("/hooks/email/mailgun", told.body, content_type="application/json")
        assert answer.status_code == 204
    assert [(message.channel, message.state) for message in queries.messages(alice).rows] == [
        ("sms", "prepared"), ("email", "bounced"),
    ]  # fmt: skip
    assert ("email", "a@example.com") in queries.dead_addresses([alice])[alice]
    assert Client().post("/hooks/email/mailgun", b"{}", content_type="application/json").status_code == 401
    pay(alice, 4_500)
    release(NIGHT + dt.timedelta(days=1))
    assert queries.messages(alice).rows[0].state == "withdrawn"
    assert keeps_every_law()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
