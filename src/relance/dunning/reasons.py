"""The reasons of decisions as they are stored: JSON text of `[[code, data], ...]`."""

import json

from relance.dunning.facts import Because, Passed, Stage

_as_text = json.JSONEncoder(separators=(",", ":")).encode


def reasons_text(because: tuple[Because, ...]) -> str:
    """All reasons of a decision. Those after the first, which tells the amount, are the same objects for many accounts."""
    rest = because[1:]
    return f"[{_one(because[0])}{''.join([_known_text(id(reason), reason) for reason in rest])}]"


def _one(reason: Because) -> str:
    return _as_text((reason.code, reason.data))


_texts: dict[int, tuple[Because, str]] = {}
_MOST_TEXTS = 20_000


def _known_text(key: int, reason: Because) -> str:
    """The text of a reason with the comma before it, remembered by the very object, which is kept so that no other may
    take its place.
    """
    known = _texts.get(key)
    if known is not None and known[0] is reason:
        return known[1]
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    text = f",{_one(reason)}"
    _texts[key] = (reason, text)
    return text


def extended(text: str, reason: Because | None) -> str:
    """The text of reasons with one more at its end, if there is one."""
    return text if reason is None else reasons_text((*reasons_from(text), reason))


def reasons_from(text: str) -> tuple[Because, ...]:
    """The reasons back from their text."""
    return tuple(Because(code, data) for code, data in json.loads(text))


def passed_because(stage: Stage, passed: Passed) -> Because:
    """Why a stage was passed over, as the one reason of its actions."""
    if passed.reason == "below_minimum":
        return Because("below_minimum", {"stage": stage.code, "minimum": stage.min_amount})
    if passed.reason == "impossible":
        return Because("impossible", {"stage": stage.code, "refusals": list(passed.refusals)})
    return Because(passed.reason, {"stage": stage.code})
