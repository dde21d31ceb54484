"""Every channel keeps the shelf's contract; e-mail over a real SMTP server and into the outbox."""

import base64
import dataclasses
import datetime as dt
import email
import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from relance.kit.shelf import shelf
from relance.outbound.channels.email import CHANNEL, compose
from relance.outbound.facts import Form, Outcome, OutgoingMessage
from tests.rules.test_message_texts import ALICE

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def outgoing(number: int = 1, recipient: str = "alice@example.com", **changes: Any) -> OutgoingMessage:
    plain: dict[str, Any] = {
        "id": number,
        "account_id": 7,
        "recipient": recipient,
        "business_date": dt.date(2026, 11, 23),
        "released_at": NOON,
        "subject": f"Rappel : facture nº {number}",
        "text": f"Bonjour,\n\n.\nFrom here\n..\nvous devez 12,00 € ({number}).\n",
        "html": "<!DOCTYPE html><html><body><p>Bonjour, vous devez 12,00&nbsp;€.</p>" + "é" * 3000 + "</body></html>\n",
        "creditor_name": "Télécom « Horizon », S.A.",
        "creditor_email": "billing@horizon.example",
    }
    return OutgoingMessage(**{**plain, **changes})


class MailServer:
    """A mail server's behaviour: what it took, and how it treats certain recipients."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], EmailMessage]] = []
        self.connections = 0
        self.per_connection = 10_000
        self._carried: dict[int, int] = {}

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("hang-up"):
            server.transport.abort()
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("die"):
            server.transport.abort()
            return "451 never heard"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 looks like spam"
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, message))
        carried = self._carried[id(session)] = self._carried.get(id(session), 0) + 1
        if carried >= self.per_connection:
            server.loop.call_later(0.05, server.transport.close)
        return "250 OK"

    def took(self) -> list[str]:
        """The recipients served, in order."""
        return [recipients[0] for _, recipients, _ in self.taken]


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """A mail server on the loopback that Relance is set to use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    behaviour = MailServer()
    controller = Controller(behaviour, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
    yield behaviour
    controller.stop()


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Path:
    """An empty outbox folder, and no mail server."""
    settings.EMAIL_HOST = ""
    settings.OUTBOX = tmp_path / "outbox"
    return tmp_path / "outbox"


@pytest.mark.parametrize("code", sorted(shelf("relance.outbound.channels", "CHANNEL")))
def test_every_channel_keeps_the_contract(code: str, outbox: Path) -> None:
    channel = shelf("relance.outbound.channels", "CHANNEL")[code]
    at_home = dataclasses.replace(ALICE, address1="12 rue des Lilas", postcode="69003", city="Lyon")
    address = channel.address_of(at_home)
    assert address
    assert isinstance(channel.repeatable(), bool)
    assert channel.form in list(Form)
    assert not channel.quiet_zones(address), "nobody is disturbed by a file in the outbox"
    batch = [outgoing(1, address), outgoing(2, "not an address"), outgoing(3, address)]
    receipts = list(channel.deliver(batch))
    assert [receipt.message_id for receipt in receipts] == [1, 2, 3]
    assert receipts[1].outcome is Outcome.FAILED
    assert receipts[1].reason
    assert list(channel.deliver([])) == []


def test_a_mail_travels_whole(mail_server: MailServer) -> None:
    sent = outgoing()
    assert [receipt.outcome for receipt in CHANNEL.deliver([sent])] == [Outcome.SENT]
    sender, recipients, mail = mail_server.taken[0]
    assert (sender, recipients) == ("billing@horizon.example", ["alice@example.com"])
    assert mail["From"].addresses[0].display_name == "Télécom « Horizon », S.A."
    assert mail["Reply-To"] == "billing@horizon.example"
    assert mail["To"] == "alice@example.com"
    assert mail["Subject"] == sent.subject
    assert mail["Message-ID"] == "<dispatch-7-1@horizon.example>"
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in mail if name.lower().startswith("list-")]
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == sent.text
    assert html.get_content().replace("\r\n", "\n") == sent.html
    assert not CHANNEL.repeatable()


def test_a_mail_is_seven_bits_and_short_lines() -> None:
    lines = compose(outgoing(), "alice@example.com", "billing@horizon.example").split(b"\r\n")
    assert all(len(line) < 998 and line.isascii() and b"\n" not in line for line in lines)


def test_pictures_travel_beside_the_html() -> None:
    png = bytes(range(256)) * 4
    uri = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    html = f'<html><body>é src=&#34;{uri}&#34;<img alt="" src="{uri}" width="9"></body></html>\n'
    data = compose(outgoing(html=html), "alice@example.com", "billing@horizon.example")
    assert data == compose(outgoing(html=html), "alice@example.com", "billing@horizon.example")
    assert all(len(line) <= 78 and line.isascii() and b"\n" not in line for line in data.split(b"\r\n"))
    mail = email.message_from_bytes(data, policy=default)
    assert not [part.defects for part in mail.walk() if part.defects]
    text, related = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert (related.get_content_type(), related.get_param("type")) == ("multipart/related", "text/html")
    page, picture = related.iter_parts()
    assert page.get_content().replace("\r\n", "\n") == html.replace(
        f'src="{uri}"', 'src="cid:picture-1.dispatch-7-1@horizon.example"'
    )
    assert picture["Content-ID"] == "<picture-1.dispatch-7-1@horizon.example>"
    assert picture.get_content_type() == "image/png"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == png


def test_one_connection_serves_a_batch_and_each_refusal_names_its_recipient(mail_server: MailServer) -> None:
    recipients = ["a@x.fr", "nobody@x.fr", "b@x.fr", "later@x.fr", "spam@x.fr", "c@x.fr"]
    receipts = list(CHANNEL.deliver([outgoing(number, to) for number, to in enumerate(recipients)]))
    assert mail_server.took() == ["a@x.fr", "b@x.fr", "c@x.fr"]
    assert mail_server.connections == 1
    assert [receipt.outcome for receipt in receipts] == [
        Outcome.SENT, Outcome.FAILED, Outcome.SENT, Outcome.RELEASED, Outcome.FAILED, Outcome.SENT,
    ]  # fmt: skip
    assert "no such mailbox" in receipts[1].reason
    assert "greylisted" in receipts[3].reason
    assert "spam" in receipts[4].reason


def test_a_server_that_dies_with_a_message_in_hand_leaves_one_doubt(mail_server: MailServer) -> None:
    recipients = ["a@x.fr", "die@x.fr", "b@x.fr"]
    receipts = list(CHANNEL.deliver([outgoing(number, to) for number, to in enumerate(recipients)]))
    assert [receipt.outcome for receipt in receipts] == [Outcome.SENT, Outcome.UNKNOWN, Outcome.RELEASED]
    assert "connection broke" in receipts[1].reason
    assert mail_server.took() == ["a@x.fr"]


def test_a_server_that_hangs_up_before_taking_a_message_leaves_none(mail_server: MailServer) -> None:
    recipients = ["a@x.fr", "hang-up@x.fr", "b@x.fr"]
    receipts = list(CHANNEL.deliver([outgoing(number, to) for number, to in enumerate(recipients)]))
    assert [receipt.outcome for receipt in receipts] == [Outcome.SENT, Outcome.RELEASED, Outcome.RELEASED]
    assert "lost the mail server" in receipts[1].reason


def test_a_server_that_serves_few_messages_per_connection_is_called_again(mail_server: MailServer) -> None:
    mail_server.per_connection = 1
    lazy = CHANNEL.deliver([outgoing(number, f"a{number}@x.fr") for number in range(3)])
    outcomes = []
    for receipt in lazy:
        outcomes.append(receipt.outcome)

        time.sleep(0.2)
    assert outcomes == [Outcome.SENT] * 3
    assert mail_server.connections == 3


def test_no_server_at_all_says_so_and_keeps_the_messages(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", probe.getsockname()[1]
        receipts = list(CHANNEL.deliver([outgoing(1), outgoing(2)]))
    assert {receipt.outcome for receipt in receipts} == {Outcome.RELEASED}
    assert all("cannot reach the mail server" in receipt.reason for receipt in receipts)


def test_messages_are_handed_over_only_as_receipts_are_asked_for(mail_server: MailServer) -> None:
    receipts = CHANNEL.deliver([outgoing(1, "a@x.fr"), outgoing(2, "b@x.fr")])
    assert mail_server.took() == []
    next(receipts)
    assert mail_server.took() == ["a@x.fr"]


def test_the_house_signs_for_a_creditor_without_an_address(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = outgoing(creditor_email="")
    monkeypatch.delenv("RELANCE_MAIL_FROM", raising=False)
    (receipt,) = CHANNEL.deliver([nameless])
    assert receipt.outcome is Outcome.RELEASED
    assert "RELANCE_MAIL_FROM" in receipt.reason
    monkeypatch.setenv("RELANCE_MAIL_FROM", "dunning@house.example")
    (receipt,) = CHANNEL.deliver([nameless])
    assert receipt.outcome is Outcome.SENT
    sender, _, mail = mail_server.taken[0]
    assert sender == "dunning@house.example"
    assert mail["Reply-To"] is None


@pytest.mark.parametrize(
    "evil",
    ["Eve\r\nBcc: all@example.com", "Eve\nX-Evil: 1", "Eve\x00", "Ève " * 60, "<eve@example.com>, ", "=?utf-8?q?=0A?="],
)
def test_hostile_words_make_no_header(mail_server: MailServer, evil: str) -> None:
    (receipt,) = CHANNEL.deliver([outgoing(creditor_name=evil, subject=evil, text=evil, html=evil)])
    assert receipt.outcome is Outcome.SENT
    for sender, recipients, mail in mail_server.taken:
        assert (sender, recipients) == ("billing@horizon.example", ["alice@example.com"])
        assert mail["Bcc"] is None
        assert mail["X-Evil"] is None
        assert len(mail["From"].addresses) == 1
        assert not {"\r", "\n"} & set(str(mail["From"]) + str(mail["Subject"]))
        assert mail["From"].addresses[0].addr_spec == "billing@horizon.example"


def test_the_outbox_keeps_one_file_per_message(outbox: Path) -> None:
    batch = [outgoing(1), outgoing(2)]
    assert CHANNEL.repeatable()
    for _ in range(2):
        assert [receipt.outcome for receipt in CHANNEL.deliver(batch)] == [Outcome.SENT, Outcome.SENT]
    folder = outbox / "2026-11-23"
    assert sorted(path.name for path in folder.iterdir()) == ["1.eml", "2.eml"]
    first = (folder / "1.eml").read_bytes()
    mail = email.message_from_bytes(first, policy=default)
    assert mail["To"] == "alice@example.com"
    list(CHANNEL.deliver(batch))
    assert (folder / "1.eml").read_bytes() == first, "the same message is the same bytes"


def test_an_outbox_that_cannot_be_written_keeps_the_messages(outbox: Path) -> None:
    outbox.write_text("in the way")
    (receipt,) = CHANNEL.deliver([outgoing()])
    assert receipt.outcome is Outcome.RELEASED
    assert "outbox" in receipt.reason
