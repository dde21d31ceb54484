"""The creditors that a command is about."""

from relance.customers.facts import CreditorFacts
from relance.customers.queries import creditors
from relance.kit.refusal import Refusal


def chosen_creditors(code: str | None) -> list[CreditorFacts]:
    """The creditor with this code, or every one when none is named. Raises Refusal for a code that is not known."""
    known = creditors()
    if code is None:
        return known
    chosen = [creditor for creditor in known if creditor.code == code]
    if not chosen:
        raise Refusal(f"there is no creditor {code!r}; known are {', '.join(creditor.code for creditor in known)}")
    return chosen
