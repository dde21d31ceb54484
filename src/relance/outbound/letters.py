"""A letter as data for the typesetter: what stands where on its sheets. Pure.

The address stands where both usual window envelopes show it: right for French ones (DL, window 35 x 100 mm at 20 mm from the
right and the bottom edge), left for the others (DL and C5/6, window 45 x 90 mm at 20 mm from the left, DIN 5008 form B).
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relance.outbound import wording
from relance.outbound.facts import Edits, MessageContent
from relance.outbound.wording import grouped, long_day, money_text, short_day

_RIGHT_WINDOW = frozenset(
    ("FR", "MC", "BE", "LU", "CH", "GP", "MQ", "GF", "RE", "YT", "NC", "PF", "PM", "BL", "MF", "WF")
)
_LINE_LENGTH = 42
_ADDRESS_LINES = 6
_LONGEST_FIELD = 90
_STRONG = re.compile(f"{wording.STRONG_STARTS}(.*?){wording.STRONG_ENDS}", re.DOTALL)
RED = "#b3261e"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a letter travels: the address lines, whether registered, and whether it is printed in red."""

    address: tuple[str, ...]
    registered: bool = False
    red: bool = False


def address_lines(
    name: str, address1: str, address2: str, postcode: str, city: str, country_name: str
) -> tuple[str, ...] | None:
    """The lines of a postal address, none longer than a window is wide; None when street or town is missing.

    `country_name` is empty at home. A name too long for one line has a second one.
    """
    town = f"{postcode} {city}".strip()
    if not name or not (address1 or address2) or not city:
        return None
    lines = [*_broken(name, 2), *_broken(address1, 1), *_broken(address2, 1), *_broken(town.upper(), 1)]
    if country_name:
        lines += _broken(country_name.upper(), 1)
    return tuple(lines[-_ADDRESS_LINES:])


def _broken(text: str, most: int) -> list[str]:
    """The text in at most so many lines; what does not fit is cut and ends in an ellipsis."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most:
        if len(rest) <= _LINE_LENGTH:
            return [*lines, rest]
        cut = rest.rfind(" ", 0, _LINE_LENGTH + 1)
        if len(lines) == most - 1:
            return [*lines, wording.shortened(rest, _LINE_LENGTH)]
        cut = cut if cut > 0 else _LINE_LENGTH
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].strip()
    return lines


def sheet(
    template: str, fields: MessageContent, envelope: Envelope | None = None, country: str = "", edits: Edits = ()
) -> dict[str, Any]:
    """One letter, as `letter.typ` reads it: plain strings, numbers, lists and dictionaries.

    `country` is the sender's. Without an envelope it has no address, and only its words count. Raises LookupError for a
    field that a text uses and the message does not have.
    """
    envelope = envelope or Envelope(())
    parts, kinds = wording.letter_parts(template, fields, edits)
    word = {name.removeprefix("word:"): text for name, text in parts.items() if name.startswith("word:")}

    def day(on: dt.date) -> str:
        return long_day(on, fields.language)

    def money(minor: int) -> str:
        return money_text(minor, fields.currency, fields.language)

    contact = [fields.contact_name] if fields.contact_name else []
    contact += [f"{word['phone']} {fields.contact_phone}"] if fields.contact_phone else []
    contact += [f"{word['email']} {fields.contact_email}"] if fields.contact_email else []
    sums = [(word["principal"], fields.principal_minor, False), (word["interest"], fields.interest_minor, False)]
    sums += [(word["accessories"], fields.accessories_minor, False)]
    sums += [(word["credits"], -fields.credits_minor, False)] if fields.credits_minor else []
    sums += [(word["total"], fields.total_minor, True)]
    window = "right" if country in _RIGHT_WINDOW else "left"
    town = fields.creditor_address[0] if fields.creditor_address else ""
    return {
        "lang": fields.language,
        "accent": RED if envelope.red else parts["accent"].strip(),
        "window": window,
        "marks": [],
        "sender": {
            "name": _short(fields.creditor_name),
            "lines": [*map(_short, fields.creditor_address), *contact[1:]],
        },
        "return_line": "" if window == "right" else _short(f"{fields.creditor_name}, {town}"),
        "address": list(envelope.address),
        "refs": [
            [word["account"], _short(fields.account_number)],
            [word["written_on"], day(fields.written_on)],
            [word["reference"], grouped(fields.payment_reference)],
            [word["to_pay"], money(fields.total_minor)],
            [word["deadline"], day(fields.deadline_on)],
        ],
        "sending": word["registered"] if envelope.registered else "",
        "title": parts["title"].strip(),
        "opening": _paragraphs(parts["opening"]),
        "head": [word[name] for name in ("invoice", "issued_head", "due_column", "amount_column", "open_column")],
        "rows": [
            [
                line.number if line.kind == "invoice" else f"{kind} {line.number}",
                short_day(line.issued_on, fields.language),
                short_day(line.due_on, fields.language),
                money(line.amount_minor),
                money(line.open_minor),
            ]
            for line, kind in zip(fields.lines, kinds, strict=True)
        ],
        "sums": [[label, money(minor), is_bold] for label, minor, is_bold in sums],
        "demand": [*_paragraphs(parts["disputed"]), *_paragraphs(parts["set_aside"]), *_paragraphs(parts["demand"])],
        "sections": [
            {"title": word["how_to_pay"], "body": _paragraphs(f"{parts['transfer']}\n\n{parts['already_paid']}")},
            {"title": word["what_next"], "body": _paragraphs(parts["next"])},
            {
                "title": word["contact_title"],
                "body": [*_paragraphs(parts["contact"]), *_paragraphs(" - ".join(map(_short, contact)))],
            },
        ],
        "regards": word["regards"],
        "signed": _short(fields.contact_name or fields.creditor_name),
        "footer": " - ".join(map(_short, (fields.creditor_name, *fields.creditor_address))),
        "page": word["page"],
        "coupon": _coupon(fields, word, money(fields.total_minor), day(fields.deadline_on)),
    }


def _coupon(fields: MessageContent, word: Mapping[str, str], amount: str, deadline: str) -> dict[str, Any] | None:
    """What is cut off and kept at hand while paying; None where the creditor gives no account to pay into."""
    if not fields.iban:
        return None
    facts = [
        [word["beneficiary"], _short(fields.creditor_name)],
        [word["iban"], grouped(fields.iban)],
        [word["bic"], fields.bic],
        [word["reference"], grouped(fields.payment_reference)],
        [word["to_pay"], amount],
        [word["deadline"], deadline],
    ]
    return {
        "title": word["coupon"],
        "facts": [fact for fact in facts if fact[1]],
        "code": fields.payment_code,
        "caption": word["code_caption"],
    }


def plain_text(sheet: Mapping[str, Any]) -> str:
    """What a letter says, as text: for the archive, for searching, and for readers who see no pictures."""
    said = [sheet["sender"]["name"], sheet["title"], "", *(f"{label} {value}" for label, value in sheet["refs"]), ""]
    said += _told(sheet["opening"])
    said += [
        *(" | ".join(row) for row in sheet["rows"]),
        "",
        *(f"{label} {value}" for label, value, _ in sheet["sums"]),
        "",
    ]
    said += _told(sheet["demand"])
    for section in sheet["sections"]:
        said += [section["title"], "", *_told(section["body"])]
    if sheet["coupon"]:
        said += [*(f"{label} {value}" for label, value in sheet["coupon"]["facts"]), ""]
    return "\n".join([*said, sheet["regards"], sheet["signed"], *sheet["sender"]["lines"]]) + "\n"


def _told(paragraphs: list[list[dict[str, Any]]]) -> list[str]:
    return [line for runs in paragraphs for line in ("".join(run["t"] for run in runs), "")]


def _paragraphs(text: str) -> list[list[dict[str, Any]]]:
    """Prose as paragraphs of runs, each plain or bold."""
    return [_runs(paragraph) for paragraph in wording.prose(text)]


def _runs(paragraph: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for number, text in enumerate(_STRONG.split(paragraph)):
        if text:
            runs.append({"t": text, "b": bool(number % 2)})
    return runs


def _short(text: str) -> str:
    return wording.shortened(text, _LONGEST_FIELD)
