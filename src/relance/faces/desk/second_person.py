"""Who can be the second person for what another asked for: somebody whose account the other had no power over."""

from django.utils.translation import gettext as _

from relance.kit.refusal import Refusal
from relance.staff.queries import may_decide_for


def refuse_dependent(approver: str, requester: str) -> None:
    """Raise Refusal when one of the two had power over the other's account lately; one's own is the service's to refuse."""
    if approver.casefold() != requester.casefold() and not may_decide_for(approver, requester):
        raise Refusal(
            _(
                "You and %(who)s are not two independent people yet: within the last 30 days one of you added the other, "
                "reset the other’s password or changed the other’s role. Somebody else decides."
            )
            % {"who": requester}
        )
