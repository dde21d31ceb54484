"""The abstract table of everything that belongs to an account: keyed by account first, so that it can be distributed."""

from django.db import models

from relance.kit.ids import NextId


class AccountScoped(models.Model):
    """A row of one billing account.

    The primary key starts with `account_id`: it clusters an account's rows, serves as the index on the account, and
    lets the same schema be distributed by account. The account is named by id, not by a foreign key, because tables
    stay in their rooms; a law of each room checks that the account exists.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField(editable=False)
    id = models.BigIntegerField(db_default=NextId(), editable=False)

    class Meta:
        abstract = True
