"""Text messages as networks carry them: the GSM 7-bit alphabet (3GPP TS 23.038), its cost in septets, and segments. Pure."""

import unicodedata

SINGLE, JOINED = 160, 153
"""Septets in a message of its own, and in each segment of a longer one."""
WIDE_SINGLE, WIDE_JOINED = 70, 67
"""UTF-16 units in a message of its own, and in each segment, when one character is not in the alphabet."""

_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
_INSTEAD = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
    "’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "·": "-",
    "œ": "oe", "Œ": "OE", "ç": "c", "ĳ": "ij", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ẞ": "SS",
}  # fmt: skip


def fold(text: str) -> str:
    """The text with what the alphabet lacks written with what it has: `«` as `"`, `ê` as `e`, a no-break space as a space.

    One character that cannot be folded makes the whole message wide whatever else it holds; then nothing is folded but
    spaces, so that a name in another script stands among words that are spelled right.
    """
    text = unicodedata.normalize("NFC", text)
    folded = "".join(map(_folded, text))
    if all(mark in _PLAIN or mark in _ESCAPED for mark in folded):
        return folded
    return "".join(" " if _INSTEAD.get(mark) == " " else mark for mark in text)


def _folded(mark: str) -> str:
    if mark in _PLAIN or mark in _ESCAPED:
        return mark
    if mark in _INSTEAD:
        return _INSTEAD[mark]
    base = unicodedata.normalize("NFD", mark)[0]
    return base if base in _PLAIN else mark


def is_wide(text: str) -> bool:
    """Whether one character is outside the alphabet, so that every character costs 16 bits."""
    return not all(mark in _PLAIN or mark in _ESCAPED for mark in text)


def length(text: str) -> int:
    """What the text costs: septets, or 16-bit units when it is wide."""
    return sum(_costs(text))


def segment_count(text: str) -> int:
    """How many messages a network charges for; no character is cut in two by a segment's end."""
    costs = _costs(text)
    single, joined = (WIDE_SINGLE, WIDE_JOINED) if is_wide(text) else (SINGLE, JOINED)
    if sum(costs) <= single:
        return 1
    count, used = 1, 0
    for cost in costs:
        if used + cost > joined:
            count, used = count + 1, 0
        used += cost
    return count


def _costs(text: str) -> list[int]:
    if is_wide(text):
        return [2 if ord(mark) > 0xFFFF else 1 for mark in text]
    return [2 if mark in _ESCAPED else 1 for mark in text]
