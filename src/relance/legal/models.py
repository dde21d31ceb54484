"""Published rates that finance entered, each with its source and the two people behind it."""

from django.db import models
from django.db.models import F, Q

from relance.legal.facts import RateState

_STATES = (RateState.PROPOSED, RateState.APPROVED, RateState.REFUSED, RateState.REPLACED)


class Rate(models.Model):
    """A series' percent for the half-year that begins on `valid_from`, as somebody proposed it.

    Rows are only added; a proposal is decided once, by another person. Afterwards an approved rate can only become
    replaced, when another one is approved in its place (a trigger keeps it so). At most one rate of a half-year is
    approved, and at most one waits. `replaces_because` is written on those that take the place of a rate in force.
    """

    series = models.CharField(max_length=40)
    valid_from = models.DateField()
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    source = models.CharField(max_length=300)
    state = models.CharField(max_length=10, default=RateState.PROPOSED.value)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.CharField(max_length=150, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, default="")
    replaces_because = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "valid_from"], condition=Q(state="approved"), name="legal_rate_approved_once"
            ),
            models.UniqueConstraint(
                fields=["series", "valid_from"], condition=Q(state="proposed"), name="legal_rate_proposed_once"
            ),
            models.CheckConstraint(
                name="legal_rate_two_people",
                condition=~Q(state__in=["approved", "replaced"]) | ~Q(proposed_by=F("decided_by")),
            ),
            models.CheckConstraint(name="legal_rate_state", condition=Q(state__in=[state.value for state in _STATES])),
            models.CheckConstraint(
                name="legal_rate_decided",
                condition=Q(state="proposed", decided_by="", decided_at__isnull=True)
                | (~Q(state="proposed") & ~Q(decided_by="") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(name="legal_rate_sourced", condition=~Q(source="") & ~Q(proposed_by="")),
            models.CheckConstraint(
                name="legal_rate_half_year", condition=Q(valid_from__day=1, valid_from__month__in=[1, 7])
            ),
        ]
