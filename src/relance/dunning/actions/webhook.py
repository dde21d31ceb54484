"""Tell another system through an endpoint that administrators named."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import unknown, wrong_code
from relance.dunning.facts import CallWebhook, Effect, GuardedAs


class _Webhook:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`endpoint` is needed: the name of the endpoint in the desk."""
        return unknown(params, ("endpoint",)) + wrong_code(params.get("endpoint"), "endpoint", 40, "crm")

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One call."""
        return (CallWebhook(params["endpoint"]),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """Another system notices, not the customer."""
        return GuardedAs.INTERNAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """Another system notices, not the customer."""
        return False


ACTION = _Webhook()
