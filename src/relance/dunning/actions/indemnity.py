"""Charge the fixed recovery indemnity on each overdue invoice, where the law of the creditor's country gives one."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import unknown
from relance.dunning.facts import ChargeIndemnity, Effect, GuardedAs


class _Indemnity:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """It takes no parameters: the amount is the law's."""
        return unknown(params, ())

    def effects(self, _params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """The indemnity of each chased overdue invoice that bears none."""
        return (ChargeIndemnity(),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """A charge is as grave as a formal notice."""
        return GuardedAs.FORMAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """The next message tells of it."""
        return False


ACTION = _Indemnity()
