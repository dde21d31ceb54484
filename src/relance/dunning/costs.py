"""What actions cost the operator, by the estimates that a scenario gives per channel or action."""

from decimal import Decimal

from relance.dunning.facts import ActionSpec, ScenarioFacts
from relance.outbound.queries import channel_codes

FREE = Decimal(0)


def unit_cost(scenario: ScenarioFacts, action: ActionSpec, channel: str = "") -> Decimal:
    """What doing this action once costs, in the unit of the creditor's currency; 0 where the scenario does not say.

    A message costs what the channel it goes by costs; without `channel`, what its first installed channel costs.
    """
    if not scenario.costs:
        return FREE
    if action.kind != "send":
        return Decimal(scenario.costs.get(action.kind, "0"))
    return Decimal(scenario.costs.get(channel or _first_channel(action), "0"))


def _first_channel(action: ActionSpec) -> str:
    named = action.params.get("channel", [])
    return next((code for code in ([named] if isinstance(named, str) else named) if code in channel_codes()), "")
