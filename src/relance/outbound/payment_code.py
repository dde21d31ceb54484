"""The payment code of a message: what a banking app reads to fill in the transfer, and its picture.

The content follows EPC069-12, version 002: a SEPA credit transfer in euro, one field on each line.
"""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache

from schwifty import IBAN

from relance.outbound.dots import payment_code_png

LARGEST_MINOR = 99_999_999_999
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_PAYLOAD = 70, 140, 331
_BIC = r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?"
_DOT_PIXELS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A square picture as a data URI; `side` is its width and height in pixels."""

    uri: str
    side: int


def epc_payload(creditor_name: str, iban: str, amount_minor: int, currency: str, reference: str, bic: str = "") -> str:
    """What the code says: pay `amount_minor` cents to this account. Empty when no SEPA transfer can be asked for.

    That is when the currency is not the euro, the amount is not 0.01 to 999,999,999.99, the IBAN is wrong or outside
    SEPA, or there is no name. `iban` and `bic` are written without spaces. An ISO 11649 reference goes where banks
    check it, any other stands as the transfer's text.
    """
    name = " ".join(creditor_name.split())[:_LONGEST_NAME].rstrip()
    reference = " ".join(reference.split())
    if currency != "EUR" or not 1 <= amount_minor <= LARGEST_MINOR or not name or not _reachable(iban):
        return ""
    structured = _is_creditor_reference(reference)
    lines = [
        "BCD", "002", "1", "SCT",
        bic if re.fullmatch(_BIC, bic) else "",
        name,
        iban,
        f"EUR{amount_minor // 100}.{amount_minor % 100:02d}",
        "",
        reference if structured else "",
        "" if structured else reference,
    ]  # fmt: skip
    payload = "\n".join(lines).rstrip("\n")
    # A reference that was cut would be another one.
    fits = len(reference) <= _LONGEST_TEXT and len(payload.encode()) <= _LONGEST_PAYLOAD
    return payload if fits else ""


@lru_cache(maxsize=256)
def _reachable(iban: str) -> bool:
    number = IBAN(iban, allow_invalid=True)
    return number.compact == iban and number.is_valid and bool(number.in_sepa_zone)


def _is_creditor_reference(text: str) -> bool:
    if not re.fullmatch(r"RF[0-9]{2}[0-9A-Z]{1,21}", text):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def picture(payload: str) -> Picture:
    """The QR code of a payload as a PNG, with the quiet border a camera needs; the same bytes every time."""
    png, side = payment_code_png(payload, _DOT_PIXELS)
    return Picture(f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}", side)
