"""Saves edited texts as versions, puts them in force, and goes back to the standard ones."""

import datetime as dt
from collections.abc import Mapping
from html import escape

from django.db import connection, transaction
from django.db.models.functions import Now

from relance.customers import queries as customers
from relance.kit.ids import next_ids
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.outbound import edits as editing
from relance.outbound import samples
from relance.outbound.channels.email import CHANNEL as EMAIL
from relance.outbound.channels.email import usable_address
from relance.outbound.facts import Outcome, OutgoingMessage, RenderedMessage
from relance.outbound.models import TextVersion


@transaction.atomic
def save_text(
    creditor_id: int,
    code: str,
    language: str,
    channel: str,
    parts: Mapping[str, str],
    seen_id: int,
    note: str,
    actor: str,
    as_of: dt.date,
) -> int:
    """Put these parts of a text in force as a new version, and return its number; 0 when they say what the text says already.

    `creditor_id` 0 is for all creditors, an empty `channel` for all channels. `seen_id` is the version in force that the
    person saw, 0 for the standard text. Raises Refusal when someone else saved one since, for parts that cannot be
    written (see `queries.text_problems`) or are the standard ones, and LookupError for a text that we do not have.
    """
    wanted = editing.changed_parts(code, language, parts)
    if channel and channel not in shelf("relance.outbound.channels", "CHANNEL"):
        raise Refusal(f"There is no channel {channel!r}.")
    if creditor_id and not any(creditor.id == creditor_id for creditor in customers.creditors()):
        raise Refusal(f"There is no creditor {creditor_id}.")
    wrong = samples.problems(code, language, wanted, as_of)
    if wrong:
        raise Refusal(
            "The text cannot be used: " + "; ".join(f"{each.part} {each.wrong} {each.detail}".strip() for each in wrong)
        )
    current = _current(creditor_id, code, language, channel, seen_id)
    if current is not None and tuple(current.parts.items()) == wanted:
        return 0
    if not wanted:
        raise Refusal("These are the words of the standard text; go back to it instead.")
    of_text = {"creditor_id": creditor_id, "code": code, "language": language, "channel": channel}
    newest = TextVersion.objects.filter(**of_text).order_by("-number").values_list("number", flat=True).first()
    number = int(newest or 0) + 1
    if current is not None:
        _end(current, actor)
    TextVersion.objects.create(**of_text, number=number, parts=dict(wanted), note=note[:300], saved_by=actor[:150])
    return number


@transaction.atomic
def standard_again(creditor_id: int, code: str, language: str, channel: str, seen_id: int, actor: str) -> None:
    """Write with the standard text again; the versions stay. Raises Refusal when it is not edited, or someone saved since."""
    current = _current(creditor_id, code, language, channel, seen_id)
    if current is None:
        raise Refusal("This text is the standard one already.")
    _end(current, actor)


def _current(creditor_id: int, code: str, language: str, channel: str, seen_id: int) -> TextVersion | None:
    """The version in force, with the text locked; the Refusal when it is not the one that was seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"text {creditor_id}/{code}/{language}/{channel}"]
        )
    current = TextVersion.objects.filter(
        creditor_id=creditor_id, code=code, language=language, channel=channel, ended_at__isnull=True
    ).first()
    if (current.id if current else 0) != seen_id:
        raise Refusal(
            "Somebody has changed this text since you opened it; load the page again to see how it stands now."
        )
    return current


def _end(version: TextVersion, actor: str) -> None:
    TextVersion.objects.filter(id=version.id).update(ended_at=Now(), ended_by=actor[:150])


def send_test(words: RenderedMessage, address: str, creditor_id: int, at: dt.datetime) -> None:
    """Send words that are being edited to the person who edits them, marked as a test, by mail.

    Must not be called inside a transaction. Raises Refusal when it cannot be sent.
    """
    to = usable_address(address)
    if to is None:
        raise Refusal("Give yourself an e-mail address in your preferences; the test goes there.")
    owner = next((one for one in customers.creditors() if creditor_id in (0, one.id)), None)
    message = OutgoingMessage(
        next_ids(1)[0], 0, to, at.date(), at, f"[Test] {words.subject}".strip(), words.text,
        words.html or f"<pre>{escape(words.text)}</pre>", owner.name if owner else "", owner.email if owner else "",
    )  # fmt: skip
    receipt = next(iter(EMAIL.deliver([message])))
    if receipt.outcome is not Outcome.SENT:
        raise Refusal(f"The test could not be sent: {receipt.reason}.")
