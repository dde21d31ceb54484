"""Flag the account so that a person looks at it."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import unknown, wrong_text
from relance.dunning.facts import Effect, FlagForReview, GuardedAs


class _Review:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`reason` may say what to look at."""
        return unknown(params, ("reason",)) + wrong_text(params.get("reason", ""), "reason", 200)

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One flag."""
        return (FlagForReview(params.get("reason", "")),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """Only staff notice."""
        return GuardedAs.INTERNAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """Only staff notice."""
        return False


ACTION = _Review()
