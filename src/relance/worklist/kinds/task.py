"""Anything else that a person has to do; also stands in for a kind that is not installed."""

from relance.worklist.facts import Outcome, WorkKind

KIND = WorkKind(
    title={"en": "Task", "fr": "Tâche"},
    outcomes=(
        Outcome("done", {"en": "Done", "fr": "Fait"}),
        Outcome("not_possible", {"en": "Not possible", "fr": "Impossible"}),
        Outcome("not_needed", {"en": "No longer needed", "fr": "Sans objet"}),
    ),
    urgency=1,
    speaks_to_customer=False,
)
