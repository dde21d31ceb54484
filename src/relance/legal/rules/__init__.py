"""Pure legal rules: interest, what settles a debt, charges and their caps, and the limitation clock."""

from relance.legal.rules.charge import collection_costs, indemnity, late_fee, reminder_fee, return_charge
from relance.legal.rules.contact import contact_hours, next_opening
from relance.legal.rules.interest import check_contract_rate, interest
from relance.legal.rules.limitation import limitation, limitation_years, shortest_limitation_years
from relance.legal.rules.settle import settlement

__all__ = [
    "check_contract_rate",
    "collection_costs",
    "contact_hours",
    "indemnity",
    "interest",
    "late_fee",
    "limitation",
    "limitation_years",
    "next_opening",
    "reminder_fee",
    "return_charge",
    "settlement",
    "shortest_limitation_years",
]
