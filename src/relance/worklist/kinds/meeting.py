"""Meet the customer: for large, strategic or public ones."""

from relance.worklist.facts import Outcome, WorkKind

KIND = WorkKind(
    title={"en": "Meeting", "fr": "Rendez-vous"},
    outcomes=(
        Outcome("will_pay", {"en": "Met, will pay", "fr": "Rencontré, va payer"}, reached=True),
        Outcome("disputes", {"en": "Met, disputes the debt", "fr": "Rencontré, conteste la créance"}, reached=True),
        Outcome("cannot_pay", {"en": "Met, cannot pay", "fr": "Rencontré, ne peut pas payer"}, reached=True),
        Outcome("refuses", {"en": "Met, refuses to pay", "fr": "Rencontré, refuse de payer"}, reached=True),
        Outcome("not_met", {"en": "The meeting did not take place", "fr": "Le rendez-vous n’a pas eu lieu"}),
        Outcome("not_needed", {"en": "No longer needed", "fr": "Sans objet"}),
    ),
    urgency=4,
    speaks_to_customer=True,
)
