"""Find out where the customer is reached, after a message came back."""

from relance.worklist.facts import Outcome, WorkKind

KIND = WorkKind(
    title={"en": "Find a working address", "fr": "Retrouver une adresse valable"},
    outcomes=(
        Outcome("new_address", {"en": "New address entered", "fr": "Nouvelle adresse saisie"}),
        Outcome("confirmed", {"en": "Confirmed, use it again", "fr": "Confirmée, à réutiliser"}),
        Outcome("not_found", {"en": "Not found", "fr": "Introuvable"}),
        Outcome("not_needed", {"en": "No longer needed", "fr": "Sans objet"}),
    ),
    urgency=2,
    speaks_to_customer=False,
)
