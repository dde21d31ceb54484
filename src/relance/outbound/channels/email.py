"""E-mail: by a provider or over SMTP when one is set, else as files in the outbox folder.

Over SMTP the protocol is spoken step by step, because only the step at which a connection broke tells whether the
server may have taken the message: before its content was sent it surely has not, afterwards nobody knows.
"""

import datetime as dt
import os
import re
import smtplib
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from relance.customers.facts import AccountFacts
from relance.outbound import mail_providers
from relance.outbound.facts import DeliveryNotice, DeliveryReceipt, Form, IncomingCall, Outcome, OutgoingMessage
from relance.outbound.mail_pictures import pictures_beside

_ON_THE_WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
_NO_SENDER = "no sender address: give the creditor an e-mail address or set RELANCE_MAIL_FROM"
_OUTBOX_SENDER = "relance@localhost"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[^0-9.]){_LABEL}")
_LONGEST_ADDRESS, _LONGEST_LOCAL_PART = 254, 64


def usable_address(text: str) -> str | None:
    """The address when `text` is exactly one plain e-mail address, else None.

    A domain with accents is written the way the mail system knows it; names, lists, quotes and line breaks are not
    addresses here, whatever the standard allows.
    """
    text = text.strip()
    if text.isascii() and len(text) <= _LONGEST_LOCAL_PART and _ADDRESS.fullmatch(text):
        return text
    local, at, domain = text.rpartition("@")
    try:
        address = f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    if len(address) > _LONGEST_ADDRESS or len(local) > _LONGEST_LOCAL_PART:
        return None
    return address if _ADDRESS.fullmatch(address) else None


def house_sender() -> str | None:
    """The address of RELANCE_MAIL_FROM, which signs for a creditor without an e-mail address; None when unset."""
    return usable_address(os.environ.get("RELANCE_MAIL_FROM", ""))


def sender_of(message: OutgoingMessage) -> str | None:
    """The address a message comes from: the creditor's, else the house's."""
    return usable_address(message.creditor_email) or house_sender()


def compose(message: OutgoingMessage, recipient: str, sender: str) -> bytes:
    """The message as it travels. It depends on the released message alone, so a copy of it is known as one."""
    key = f"{message.account_id}-{message.id}"
    mail = MIMEMultipart("alternative", boundary=f"=_dispatch-{key}_=")
    mail["From"] = _mailbox(message.creditor_name, sender)
    reply_to = usable_address(message.creditor_email)
    if reply_to:
        mail["Reply-To"] = reply_to
    mail["To"] = recipient
    mail["Subject"] = _words(message.subject, "Subject")
    mail["Date"] = format_datetime(message.released_at.astimezone(dt.UTC))
    mail["Message-ID"] = f"<dispatch-{key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.attach(_part(message.text, "plain"))
    mail.attach(_html(message.html, key, sender))
    return mail.as_bytes(policy=_ON_THE_WIRE)


def _html(html: str, key: str, sender: str) -> MIMENonMultipart | MIMEMultipart:
    """The HTML, and beside it the pictures written into it."""
    html, pictures = pictures_beside(html, key, sender.rpartition("@")[2])
    page = _part(html, "html")
    if not pictures:
        return page
    whole = MIMEMultipart("related", boundary=f"=_pictures-{key}_=", type="text/html")
    whole.attach(page)
    for picture in pictures:
        part = MIMENonMultipart("image", picture.kind)
        part["Content-Transfer-Encoding"] = "base64"
        part["Content-ID"] = f"<{picture.address}>"
        part.add_header("Content-Disposition", "inline", filename=picture.name)
        part.set_payload(encodebytes(picture.data).decode("ascii"))
        whole.attach(part)
    return whole


def _part(text: str, subtype: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def _mailbox(name: str, address: str) -> str:
    words = _words(name, "From")
    return formataddr((words, address)) if words.isprintable() and "=?" not in words else f"{words} <{address}>"


def _words(text: str, header: str) -> str:
    """A header's words on one logical line: as they are when plain ASCII, else as RFC 2047 encoded words."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable() and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name=header).encode()


class Email:
    """The e-mail channel."""

    form = Form.MAIL
    postal_days = 0

    def address_of(self, account: AccountFacts) -> str | None:
        """The account's e-mail address, or None when it has none that can be written to."""
        return usable_address(account.email)

    def repeatable(self) -> bool:
        """True without a mail server or provider: an outbox file written twice is still one file."""
        return not settings.EMAIL_HOST and not settings.MAIL_PROVIDER

    def quiet_zones(self, _address: str) -> Sequence[str]:
        """None: a mail waits silently until it is read."""
        return ()

    def notices(self, provider: str, call: IncomingCall) -> Sequence[DeliveryNotice]:
        """What the provider that is set up reports; a mail server of our own reports by mail, not by call."""
        if not provider or provider != settings.MAIL_PROVIDER or mail_providers.trouble():
            raise LookupError(f"no {provider} carries our mail")
        return mail_providers.notices(call)

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """Hand the messages over one by one, each when its receipt is asked for, in order."""
        if settings.MAIL_PROVIDER:
            yield from _by_provider(batch)
            return
        if not settings.EMAIL_HOST:
            yield from map(_to_outbox, batch)
            return
        line = _MailServer()
        try:
            for message in batch:
                yield line.hand_over(message)
        finally:
            line.close()


def _by_provider(batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
    trouble = mail_providers.trouble()
    line = None if trouble else mail_providers.ProviderLine()
    try:
        for message in batch:
            recipient, sender = usable_address(message.recipient), sender_of(message)
            if line is None or sender is None:
                yield DeliveryReceipt(message.id, Outcome.RELEASED, trouble or _NO_SENDER)
            elif recipient is None:
                yield _unusable(message)
            else:
                yield line.hand_over(message, sender, recipient)
    finally:
        if line is not None:
            line.close()


def _to_outbox(message: OutgoingMessage) -> DeliveryReceipt:
    recipient = usable_address(message.recipient)
    if recipient is None:
        return _unusable(message)
    sender = sender_of(message) or _OUTBOX_SENDER
    folder = Path(settings.OUTBOX) / message.business_date.isoformat()
    path = folder / f"{message.id}.eml"
    draft = folder / f".{message.id}.{os.getpid()}.tmp"
    try:
        data = compose(message, recipient, sender)
    except (ValueError, MessageError) as trouble:
        return _impossible(message, trouble)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as trouble:
        return DeliveryReceipt(message.id, Outcome.RELEASED, _short(f"cannot write to the outbox: {trouble}"))
    return DeliveryReceipt(message.id, Outcome.SENT)


def _unusable(message: OutgoingMessage) -> DeliveryReceipt:
    return DeliveryReceipt(message.id, Outcome.FAILED, "the customer has no usable e-mail address")


def _impossible(message: OutgoingMessage, trouble: Exception) -> DeliveryReceipt:
    return DeliveryReceipt(message.id, Outcome.FAILED, _short(f"this message cannot be put into mail form: {trouble}"))


def _short(reason: str) -> str:
    text = " ".join(reason.split())
    return text if len(text) <= 300 else text[:299] + "…"


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}".strip()


class _MailServer:
    """One connection for a batch, opened at the first message and once more if the server closes it in between."""

    def __init__(self) -> None:
        self._backend = EmailBackend()
        self._smtp: smtplib.SMTP | None = None
        self._carried_count = 0
        self._trouble = ""

    def hand_over(self, message: OutgoingMessage) -> DeliveryReceipt:
        """Send one message and say what became of it."""
        recipient, sender = usable_address(message.recipient), sender_of(message)
        if recipient is None:
            return _unusable(message)
        if sender is None:
            return DeliveryReceipt(message.id, Outcome.RELEASED, _NO_SENDER)
        try:
            data = compose(message, recipient, sender)
        except (ValueError, MessageError) as trouble:
            return _impossible(message, trouble)
        while True:
            if self._smtp is None and not self._open():
                return DeliveryReceipt(message.id, Outcome.RELEASED, self._trouble)
            try:
                refusal = self._address(message, sender, recipient)
            except (OSError, smtplib.SMTPException) as trouble:
                if not self._lost(trouble):
                    continue
                return DeliveryReceipt(message.id, Outcome.RELEASED, self._trouble)
            return refusal or self._content(message, data)

    def _open(self) -> bool:
        if self._trouble:
            return False
        try:
            self._backend.open()
            self._smtp = self._backend.connection
            self._live().ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as trouble:
            self._trouble = _short(f"cannot reach the mail server: {trouble}")
            self._drop()
            return False
        self._carried_count = 0
        return True

    def _address(self, message: OutgoingMessage, sender: str, recipient: str) -> DeliveryReceipt | None:
        """Name sender and recipient; a receipt when the server refuses either."""
        smtp = self._live()
        code, text = smtp.mail(sender)
        if code != 250:
            return self._refused(message, code, text, "sender")
        code, text = smtp.rcpt(recipient)
        if code not in (250, 251):
            return self._refused(message, code, text, "recipient")
        return None

    def _content(self, message: OutgoingMessage, data: bytes) -> DeliveryReceipt:
        try:
            code, text = self._live().data(data)
        except smtplib.SMTPDataError as refusal:
            return self._refused(message, refusal.smtp_code, refusal.smtp_error, "message")
        except (OSError, smtplib.SMTPException) as trouble:
            self._carried_count = 0
            self._lost(trouble)
            return DeliveryReceipt(
                message.id,
                Outcome.UNKNOWN,
                _short(f"the connection broke while the mail server was taking the message: {trouble}"),
            )
        if code != 250:
            return self._refused(message, code, text, "message")
        self._carried_count += 1
        return DeliveryReceipt(message.id, Outcome.SENT)

    def _refused(self, message: OutgoingMessage, code: int, text: bytes | str, what: str) -> DeliveryReceipt:
        """5xx is the server's last word on this message; anything else may be tried again later."""
        reason = _short(f"the mail server refused the {what}: {_answer(code, text)}")
        if code == 421:
            self._trouble = reason
            self._drop()
        else:
            try:
                self._live().rset()
            except (OSError, smtplib.SMTPException) as trouble:
                self._lost(trouble)
        final = 500 <= code < 600 and what != "sender"
        return DeliveryReceipt(
            message.id,
            Outcome.FAILED if final else Outcome.RELEASED,
            reason,
            dead_address=final and what == "recipient",
        )

    def _live(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise smtplib.SMTPServerDisconnected("no connection")
        return self._smtp

    def _lost(self, trouble: Exception) -> bool:
        """Drop the connection; true when this batch must not try another, because this one carried nothing."""
        self._drop()
        if self._carried_count == 0:
            self._trouble = _short(f"lost the mail server: {trouble}")
            return True
        return False

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        self._backend.connection = None
        if smtp is not None:
            smtp.close()

    def close(self) -> None:
        """Say goodbye, if anyone still listens."""
        smtp, self._smtp = self._smtp, None
        self._backend.connection = None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()


CHANNEL = Email()
