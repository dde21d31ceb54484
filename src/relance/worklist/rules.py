"""What kinds of work mean, pure: which kind a code is, how it may end, and when nobody should do it any more."""

from collections.abc import Mapping

from relance.worklist.facts import WorkKind

STAND_IN = "task"
"""The kind whose outcomes serve a kind that is not installed: what was ordered can always be closed."""

SETTLED = "settled"
"""The outcome of work that was called off because nothing is overdue any more; no person gives it."""


def kind_of(code: str, kinds: Mapping[str, WorkKind]) -> WorkKind:
    """The kind of this code, or the stand-in when no file of the shelf has it."""
    return kinds.get(code) or kinds[STAND_IN]


def may_end_with(kind: WorkKind, outcome: str) -> bool:
    """Whether a person may close this kind of work with this outcome."""
    return any(outcome == allowed.code for allowed in kind.outcomes)


def falls_away(kind: WorkKind, stake_minor: int) -> bool:
    """Whether this kind of work is called off with so much overdue: nobody who has paid is called or visited."""
    return kind.speaks_to_customer and stake_minor <= 0
