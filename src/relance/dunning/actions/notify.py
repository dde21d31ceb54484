"""Tell the account's sales representative, a role or an address."""

import re
from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import Flaw, _, unknown, wrong_text
from relance.dunning.facts import Effect, GuardedAs, NotifyStaff
from relance.staff.facts import Role

_KNOWN = ("sales_rep", *(f"staff:{role}" for role in Role))
_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")


class _Notify:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`to` is needed: sales_rep, `staff:<role>` or an e-mail address; `subject` may replace the usual one."""
        wrong = unknown(params, ("to", "subject"))
        to = params.get("to")
        if not isinstance(to, str) or not (to in _KNOWN or _ADDRESS.fullmatch(to)):
            told = _("%(value)r should be one of %(known)s or an e-mail address")
            wrong.append(Flaw("to", told, value=to, known=", ".join(_KNOWN)))
        return wrong + wrong_text(params.get("subject", ""), "subject", 120)

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One notice."""
        return (NotifyStaff(params["to"], params.get("subject", "")),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """Only staff notice."""
        return GuardedAs.INTERNAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """Only staff notice."""
        return False


ACTION = _Notify()
