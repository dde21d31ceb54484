"""Place a credit hold: nothing more is sold on credit to this customer."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import unknown
from relance.dunning.facts import Effect, GuardedAs, PlaceCreditHold


class _CreditHold:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """It takes no parameters."""
        return unknown(params, ())

    def effects(self, _params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One hold."""
        return (PlaceCreditHold(),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """It takes something from the customer, as a restriction of the line does."""
        return GuardedAs.RESTRICT

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """It says nothing to the customer."""
        return False


ACTION = _CreditHold()
