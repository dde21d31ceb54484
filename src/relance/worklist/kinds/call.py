"""Call the customer."""

from relance.worklist.facts import Outcome, WorkKind

KIND = WorkKind(
    title={"en": "Call", "fr": "Appel"},
    outcomes=(
        Outcome("will_pay", {"en": "Reached, will pay", "fr": "Joint, va payer"}, reached=True),
        Outcome("disputes", {"en": "Reached, disputes the debt", "fr": "Joint, conteste la créance"}, reached=True),
        Outcome("cannot_pay", {"en": "Reached, cannot pay", "fr": "Joint, ne peut pas payer"}, reached=True),
        Outcome("refuses", {"en": "Reached, refuses to pay", "fr": "Joint, refuse de payer"}, reached=True),
        Outcome("message_left", {"en": "Message left", "fr": "Message laissé"}),
        Outcome("no_answer", {"en": "No answer", "fr": "Pas de réponse"}),
        Outcome("wrong_number", {"en": "Wrong number", "fr": "Numéro erroné"}),
        Outcome("not_needed", {"en": "No longer needed", "fr": "Sans objet"}),
    ),
    urgency=3,
    speaks_to_customer=True,
)
