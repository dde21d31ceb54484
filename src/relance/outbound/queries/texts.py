"""Reads of texts: what the house edited, the standard words, and how a text looks for one customer."""

import datetime as dt
from collections.abc import Mapping

from jinja2 import TemplateError

from relance.customers import queries as customers
from relance.customers.facts import CreditorFacts
from relance.kit.shelf import shelf
from relance.ledger import queries as ledger
from relance.outbound import edits as editing
from relance.outbound import letters, rules, samples
from relance.outbound.facts import Channel, Edits, Form, MessageContent, PartProblem, TextPreview, TextVersionFacts
from relance.outbound.models import TextVersion
from relance.outbound.post import lines_of
from relance.outbound.short_text import length, segment_count
from relance.outbound.typesetting import Typesetter

_VERSIONS_SHOWN = 100
_PAGES_SHOWN = 6


def texts_in_force() -> editing.Edition:
    """The edited texts that messages are written with now."""
    rows = TextVersion.objects.filter(ended_at__isnull=True)
    return editing.Edition(
        {(row.creditor_id, row.code, row.language, row.channel): (row.id, tuple(row.parts.items())) for row in rows}
        if rows
        else {}
    )


def text_codes() -> tuple[str, ...]:
    """The texts that can be edited, by growing firmness where they have one."""
    return rules.by_firmness()


def text_languages() -> tuple[str, ...]:
    """The languages that customers are written to in."""
    return rules.LANGUAGES


def standard_text(code: str, language: str) -> Mapping[str, str]:
    """The parts of a standard text as they are written. Raises LookupError for a text that we do not have."""
    return editing.standard_parts(code, language)


def longest_part(part: str) -> int:
    """The most characters that a part of a text may have."""
    return editing.LONGEST.get(part, editing.LONGEST_OTHERWISE)


def edited_texts(creditor_id: int | None = None) -> list[TextVersionFacts]:
    """The edits in force, of one creditor (0: those for all creditors) or of everyone."""
    rows = TextVersion.objects.filter(ended_at__isnull=True)
    rows = rows if creditor_id is None else rows.filter(creditor_id=creditor_id)
    return [_facts(row) for row in rows.order_by("creditor_id", "code", "language", "channel")]


def text_versions(creditor_id: int, code: str, language: str, channel: str) -> list[TextVersionFacts]:
    """The saved versions of a text, newest first; at most a hundred."""
    rows = TextVersion.objects.filter(creditor_id=creditor_id, code=code, language=language, channel=channel)
    return [_facts(row) for row in rows.order_by("-number")[:_VERSIONS_SHOWN]]


def text_version(version_id: int) -> TextVersionFacts | None:
    """One saved version, or None."""
    row = TextVersion.objects.filter(id=version_id).first()
    return _facts(row) if row else None


def _facts(row: TextVersion) -> TextVersionFacts:
    return TextVersionFacts(
        row.id, row.creditor_id, row.code, row.language, row.channel, row.number, row.parts, row.note, row.saved_by,
        row.saved_at, row.ended_at, row.ended_by,
    )  # fmt: skip


def text_problems(code: str, language: str, parts: Mapping[str, str], as_of: dt.date) -> list[PartProblem]:
    """What keeps these parts from being saved, none when every customer can be written to with them.

    Raises LookupError for a text that we do not have.
    """
    return samples.problems(code, language, editing.changed_parts(code, language, parts), as_of)


def preview_text(
    code: str,
    language: str,
    parts: Mapping[str, str],
    form: Form,
    creditor_id: int,
    account_number: str,
    as_of: dt.date,
) -> TextPreview | list[PartProblem]:
    """A text with these parts as an account of the creditor would get it today, or what is wrong with them.

    An account that is not known, is another creditor's or owes nothing past due stands aside for an invented one.
    Raises LookupError for a text that we do not have.
    """
    edits = editing.changed_parts(code, language, parts)
    found = samples.problems(code, language, edits, as_of)
    if found:
        return found
    creditors = {creditor.id: creditor for creditor in customers.creditors()}
    creditor = creditors.get(creditor_id) or (min(creditors.values(), key=lambda one: one.id) if creditors else None)
    real = _real(code, language, form, creditor, creditor_id, account_number, as_of)
    said, address = real or (samples.invented(code, language, as_of, creditor), samples.ADDRESS)
    try:
        words = rules.render(code, said, form, edits)
    except (TemplateError, LookupError, TypeError, ValueError) as trouble:
        return [PartProblem("", 0, "cannot_be_written", str(trouble))]
    pages = _pages(code, said, address, creditor, edits, as_of) if form is Form.LETTER else ()
    return TextPreview(words, pages, real is None, length(words.text), segment_count(words.text))


def _real(
    code: str, language: str, form: Form, creditor: CreditorFacts | None, creditor_id: int, number: str, as_of: dt.date
) -> tuple[MessageContent, tuple[str, ...]] | None:
    account = customers.account_by_number(number) if number else None
    if account is None or creditor is None or creditor_id not in (0, account.creditor_id):
        return None
    owner = next(one for one in customers.creditors() if one.id == account.creditor_id)
    claims = ledger.claims([account.id], as_of).get(account.id, ())
    currency = claims[0].item.currency if claims else ""
    claimed = [entry for entry in claims if entry.item.currency == currency and entry.claimed_minor > 0]
    if not claimed:
        return None
    ways: Mapping[str, Channel] = shelf("relance.outbound.channels", "CHANNEL")
    postal_days = max((way.postal_days for way in ways.values() if way.form is form), default=0)
    said = rules.content(account, owner, claimed, code, as_of, {}, language, postal_days)
    return said, lines_of(account, "") or samples.ADDRESS


def _pages(
    code: str,
    said: MessageContent,
    address: tuple[str, ...],
    creditor: CreditorFacts | None,
    edits: Edits,
    as_of: dt.date,
) -> tuple[bytes, ...]:
    registered = code == "formal_notice"
    sheet = letters.sheet(
        code, said, letters.Envelope(address, registered), creditor.country if creditor else "FR", edits
    )
    with Typesetter() as typesetter:
        pages = typesetter.draw(sheet, dt.datetime.combine(as_of, dt.time(), dt.UTC))
    return pages[:_PAGES_SHOWN]
