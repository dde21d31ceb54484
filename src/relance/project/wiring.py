"""Who hears which news: the one table of events and handlers.

Handlers run inside the transaction that published the event, so a payment and the decision it leads to are one write.
"""

from relance.arrangements.facts import HoldsChanged
from relance.customers.facts import AccountsChanged
from relance.dunning.facts import PreviewWanted
from relance.dunning.services import nudge, put_back, reconsider, withdraw_held
from relance.dunning.tasks import schedule_preview
from relance.kit import events
from relance.ledger.facts import ItemsPosted, MoneyMoved
from relance.outbound.facts import (
    AddressesDied,
    CallsWaiting,
    DeliveryBegins,
    MessagesWaiting,
    MessagesWithdrawn,
    SealAsked,
)
from relance.outbound.services import hold_back, use_again, withdraw_waiting
from relance.outbound.tasks import schedule_calls, schedule_seal, schedule_waiting
from relance.worklist.facts import WorkClosed, WorkOrder
from relance.worklist.services import open_work, rerank


def money_moved(event: MoneyMoved) -> None:
    """Money came or went: words not yet sent are written anew, work that has lost its reason is called off, an episode
    whose debt is gone closes now, and the night looks at these accounts again.
    """
    hold_back(event.account_ids)
    rerank(event.account_ids, event.effective_on)
    nudge(event.account_ids, only_pursued=not event.reopened)
    reconsider(event.account_ids, event.days, reopened=event.reopened)


def accounts_changed(event: AccountsChanged) -> None:
    """Criteria or addresses changed: another scenario may apply, or a message may reach somebody now."""
    nudge(event.account_ids, only_pursued=False)


def items_posted(event: ItemsPosted) -> None:
    """Items arrived that are already past due: the next night looks at these accounts although no day made them late."""
    nudge(event.account_ids, only_pursued=False)


def holds_changed(event: HoldsChanged) -> None:
    """A hold was placed or ended: what waits to be sent goes no more when it stops messages, and the next night looks
    at these accounts again.
    """
    if event.stops_messages:
        withdraw_waiting(event.account_ids, "hold")
    nudge(event.account_ids, only_pursued=False)


def messages_withdrawn(event: MessagesWithdrawn) -> None:
    """What was not said is not done: the action that asked for it is tried again by the next night, or refused by name."""
    put_back(event.account_ids, event.action_ids)


def delivery_begins(event: DeliveryBegins) -> None:
    """What has waited since an earlier day meets the holds of this one."""
    withdraw_held(event.as_of)


def addresses_died(event: AddressesDied) -> None:
    """A message came back: somebody looks for an address that works."""
    open_work(
        [
            WorkOrder(
                key=dead.id, account_id=dead.account_id, kind="address", item_id=0, currency=dead.currency,
                due_on=dead.marked_on, title="", opened_on=dead.marked_on,
                detail={"note": f"{dead.address} ({dead.channel}): {dead.reason}"},
            )
            for dead in event.addresses
        ]
    )  # fmt: skip


def work_closed(event: WorkClosed) -> None:
    """A person has done what a stage waited for: the next night looks at these accounts again. An address that was found
    to be right is written to again.
    """
    if event.outcome == "confirmed":
        use_again(event.keys, "worklist")
    nudge(event.account_ids, only_pursued=True)


def wire_everything() -> None:
    """Install the table."""
    events.wire(
        {
            MoneyMoved: (money_moved,),
            ItemsPosted: (items_posted,),
            AccountsChanged: (accounts_changed,),
            AddressesDied: (addresses_died,),
            CallsWaiting: (schedule_calls,),
            SealAsked: (schedule_seal,),
            MessagesWaiting: (schedule_waiting,),
            PreviewWanted: (schedule_preview,),
            HoldsChanged: (holds_changed,),
            MessagesWithdrawn: (messages_withdrawn,),
            DeliveryBegins: (delivery_begins,),
            WorkClosed: (work_closed,),
        }
    )
