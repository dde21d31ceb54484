"""Messages: each one a row with its own states and, once released, its exact words."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Dispatch(AccountScoped):
    """One message to one customer.

    `idempotency_key` is the id of the planned action that asked for it, so asking twice makes one message.
    `prepared` has no words yet; `released` has them, after the balance was read once more in the same transaction;
    `sending` belongs to a live sender that holds the advisory lock of `claim` (where a second delivery would arrive
    twice, `sent_at` is set just before the hand-over); `withdrawn` was stopped by a payment; `unknown` may or may not
    have arrived. A dead sender's untouched messages, and released ones of an account whose debt changed, are
    `prepared` again. `claim` stays on a message that was tried in vain and is released again.
    """

    idempotency_key = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    recipient = models.CharField(max_length=254)
    business_date = models.DateField()
    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="prepared")
    reason = models.CharField(max_length=300, default="")
    subject = models.CharField(max_length=300, default="")
    text = models.TextField(default="")
    html = models.TextField(default="")
    content_hash = models.CharField(max_length=64, default="")
    claimed_minor = models.BigIntegerField(null=True)
    prepared_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    claim = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "idempotency_key"], name="dispatch_once"),
            models.CheckConstraint(
                name="dispatch_state",
                condition=Q(state__in=["prepared", "released", "sending", "sent", "withdrawn", "failed", "unknown"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "account_id"],
                condition=Q(state__in=["prepared", "released", "sending"]),
                name="dispatch_to_do",
            ),
            models.Index(fields=["-id"], name="dispatch_newest"),
            models.Index(
                fields=["state", "-id"],
                condition=Q(state__in=["withdrawn", "failed", "unknown"]),
                name="dispatch_not_sent",
            ),
            BrinIndex(fields=["business_date"], name="dispatch_by_day", autosummarize=True),
        ]
