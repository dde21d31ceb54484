"""What a reminder says: its fields, worked out from facts, and its words, rendered from the texts of its language."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from relance.customers.facts import AccountFacts, CreditorFacts
from relance.kit.calendars import on_or_next_working_day
from relance.ledger.facts import ClaimedItem, OpenItemFacts
from relance.legal.facts import Opening
from relance.legal.rules import next_opening
from relance.outbound import wording
from relance.outbound.facts import ClaimLine, Edits, Form, MessageContent, NoticeContent, RenderedMessage
from relance.outbound.letters import plain_text, sheet
from relance.outbound.payment_code import epc_payload
from relance.outbound.short_text import fold

TEXTS = wording.TEXTS
LANGUAGES = ("fr", "en", "de", "nl")
NOTICE_LANGUAGES = ("fr", "en")
SUBJECT_LENGTH = 200

REREAD = "written_late"
"""Key of a message's context: it is written for a second time, so it is dated on the day of writing."""

_DAYS_TO_PAY = {"reminder": 7, "second_reminder": 8, "red_letter": 7, "suspension_warning": 8, "formal_notice": 14}
_DAYS_TO_PAY_OTHERWISE = 8
_FIRMNESS = ("reminder", "second_reminder", "red_letter", "suspension_warning", "formal_notice")
UNCAPPED = frozenset({"formal_notice", "suspension_warning"})
"""Texts that the law or the contract wants sent before a measure: no cap keeps them back."""
_OF_COUNTRY = {"DE": "de", "AT": "de", "LI": "de", "NL": "nl"}
_FRENCH_SPEAKING = frozenset(("FR", "BE", "LU", "MC", "GP", "MQ", "GF", "RE", "YT", "NC", "PF", "PM", "BL", "MF", "WF"))
_INTEREST_KINDS = frozenset({"interest"})
_ACCESSORY_KINDS = frozenset({"late_fee", "indemnity", "return_charge"})


@cache
def template_codes() -> tuple[str, ...]:
    """The codes of all messages that have a text in every language, in alphabetical order."""
    found = [{path.stem for path in (TEXTS / language).glob("*.j2")} - {"words"} for language in LANGUAGES]
    return tuple(sorted(set.intersection(*found)))


@cache
def by_firmness() -> tuple[str, ...]:
    """The codes of all messages with a text, the kindest first; those that are no reminder come last."""
    codes = template_codes()
    return tuple(sorted(codes, key=lambda code: (_FIRMNESS.index(code) if code in _FIRMNESS else len(_FIRMNESS), code)))


def has_template(code: str) -> bool:
    """Whether a message of this code can be written."""
    return code in template_codes()


def language_of(account: AccountFacts, creditor: CreditorFacts) -> str:
    """The language to write in: the account's own when we have texts in it, else the one of the creditor's country."""
    chosen = account.language[:2].lower()
    return chosen if chosen in LANGUAGES else house_language(creditor)


def house_language(creditor: CreditorFacts) -> str:
    """The language of the creditor's country, in which customers are written to when we do not know theirs."""
    return "fr" if creditor.country in _FRENCH_SPEAKING else _OF_COUNTRY.get(creditor.country, "en")


def notice_language(creditor: CreditorFacts) -> str:
    """The language in which colleagues are written to when we do not know theirs."""
    return "fr" if creditor.country in _FRENCH_SPEAKING else "en"


@lru_cache(maxsize=1024)
def opening(zones: tuple[str, ...], country: str, house_zone: str, at: dt.datetime) -> Opening:
    """When a phone that may be in these time zones may ring, from `at` on; in the creditor's zone when none is known.

    One batch asks for one instant and a few zones, again and again.
    """
    try:
        return next_opening(country, zones, at)
    except ValueError:
        return next_opening(country, (house_zone,), at)


def deadline_on(template: str, arrives_on: dt.date, country: str) -> dt.date:
    """The day to pay by, counted from the day of arrival and never a closed day of `country`."""
    days = _DAYS_TO_PAY.get(template, _DAYS_TO_PAY_OTHERWISE)
    return on_or_next_working_day(arrives_on + dt.timedelta(days=days), country)


def payment_reference(account_number: str) -> str:
    """The reference a payer quotes: ISO 11649 (`RF` and two check digits) around the account number.

    A number that is not 1 to 21 letters and digits cannot be wrapped and is the reference itself.
    """
    if not re.fullmatch(r"[0-9A-Za-z]{1,21}", account_number):
        return account_number
    number = account_number.upper()
    return f"RF{98 - int(_digits(number + 'RF00')) % 97:02d}{number}"


def _digits(text: str) -> str:
    return "".join(str(int(character, 36)) for character in text)


def clean(text: str) -> str:
    """Text from outside made fit for one line: control, direction and line-break characters become plain spaces."""
    return " ".join(wording.visible(text).split())


def left_out_of(context: Mapping[str, Any]) -> dict[int, int]:
    """By item id how much of it a message does not claim, in minor units; -1 stands for all of it."""
    return {int(item_id): int(minor) for item_id, minor in (context.get("left_out") or {}).items()}


def family_of(context: Mapping[str, Any]) -> tuple[int, ...]:
    """The other accounts whose items a message claims."""
    return tuple(int(account_id) for account_id in context.get("family") or ())


def claimed_by_message(
    overdue: Sequence[ClaimedItem], item_id: int, currency: str, context: Mapping[str, Any]
) -> list[ClaimedItem]:
    """What a message claims of these overdue items: one item or all (0) of its currency, less what it leaves out."""
    left_out = left_out_of(context)
    found = []
    for entry in overdue:
        less = left_out.get(entry.item.id, 0)
        if entry.item.currency == currency and item_id in (0, entry.item.id) and less >= 0:
            found.append(replace(entry, claimed_minor=max(0, entry.claimed_minor - less)) if less else entry)
    return found


def content(
    account: AccountFacts,
    creditor: CreditorFacts,
    claimed: Sequence[ClaimedItem],
    template: str,
    written_on: dt.date,
    context: Mapping[str, Any],
    language: str = "",
    postal_days: int = 0,
) -> MessageContent:
    """Every field a text may use, for a claim of these overdue items (all of one currency, at least one).

    Each item is listed with what may be asked for of it; credits that no item has taken yet are taken off the total.

    `context` may hold `left_out` (see `claimed_by_message`), `next_stage` and `next_on` (ISO date). A next stage that
    would begin before the deadline is told without its day, so that one message never names two days for one thing. A
    message that takes `postal_days` to arrive has its deadline later by as many.
    """
    deadline = deadline_on(template, written_on + dt.timedelta(days=postal_days), creditor.country)
    next_on = context.get("next_on")
    next_on = dt.date.fromisoformat(next_on) if isinstance(next_on, str) and next_on else next_on or None
    left_out = left_out_of(context)
    asked = [(entry.item, max(0, entry.item.chased_minor - left_out.get(entry.item.id, 0))) for entry in claimed]
    asked = [(item, minor) for item, minor in asked if minor > 0]
    interest = sum(minor for item, minor in asked if item.kind in _INTEREST_KINDS)
    accessories = sum(minor for item, minor in asked if item.kind in _ACCESSORY_KINDS)
    chased = sum(minor for _, minor in asked)
    total = sum(entry.claimed_minor for entry in claimed)
    name, currency, reference = clean(creditor.name), claimed[0].item.currency, payment_reference(clean(account.number))
    iban, bic = (re.sub(r"[^0-9A-Z]", "", number.upper()) for number in (creditor.iban, creditor.bic))
    return MessageContent(
        language=language if language in LANGUAGES else language_of(account, creditor),
        creditor_name=name,
        creditor_address=_identity(creditor),
        contact_name=clean(creditor.contact_name),
        contact_phone=clean(creditor.phone),
        contact_email=clean(creditor.email),
        iban=iban,
        bic=bic,
        payment_reference=reference,
        account_number=clean(account.number),
        customer_name=clean(account.name),
        currency=currency,
        lines=tuple(_line(item, minor, written_on) for item, minor in asked),
        principal_minor=chased - interest - accessories,
        interest_minor=interest,
        accessories_minor=accessories,
        credits_minor=chased - total,
        disputed_minor=sum(entry.item.disputed_minor for entry in claimed),
        set_aside_minor=sum(item.chased_minor - minor for item, minor in asked),
        total_minor=total,
        written_on=written_on,
        deadline_on=deadline,
        next_stage=clean(str(context.get("next_stage") or "")),
        next_on=next_on if next_on is not None and next_on > deadline else None,
        payment_code=epc_payload(name, iban, total, currency, reference, bic),
    )


def _line(item: OpenItemFacts, asked_minor: int, written_on: dt.date) -> ClaimLine:
    url = item.document_url.strip()
    if item.due_on is None:
        raise ValueError("an item without a due date is never claimed")
    return ClaimLine(
        kind=item.kind,
        number=clean(item.number),
        issued_on=item.born_on,
        due_on=item.due_on,
        amount_minor=item.amount_minor,
        open_minor=asked_minor,
        days_past_due=(written_on - item.due_on).days,
        document_url=url if re.fullmatch(r"https?://[!-~]+", url) else "",
    )


def _identity(creditor: CreditorFacts) -> tuple[str, ...]:
    lines = [creditor.address1, creditor.address2, f"{creditor.postcode} {creditor.city}"]
    if creditor.siren and creditor.country == "FR":
        lines.append(f"SIREN {' '.join(re.findall('.{1,3}', creditor.siren.replace(' ', '')))}")
    return tuple(line for line in map(clean, lines) if line)


def render(template: str, fields: MessageContent, form: Form = Form.MAIL, edits: Edits = ()) -> RenderedMessage:
    """The exact words of a message, with these parts instead of the standard ones.

    Raises LookupError for a template we have no text of.
    """
    if not has_template(template):
        raise LookupError(f"there is no message text named {template!r}; known are {', '.join(template_codes())}")
    if form is Form.LETTER:
        return RenderedMessage(subject="", text=plain_text(sheet(template, fields, edits=edits)), html="")
    if form is Form.SHORT:
        return RenderedMessage(subject="", text=fold(clean(wording.short(template, fields, edits))), html="")
    return RenderedMessage(
        subject=_shorten(clean(wording.subject(template, fields, edits))),
        text=wording.body(template, "text", fields, edits),
        html=wording.body(template, "html", fields, edits),
    )


@cache
def notice_codes() -> tuple[str, ...]:
    """The codes of all notices to staff that have a text in every language, in alphabetical order."""
    found = [{path.stem for path in (TEXTS / language / "notices").glob("*.j2")} for language in NOTICE_LANGUAGES]
    return tuple(sorted(set.intersection(*found)))


def notice(
    account: AccountFacts,
    creditor: CreditorFacts,
    code: str,
    written_on: dt.date,
    data: Mapping[str, Any],
    language: str,
) -> RenderedMessage:
    """The exact words of a notice to staff. Raises LookupError for a code we have no text of or a field it lacks."""
    if code not in notice_codes():
        raise LookupError(f"there is no notice named {code!r}; known are {', '.join(notice_codes())}")
    fields = NoticeContent(
        language, clean(creditor.name), clean(account.number), clean(account.name), written_on,
        clean(str(data.get("subject") or "")),
        {key: clean(value) if isinstance(value, str) else value for key, value in data.items()},
    )  # fmt: skip
    subject, text, html = wording.notice(code, fields)
    return RenderedMessage(_shorten(clean(fields.subject or subject)), text, html)


def _shorten(subject: str) -> str:
    return wording.shortened(subject, SUBJECT_LENGTH)
