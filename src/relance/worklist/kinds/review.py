"""Look at the account and say whether the pursuit goes on."""

from relance.worklist.facts import Outcome, WorkKind

KIND = WorkKind(
    title={"en": "Review", "fr": "Examen"},
    outcomes=(
        Outcome("goes_on", {"en": "Looked at, the pursuit goes on", "fr": "Examiné, la relance continue"}),
        Outcome("arranged", {"en": "Looked at, measures taken", "fr": "Examiné, mesures prises"}),
        Outcome("not_needed", {"en": "No longer needed", "fr": "Sans objet"}),
    ),
    urgency=2,
    speaks_to_customer=False,
)
