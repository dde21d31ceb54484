"""Charge a late fee, once per stage, where the law of the creditor's country allows it."""

from collections.abc import Mapping
from typing import Any

from relance.dunning.action_params import Flaw, _, unknown, wrong_amount
from relance.dunning.facts import ChargeLateFee, Effect, GuardedAs
from relance.kit.money import AmountError, parse_amount


class _LateFee:
    def check(self, params: Mapping[str, Any]) -> list[str]:
        """`amount` is needed; `currency` keeps the fee to debts in that currency."""
        wrong = unknown(params, ("amount", "currency"))
        amount, currency = params.get("amount"), params.get("currency", "")
        misshapen = wrong_amount(amount, "amount")
        wrong += misshapen
        if not isinstance(currency, str):
            wrong.append(Flaw("currency", _("%(value)r should be an ISO 4217 code such as EUR"), value=currency))
        elif currency and not misshapen:
            try:
                parse_amount(str(amount), currency)
            except AmountError:
                told = _("%(amount)s is no amount of the currency %(value)r")
                wrong.append(Flaw("currency", told, amount=amount, value=currency))
        return wrong

    def effects(self, params: Mapping[str, Any]) -> tuple[Effect, ...]:
        """One fee of the scenario's amount."""
        return (ChargeLateFee(str(params["amount"]), params.get("currency", "")),)

    def guarded(self, _params: Mapping[str, Any]) -> GuardedAs:
        """A charge is as grave as a formal notice."""
        return GuardedAs.FORMAL

    def contacts(self, _params: Mapping[str, Any]) -> bool:
        """The next message tells of the fee."""
        return False


ACTION = _LateFee()
