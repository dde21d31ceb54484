"""Move the account to another credit class."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import Flaw, _, unknown, wrong_text
from relance.dunning.facts import Effect, GuardedAs, MoveCreditClass


class _CreditClass:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`to` is needed: the class as the customer files write it."""
        wrong = unknown(params, ("to",))
        to = params.get("to")
        if not isinstance(to, str) or not to.strip():
            return [*wrong, Flaw("to", _("%(value)r should be a credit class, for example watch"), value=to)]
        return wrong + wrong_text(to, "to", 60)

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One move."""
        return (MoveCreditClass(params["to"].strip()),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """Only staff notice."""
        return GuardedAs.INTERNAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """Only staff notice."""
        return False


ACTION = _CreditClass()
