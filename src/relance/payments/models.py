"""Direct debit mandates."""

from django.db import models


class Mandate(models.Model):
    """A payer's signed permission to debit one bank account."""

    account_id = models.BigIntegerField()
    umr = models.CharField(max_length=35)
    scheme = models.CharField(max_length=4, default="core")
    signed_on = models.DateField()
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, default="")
    holder = models.CharField(max_length=140, default="")
    last_presented_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["umr"], name="mandate_umr_once"),
            models.CheckConstraint(name="mandate_scheme", condition=models.Q(scheme__in=["core", "b2b"])),
        ]
        indexes = [models.Index(fields=["account_id"])]
