"""Send a message through the first channel that reaches the customer."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.facts import Effect, SendMessage


class _Send:
    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One message; `channel` is a channel or a list in order of preference, `template` the text's code."""
        channel = params["channel"]
        return (SendMessage((channel,) if isinstance(channel, str) else tuple(channel), params["template"]),)


ACTION = _Send()
