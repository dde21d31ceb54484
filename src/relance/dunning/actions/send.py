"""Send a message through the first channel that reaches the customer."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import Flaw, _, unknown, wrong_code
from relance.dunning.facts import Effect, GuardedAs, SendMessage

_FORMAL_TEMPLATE = "formal_notice"


class _Send:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """Whether channels and texts are installed is the scenario file's to say; this looks at their shape."""
        wrong = unknown(params, ("channel", "template", "courtesy"))
        channels = _channels(params.get("channel"))
        if not channels:
            wrong.append(Flaw("channel", _("should be a channel or a list of them, for example email")))
        for channel in channels:
            wrong += wrong_code(channel, "channel", 20, "email")
        wrong += wrong_code(params.get("template"), "template", 40, "reminder")
        courtesy = params.get("courtesy", False)
        if not isinstance(courtesy, bool):
            wrong.append(Flaw("courtesy", _("%(value)r should be true or false"), value=courtesy))
        elif courtesy and params.get("template") == _FORMAL_TEMPLATE:
            told = _("a formal notice is no courtesy; leave it out or take another template")
            wrong.append(Flaw("courtesy", told))
        return wrong

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One message; `channel` is a channel or a list in order of preference, `template` the text's code."""
        return (SendMessage(_channels(params["channel"]), params["template"]),)

    def guarded(self, params: Mapping[str, Any]) -> GuardedAs:
        """A formal notice is one by its text; a message marked as courtesy may pass where a reminder may not."""
        if params.get("template") == _FORMAL_TEMPLATE:
            return GuardedAs.FORMAL
        return GuardedAs.COURTESY if params.get("courtesy") else GuardedAs.REMINDER

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """Every message is a contact."""
        return True


def _channels(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else ()


ACTION = _Send()
