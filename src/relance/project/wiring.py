"""Who hears which news: the one table of events and handlers.

Handlers run inside the transaction that published the event, so a payment and the decision it leads to are one write.
"""

from relance.customers.facts import AccountsChanged
from relance.dunning.services import nudge, reconsider
from relance.kit import events
from relance.ledger.facts import ItemsPosted, MoneyMoved
from relance.outbound.services import hold_back


def money_moved(event: MoneyMoved) -> None:
    """Money came or went: words not yet sent are written anew, an episode whose debt is gone closes now, and the night
    looks at these accounts again.
    """
    hold_back(event.account_ids)
    nudge(event.account_ids, only_pursued=not event.reopened)
    reconsider(event.account_ids, event.effective_on)


def accounts_changed(event: AccountsChanged) -> None:
    """Criteria or addresses changed: another scenario may apply, or a message may reach somebody now."""
    nudge(event.account_ids, only_pursued=False)


def items_posted(event: ItemsPosted) -> None:
    """Items arrived that are already past due: the next night looks at these accounts although no day made them late."""
    nudge(event.account_ids, only_pursued=False)


def wire_everything() -> None:
    """Install the table."""
    events.wire(
        {
            MoneyMoved: (money_moved,),
            ItemsPosted: (items_posted,),
            AccountsChanged: (accounts_changed,),
        }
    )
