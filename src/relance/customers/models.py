"""Creditors, billing accounts and the services billed on them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Creditor(models.Model):
    """The legal entity that is owed: its identity, bank account and the contact printed in reminders."""

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=140)
    country = models.CharField(max_length=2, default="FR")
    currency = models.CharField(max_length=3, default="EUR")
    timezone = models.CharField(max_length=60, default="Europe/Paris")
    sepa_creditor_id = models.CharField(max_length=35, default="")
    iban = models.CharField(max_length=34, default="")
    bic = models.CharField(max_length=11, default="")
    siren = models.CharField(max_length=20, default="")
    vat_number = models.CharField(max_length=20, default="")
    vat_on_debits = models.BooleanField(default=False)
    phone = models.CharField(max_length=40, default="")
    email = models.CharField(max_length=254, default="")
    address1 = models.CharField(max_length=140, default="")
    address2 = models.CharField(max_length=140, default="")
    postcode = models.CharField(max_length=16, default="")
    city = models.CharField(max_length=80, default="")
    contact_name = models.CharField(max_length=140, default="")


class BillingAccount(models.Model):
    """The account that is billed and pursued, with the person or body behind it and how to reach them.

    The number is unique over all creditors, because every other file names an account by its number alone. `strategic`,
    `score` and `credit_hold_on` are set here, never by a file.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=60)
    creditor = models.ForeignKey(
        Creditor, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=140)
    kind = models.CharField(max_length=10, default="consumer")
    segment = models.CharField(max_length=60, default="")
    credit_class = models.CharField(max_length=60, default="standard")
    language = models.CharField(max_length=5, default="")
    email = models.CharField(max_length=254, default="")
    mobile = models.CharField(max_length=40, default="")
    phone = models.CharField(max_length=40, default="")
    address1 = models.CharField(max_length=140, default="")
    address2 = models.CharField(max_length=140, default="")
    postcode = models.CharField(max_length=16, default="")
    city = models.CharField(max_length=80, default="")
    country = models.CharField(max_length=2, default="FR")
    siren = models.CharField(max_length=20, default="")
    payment_method = models.CharField(max_length=15, default="transfer")
    parent_id = models.BigIntegerField(null=True)
    sales_rep = models.CharField(max_length=140, default="")
    credit_limit_minor = models.BigIntegerField(null=True)
    opened_on = models.DateField(null=True)
    strategic = models.BooleanField(default=False, db_default=False)
    score = models.SmallIntegerField(null=True)
    credit_hold_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="billing_account_number"),
            models.CheckConstraint(
                name="billing_account_kind", condition=Q(kind__in=["consumer", "business", "public"])
            ),
            models.CheckConstraint(name="billing_account_score", condition=Q(score__range=(0, 100))),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="billing_account_name"),
            models.Index(fields=["segment"], name="billing_account_segment"),
            models.Index(fields=["credit_class"], name="billing_account_class"),
            models.Index(
                fields=["parent_id", "id"], condition=Q(parent_id__isnull=False), name="billing_account_parent"
            ),
        ]


class Service(models.Model):
    """A line or a rented box billed on an account."""

    account_id = models.BigIntegerField()
    identifier = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, default="other")
    activated_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "identifier"], name="service_once_per_account")]


class AccountMark(AccountScoped):
    """One change of an account's standing: what changed, since when, why and by whom; rows are only ever added.

    `data` is the JSON text of what it was and became.
    """

    kind = models.CharField(max_length=30)
    marked_on = models.DateField()
    marked_at = models.DateTimeField(db_default=Now())
    marked_by = models.CharField(max_length=150, default="")
    reason = models.CharField(max_length=300, default="")
    data = models.TextField(default="{}")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_mark_kind",
                condition=Q(
                    kind__in=[
                        "standing_changed",
                        "standing_class_moved",
                        "standing_hold_placed",
                        "standing_hold_lifted",
                    ]
                ),
            )
        ]
