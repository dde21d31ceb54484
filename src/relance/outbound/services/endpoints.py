"""Writes on the systems that scenarios may call, and on the calls themselves."""

import json
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.services import lock_accounts
from relance.kit.bulk import temporary_rows
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.outbound import calls
from relance.outbound.facts import CallsWaiting, WebhookOrder
from relance.outbound.models import Endpoint

KEPT_TRYING = "24 hours"
"""How long a call is tried again before it counts as failed (an interval)."""


@transaction.atomic
def save_endpoint(name: str, url: str, by: str) -> None:
    """Add a system that scenarios may call, or give the one of this name another address.

    Raises Refusal for a name that is none or shares its secret's variable with another, and for an address that may not
    be called: neither https nor this machine, holding a password, a name that cannot exist, or kept for the network.
    """
    name, url = name.strip(), url.strip()
    if calls.wrong_name(name):
        raise Refusal(_("a name has at most 40 lower-case letters, digits, - and _, and begins with a letter"))
    problem = calls.url_problem(url)
    if problem:
        raise Refusal(_wrong_address(problem))
    variable = calls.secret_variable(name)
    for other in Endpoint.objects.exclude(name=name).values_list("name", flat=True):
        if calls.secret_variable(other) == variable:
            raise Refusal(_("'%(other)s' uses the same secret variable; choose another name") % {"other": other})
    Endpoint.objects.update_or_create(name=name, defaults={"url": url}, create_defaults={"url": url, "created_by": by})


def _wrong_address(problem: str) -> str:
    sentences = {
        "not_an_address": _("this is not a web address; write for example https://example.com/relance"),
        "holds_a_secret": _("leave user name, password and #fragment out of the address; calls are signed instead"),
        "not_https": _("calls carry customers' data; use https (http only to this machine itself)"),
        "no_name": _(
            "this name cannot exist: its parts, between the dots, have 1 to 63 characters; correct the address"
        ),
        "kept_for_network": _("this address is kept for services of the network or the cloud and may not be called"),
    }
    return sentences[problem]


@transaction.atomic
def switch_endpoint(name: str, active: bool) -> None:
    """Stop calling a system, or call it again. Calls made meanwhile are refused; waiting ones wait, up to a day.

    Raises Refusal for a name that nobody has.
    """
    if not Endpoint.objects.filter(name=name).update(is_active=active):
        raise Refusal(_("there is no endpoint '%(name)s'") % {"name": name})


@transaction.atomic
def call_webhooks(orders: Sequence[WebhookOrder]) -> list[str]:
    """Note a call for each order, once for each key and endpoint; a job delivers it after this transaction.

    Beside each order why it is not made: `unknown_endpoint`, `endpoint_off`, or empty.
    """
    known = dict(Endpoint.objects.values_list("name", "is_active"))
    refusals = [
        "" if known.get(order.endpoint) else "endpoint_off" if order.endpoint in known else "unknown_endpoint"
        for order in orders
    ]
    made = [order for order, refusal in zip(orders, refusals, strict=True) if not refusal]
    if made:
        temporary_rows(
            "ordered_call",
            "account_id bigint, key bigint, endpoint text, payload jsonb",
            (
                (order.account_id, order.key, order.endpoint, json.dumps(dict(order.payload), default=str))
                for order in made
            ),
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO outbound_webhookcall (account_id, idempotency_key, endpoint_name, payload, state, reason,
                                                  attempt_count, give_up_at)
                SELECT account_id, key, endpoint, payload, 'waiting', '', 0, now() + %s::interval FROM ordered_call
                ON CONFLICT (account_id, idempotency_key, endpoint_name) DO NOTHING""",
                [KEPT_TRYING],
            )
        publish(CallsWaiting())
    return refusals


@transaction.atomic
def retry_call(account_id: int, call_id: int) -> None:
    """Try a call that failed or waits again now, for another day. Raises Refusal when it was delivered meanwhile."""
    lock_accounts([account_id])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_webhookcall SET state = 'waiting', next_attempt_at = now(), attempt_count = 0, "
            "give_up_at = now() + %s::interval WHERE account_id = %s AND id = %s AND state <> 'delivered'",
            [KEPT_TRYING, account_id, call_id],
        )
        if cursor.rowcount == 0:
            raise Refusal(_("this call was delivered already; nothing is sent again"))
    publish(CallsWaiting())
