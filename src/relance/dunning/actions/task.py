"""Open an item of work for a person: a call, a meeting, a task."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import Flaw, _, unknown, wrong_code, wrong_text
from relance.dunning.facts import Effect, GuardedAs, OpenWork

_LATEST_DAYS = 365
_MEETS_THE_CUSTOMER = frozenset({"call", "meeting"})


class _Task:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`kind` is needed; `title` says what to do, `due_in_days` by when (0: the same day)."""
        wrong = unknown(params, ("kind", "title", "due_in_days"))
        wrong += wrong_code(params.get("kind"), "kind", 20, "call")
        wrong += wrong_text(params.get("title", ""), "title", 200)
        days = params.get("due_in_days", 0)
        if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= _LATEST_DAYS:
            told = _("%(value)r should be a number of days from 0 to %(most)s")
            wrong.append(Flaw("due_in_days", told, value=days, most=_LATEST_DAYS))
        return wrong

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One item of work."""
        return (OpenWork(params["kind"], params.get("title", ""), params.get("due_in_days", 0)),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """Work is done by a person, who sees the account's holds."""
        return GuardedAs.INTERNAL

    def contacts(self, params: Mapping[str, Any]) -> bool:
        """A call and a meeting reach the customer; other work does not."""
        return params.get("kind") in _MEETS_THE_CUSTOMER


ACTION = _Task()
