"""What is asked of the ledger, and what it answers."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """An item that a payer wants settled, and how much of it; None: as much as the receipt can."""

    item_number: str
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiptOrder:
    """A receipt to post. `number` is its external reference, unique per account.

    `named_item` and `wishes` are the payer's designation, the first before the others. `payer_iban` is the account the
    money came from, the only one it may be refunded to.
    """

    account_id: int
    number: str
    currency: str
    amount_minor: int
    received_on: dt.date
    method: str
    named_item: str = ""
    wishes: tuple[Wish, ...] = ()
    payer_iban: str = ""
    source: str = "desk"


@dataclass(frozen=True, slots=True)
class PostedReceipt:
    """What posting did: the receipt's id, whether it was new, and the amount left unallocated."""

    credit_id: int
    created: bool
    unallocated_minor: int


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to an account's money, for which day and why.

    `key` makes it happen once: the same key with the same input gives the first result again, with another input it is
    refused. Keys are the caller's own and unique per account; empty: no protection asked for.
    """

    account_id: int
    on: dt.date
    actor: str
    reason: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """Set this much of a credit against an item."""

    credit_id: int
    item_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posted:
    """What an act did: the id of its posting, whether it was done now, and the rows it made.

    `ids` are the documents made (items or credits, as the service says); `unallocated_minor` what a credit has left.
    """

    posting_id: int
    created: bool
    ids: tuple[int, ...] = ()
    unallocated_minor: int = 0


@dataclass(frozen=True, slots=True)
class CreditNoteOrder:
    """A credit note to post; `item_number` is the item it corrects, whose tax share it takes back; empty: any, no tax."""

    number: str
    currency: str
    amount_minor: int
    item_number: str = ""


@dataclass(frozen=True, slots=True)
class Cheque:
    """A cheque of a deposit slip: the account it pays, its number, amount, and the invoice it names."""

    account_id: int
    number: str
    amount_minor: int
    named_item: str = ""


@dataclass(frozen=True, slots=True)
class DepositOrder:
    """A deposit slip: `number` is unique per creditor, all cheques in one currency."""

    creditor_id: int
    number: str
    deposited_on: dt.date
    currency: str
    cheques: tuple[Cheque, ...]


@dataclass(frozen=True, slots=True)
class PostedDeposit:
    """A deposit slip that is posted: its id, and whether that was done now."""

    id: int
    created: bool
