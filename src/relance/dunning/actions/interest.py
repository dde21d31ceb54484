"""Put the interest accrued on overdue items on interest notes."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import unknown
from relance.dunning.facts import BillInterest, Effect, GuardedAs


class _Interest:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """It takes no parameters: rates and minimum are those of the interest policy and the law."""
        return unknown(params, ())

    def effects(self, _params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One note for each currency and nature of interest."""
        return (BillInterest(),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """A charge is as grave as a formal notice."""
        return GuardedAs.FORMAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """The next message tells of it."""
        return False


ACTION = _Interest()
