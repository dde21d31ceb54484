"""Messages: each one a row with its own states and, once released, its exact words. Calls to other systems."""

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
    have arrived. What was `sent` may later be `delivered`, `opened` or `bounced` by the provider's word; a message that
    failed or bounced may have a successor for the same action, by another channel, with the next `attempt`. A dead
    sender's untouched messages, and released ones of an account whose debt changed, are `prepared` again. `claim` stays
    on a message that was tried in vain and is released again.

    `open_at` and `close_at`: where a phone would ring, the words are written and sent only between these instants.

    `text_version_id` is the edited text it was written with, 0 for the standard one.

    `for_staff`: a notice to a colleague about the account. It claims nothing, one action may have several readers, and
    `template` names its text.
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
    attempt = models.PositiveSmallIntegerField(default=0, db_default=0)
    open_at = models.DateTimeField(null=True)
    close_at = models.DateTimeField(null=True)
    provider_reference = models.CharField(max_length=120, default="", db_default="")
    for_staff = models.BooleanField(default=False, db_default=False)
    text_version_id = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "idempotency_key", "attempt"],
                condition=Q(for_staff=False),
                name="dispatch_once_per_attempt",
            ),
            models.UniqueConstraint(
                fields=["account_id", "idempotency_key", "recipient"], condition=Q(for_staff=True), name="notice_once"
            ),
            models.CheckConstraint(
                name="dispatch_state",
                condition=Q(
                    state__in=[
                        "prepared",
                        "released",
                        "sending",
                        "sealed",
                        "sent",
                        "delivered",
                        "opened",
                        "bounced",
                        "returned",
                        "withdrawn",
                        "merged",
                        "failed",
                        "unknown",
                    ]
                ),
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
                condition=Q(state__in=["withdrawn", "failed", "unknown", "bounced", "returned", "merged"]),
                name="dispatch_not_sent",
            ),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["prepared", "released"], context__has_key="family"),
                name="dispatch_of_families",
            ),
            models.Index(
                fields=["provider_reference"], condition=~Q(provider_reference=""), name="dispatch_by_reference"
            ),
            BrinIndex(fields=["business_date"], name="dispatch_by_day", autosummarize=True),
        ]


class TextVersion(models.Model):
    """A version of a text that the house edited, never changed once saved; the last one of a kind may be in force.

    `creditor_id` 0 is for all creditors, an empty `channel` for all channels. `parts` holds what differs from the standard
    text, by part.
    """

    creditor_id = models.BigIntegerField(default=0)
    code = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    channel = models.CharField(max_length=20, default="")
    number = models.PositiveIntegerField()
    parts = models.JSONField()
    note = models.CharField(max_length=300, default="")
    saved_by = models.CharField(max_length=150)
    saved_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor_id", "code", "language", "channel", "number"], name="text_version_once"
            ),
            models.UniqueConstraint(
                fields=["creditor_id", "code", "language", "channel"],
                condition=Q(ended_at__isnull=True),
                name="text_one_in_force",
            ),
        ]


class ContactCap(models.Model):
    """How many messages a creditor's customers may have in seven days by a channel; an empty channel is all together."""

    creditor_id = models.BigIntegerField()
    channel = models.CharField(max_length=20, default="")
    most_a_week = models.PositiveSmallIntegerField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor_id", "channel"], name="contact_cap_once"),
            models.CheckConstraint(name="contact_cap_number", condition=Q(most_a_week__gte=1, most_a_week__lte=99)),
        ]


class MessageReceipt(AccountScoped):
    """What a provider or a person reported about a message that had left; one row for each report, once.

    `source` and `key` name the report, so that one that is made twice is one.
    """

    dispatch_id = models.BigIntegerField()
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    report = models.CharField(max_length=10)
    reason = models.CharField(max_length=300, default="")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "source", "key"], name="receipt_once"),
            models.CheckConstraint(
                name="receipt_report", condition=Q(report__in=["delivered", "opened", "failed", "returned"])
            ),
        ]
        indexes = [models.Index(fields=["account_id", "dispatch_id"], name="receipt_of_message")]


class DeadAddress(AccountScoped):
    """An address at which a customer is not reached any more, until a person says that it works again."""

    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=300)
    marked_at = models.DateTimeField(db_default=Now())
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.CharField(max_length=150, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "channel", "address"],
                condition=Q(cleared_at__isnull=True),
                name="dead_address_once",
            )
        ]


class PrintBatch(models.Model):
    """Letters of one creditor and channel that were sealed together, for the print house.

    `sealing` until its last part is stored (a seal that was cut off goes on where it stopped), then `sealed`, and `posted`
    once a person says that the print house has put it in the post.
    """

    creditor_id = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    business_date = models.DateField()
    state = models.CharField(max_length=10, default="sealing")
    letter_count = models.PositiveIntegerField(default=0)
    page_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    sealed_at = models.DateTimeField(null=True)
    sealed_by = models.CharField(max_length=150)
    posted_on = models.DateField(null=True)
    posted_by = models.CharField(max_length=150, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="print_batch_state", condition=Q(state__in=["sealing", "sealed", "posted"])),
            models.UniqueConstraint(
                fields=["creditor_id", "channel"], condition=Q(state="sealing"), name="print_batch_one_sealing"
            ),
        ]


class PrintPart(models.Model):
    """A stretch of a batch's pages as they were typeset: the archive of its letters, never changed."""

    batch_id = models.BigIntegerField()
    ordinal = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch_id", "ordinal"], name="print_part_once")]


class PrintedLetter(AccountScoped):
    """Where a message lies in its batch: pages counted from 1 through the whole batch, and in its part from 0."""

    dispatch_id = models.BigIntegerField()
    batch_id = models.BigIntegerField()
    sequence = models.PositiveIntegerField()
    part = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    address = models.JSONField()
    tracking_number = models.CharField(max_length=40, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "dispatch_id"], name="printed_once"),
            models.UniqueConstraint(fields=["account_id", "batch_id", "sequence"], name="printed_in_turn"),
        ]
        indexes = [models.Index(fields=["batch_id", "sequence"], name="printed_by_batch")]


class Endpoint(models.Model):
    """A system that scenarios may call, by name; its secret is kept outside the database."""

    name = models.CharField(max_length=40, unique=True)
    url = models.CharField(max_length=500)
    is_active = models.BooleanField(default=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())


class WebhookCall(AccountScoped):
    """One call to an endpoint, made once per action; its id is the idempotency key that the other side sees.

    While a sender is at it, `next_attempt_at` lies ahead, so a dead sender's call is tried again later. From
    `give_up_at` on a call that is not delivered has failed.
    """

    idempotency_key = models.BigIntegerField()
    endpoint_name = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, default="waiting")
    reason = models.CharField(max_length=300, default="")
    status_code = models.SmallIntegerField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(db_default=Now())
    give_up_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "idempotency_key", "endpoint_name"], name="call_once"),
            models.CheckConstraint(name="call_state", condition=Q(state__in=["waiting", "delivered", "failed"])),
            models.CheckConstraint(
                name="call_delivered_has_its_hour",
                condition=Q(state="delivered", delivered_at__isnull=False)
                | ~Q(state="delivered") & Q(delivered_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="call_to_do"),
            models.Index(fields=["-id"], name="call_newest"),
        ]
