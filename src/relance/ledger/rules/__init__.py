"""The ledger's pure rules: how credits settle items, and how documents are divided."""

from relance.ledger.rules.allocation import NewAllocation, OpenCredit, OpenDebit, allocate, pro_rata
from relance.ledger.rules.documents import (
    NUMBER_LENGTH,
    FreeReceipt,
    Instalment,
    PlanFault,
    Recovery,
    WrittenOffDebt,
    instalments,
    recoveries,
    tax_of_part,
    tax_share,
)

__all__ = [
    "NUMBER_LENGTH",
    "FreeReceipt",
    "Instalment",
    "NewAllocation",
    "OpenCredit",
    "OpenDebit",
    "PlanFault",
    "Recovery",
    "WrittenOffDebt",
    "allocate",
    "instalments",
    "pro_rata",
    "recoveries",
    "tax_of_part",
    "tax_share",
]
