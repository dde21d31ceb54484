"""Two arms of an experiment compared: what was paid in time, in percent, and how much of a difference may be chance."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from relance.insight.facts import Gap, Verdict

RESAMPLES = 2_000
"""How often each arm of an experiment is drawn anew to see how much chance there is in a difference."""

FEWEST = 30
"""An arm with fewer episodes than this tells nothing, whatever the interval says."""

_SEED = 20_260_101

_HUNDREDTH = Decimal("0.01")

Pairs = Sequence[tuple[int, int]]
"""Per episode what counts (1, or what was owed) and what of it was paid in time (the same, or 0)."""


def share_percent(pairs: Pairs) -> Decimal | None:
    """What was paid of what counts, in percent to hundredths; None when nothing counts."""
    whole = sum(entry[0] for entry in pairs)
    return _rounded(Decimal(100 * sum(entry[1] for entry in pairs)) / whole) if whole else None


def gap(champion: Pairs, challenger: Pairs) -> Gap | None:
    """By how many points of percent the challenger's share differs from the champion's, with its 95 % interval.

    The interval is that of a percentile bootstrap: each arm is drawn anew with replacement `RESAMPLES` times, from a fixed
    seed, so that the same episodes give the same answer. It is `too_early` when an arm has fewer than `FEWEST` episodes or
    when the interval holds 0; None when nothing counts in one of the arms. Source: Efron and Tibshirani, An Introduction to
    the Bootstrap (1993), chapter 13.
    """
    first, second = share_percent(champion), share_percent(challenger)
    if first is None or second is None:
        return None
    random = np.random.default_rng(_SEED)
    differences = _drawn_shares(challenger, random) - _drawn_shares(champion, random)
    low, high = (_rounded(Decimal(str(bound))) for bound in np.quantile(differences, (0.025, 0.975)))
    verdict = Verdict.TOO_EARLY
    if min(len(champion), len(challenger)) >= FEWEST and (low > 0 or high < 0):
        verdict = Verdict.BETTER if low > 0 else Verdict.WORSE
    return Gap(second - first, low, high, verdict)


def _drawn_shares(pairs: Pairs, random: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The share in percent of each redrawing, which says how often each episode was drawn."""
    values = np.asarray(pairs, dtype=np.float64)
    sums = np.empty((RESAMPLES, 2))
    for turn in range(RESAMPLES):
        drawn = random.integers(0, len(values), size=len(values), dtype=np.int32)
        sums[turn] = np.bincount(drawn, minlength=len(values)) @ values
    # A redrawing in which nothing counts says nothing; it stands for no payment at all.
    return 100.0 * sums[:, 1] / np.maximum(sums[:, 0], 1)


def _rounded(percent: Decimal) -> Decimal:
    return percent.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
