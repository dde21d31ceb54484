"""Writes to a creditor's books: sealing days, its chart of accounts, and the policy for its money."""

import datetime as dt
import logging
import re
from decimal import Decimal

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from relance.customers.queries import creditor
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.facts import PolicyFacts, small_difference_ceiling
from relance.ledger.fingerprints import EMPTY_DIGEST, ENTRIES, FIRST_PREVIOUS, day_digests, day_totals, seal_hash
from relance.ledger.policies import policies
from relance.ledger.postings import JOURNAL_LOCK
from relance.ledger.queries.journal import mapping_history, numbered_currency, policy, sealed_through

SECONDS_TO_WAIT = 30
_MILLISECONDS_PER_TRY = 200
_PAUSE = Decimal("0.8")
DAYS_PER_SLICE = 31
YEARS_AT_ONCE = 20
_logger = logging.getLogger(__name__)
_CODE = re.compile(r"[A-Za-z0-9]{3,20}")


def seal_through(creditor_id: int, day: dt.date, actor: str, as_of: dt.date) -> int:
    """Seal every day of a creditor's journal up to and including `day`: nothing can be dated there any more.

    Starts at the day after the last seal, or at the first entry, and gives each day the hash of its entries and of the
    seal before. A month of days is one transaction, which waits until no posting of the creditor is under way; what was
    sealed stays sealed when a later month fails. Returns how many days were sealed now. Raises Refusal for `as_of`
    (today) or a later day, for a day before the last seal, for more than `YEARS_AT_ONCE` years at once, and when
    postings leave no gap for half a minute.
    """
    if day >= as_of:
        raise Refusal(_("%(day)s is not over yet; seal a day before %(today)s") % {"day": day, "today": as_of})
    last = sealed_through(creditor_id)
    if last is not None and day < last:
        raise Refusal(
            _("the journal is sealed through %(last)s, and %(day)s lies before that; choose a day after it")
            % {"last": last, "day": day}
        )
    refuse_long_span(creditor_id, day)
    count = 0
    try:
        while (sealed := _seal_slice(creditor_id, day, actor)) > 0:
            count += sealed
    except JournalBusy as busy:
        busy.day_count = count
        raise
    return count


def seal_due(as_of: dt.date, actor: str = "", creditor_id: int | None = None) -> dict[int, int]:
    """Seal the days that each creditor's policy wants sealed by `as_of`, or one's; the days sealed now, by creditor.

    A creditor whose policy names no age is left alone. One whose postings leave no gap, or whose days span too many
    years, is left as it is with a warning in the log: the next time tries again.
    """
    sealed = {}
    for policy_of, handled in policies().items():
        if handled.seal_after_days is None or creditor_id not in (None, policy_of):
            continue
        through = as_of - dt.timedelta(days=handled.seal_after_days)
        last = sealed_through(policy_of)
        if last is None or last < through:
            try:
                sealed[policy_of] = seal_through(policy_of, through, actor, as_of)
            except (JournalBusy, SpanTooLong) as refusal:
                _logger.warning("the journal of creditor %s is not sealed: %s", policy_of, refusal)
                sealed[policy_of] = 0
    return sealed


class JournalBusy(Refusal):
    """Postings to the creditor's journal left no gap to seal it; `day_count` days were sealed before that."""

    day_count = 0


class SpanTooLong(Refusal):
    """More years would be sealed at once than a person can have meant; the first entry is likely misdated."""


def refuse_long_span(creditor_id: int, through: dt.date) -> None:
    """Raise SpanTooLong when sealing through a day would close more than `YEARS_AT_ONCE` years at once."""
    last = sealed_through(creditor_id)
    first = _first_booked(creditor_id) if last is None else last + dt.timedelta(days=1)
    if first is not None and through.year - first.year > YEARS_AT_ONCE:
        raise SpanTooLong(
            _(
                "sealing through %(through)s would close every day from %(first)s on, more than %(years)s years; check "
                "the first entry's date, then seal in shorter steps"
            )
            % {"through": through, "first": first, "years": YEARS_AT_ONCE}
        )


@transaction.atomic
def _seal_slice(creditor_id: int, through: dt.date, actor: str) -> int:
    """Seal the next days, at most `DAYS_PER_SLICE` and none after `through`; how many."""
    _close_to_postings(creditor_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day + 1, seal_hash, first_number + document_count FROM ledger_seal WHERE creditor_id = %s "
            "ORDER BY day DESC LIMIT 1",
            [creditor_id],
        )
        first, previous, number = cursor.fetchone() or (_first_booked(creditor_id), FIRST_PREVIOUS, 1)
        if first is None or first > through:
            return 0
        last = min(through, first + dt.timedelta(days=DAYS_PER_SLICE - 1))
        currency = numbered_currency(creditor_id)
        entries = (
            f"(SELECT * FROM {ENTRIES} AS t WHERE t.creditor_id = %(creditor)s "  # noqa: S608
            "AND t.booked_on BETWEEN %(first)s AND %(last)s)"
        )
        values = {"creditor": creditor_id, "first": first, "last": last, "currency": currency}
        digests = day_digests(entries, "%(currency)s")
        cursor.execute(f"SELECT day, digest, document_count, entry_count FROM ({digests}) AS d", values)  # noqa: S608
        found = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(
            f"""
            INSERT INTO ledger_sealedtotal (creditor_id, day, currency, code, debit_minor, credit_minor)
            SELECT creditor_id, day, currency, code, debit_minor, credit_minor FROM ({day_totals(entries)}) AS t
            ORDER BY day, currency, code""",  # noqa: S608
            values,
        )
        day = first
        while day <= last:
            digest, document_count, entry_count = found.get(day, (None, 0, 0))
            if (day.month, day.day) == (1, 1):
                number = 1
            cursor.execute(
                f"""
                INSERT INTO ledger_seal (creditor_id, day, currency, first_number, document_count, entry_count,
                                         previous_hash, seal_hash, sealed_by)
                SELECT n.*, {seal_hash("n", f"coalesce(%s::text, {EMPTY_DIGEST})")}, %s
                FROM (SELECT %s::smallint AS creditor_id, %s::date AS day, %s::text AS currency,
                             %s::bigint AS first_number, %s::bigint AS document_count, %s::bigint AS entry_count,
                             %s::text AS previous_hash) AS n
                RETURNING seal_hash""",  # noqa: S608
                [digest, actor, creditor_id, day, currency, number, document_count, entry_count, previous],
            )
            previous = cursor.fetchone()[0]
            number += document_count
            day += dt.timedelta(days=1)
    return (last - first).days + 1


def _close_to_postings(creditor_id: int) -> None:
    """Take the creditor's journal for ourselves until the transaction ends.

    Postings that begin meanwhile wait behind us, so each try is short: one that is under way for long, as an import
    is, must not hold up the others.
    """
    for _second in range(SECONDS_TO_WAIT):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_MILLISECONDS_PER_TRY}ms'")
                cursor.execute(f"SELECT pg_advisory_xact_lock({JOURNAL_LOCK}, %s)", [creditor_id])
                cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [_PAUSE])
    raise JournalBusy(
        _(
            "postings have kept the journal busy for %(seconds)s seconds (an import may be running); "
            "seal it again when they are through"
        )
        % {"seconds": SECONDS_TO_WAIT}
    )


def _first_booked(creditor_id: int) -> dt.date | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(booked_on) FROM {ENTRIES} AS e WHERE e.creditor_id = %s",  # noqa: S608
            [creditor_id],
        )
        first: dt.date | None = cursor.fetchone()[0]
    return first


@transaction.atomic
def map_account(creditor_id: int, account: str, code: str, label: str, valid_from: dt.date, actor: str) -> None:
    """Say how a creditor's chart writes one of our accounts from a day on; the newest word on a day holds.

    `code` is 3 to 20 letters and digits, in France the first three of them digits (LPF A47 A-1); `label` is what the
    creditor calls it. Raises Refusal for other codes, for an account that is none of ours, for a day that is sealed, and
    for a code that another account has while this one would have it: balances of the two could not be told apart.
    """
    if account not in {own.code for own in chart.ACCOUNTS}:
        raise Refusal(
            _("'%(account)s' is no account of the ledger's chart; choose one from the list") % {"account": account}
        )
    if not _CODE.fullmatch(code):
        raise Refusal(
            _("'%(code)s' is no account code; write 3 to 20 letters and digits, for example 411000") % {"code": code}
        )
    if creditor(creditor_id).country == "FR" and not (code.isascii() and code[:3].isdigit()):
        raise Refusal(
            _("'%(code)s' is no French account code; its first three characters are digits, for example 411000")
            % {"code": code}
        )
    label = " ".join(label.split())
    if not 1 <= len(label) <= 80:
        raise Refusal(_("an account needs a name of at most 80 characters"))
    _keep_unsealed(creditor_id)
    last = sealed_through(creditor_id)
    if last is not None and valid_from <= last:
        raise Refusal(
            _("the journal is sealed through %(last)s; choose a day after it for the new code") % {"last": last}
        )
    _refuse_taken_code(creditor_id, account, code, valid_from)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_accountmapping (creditor_id, account, code, label, valid_from, changed_by) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [creditor_id, account, code, label, valid_from, actor],
        )


def _refuse_taken_code(creditor_id: int, account: str, code: str, valid_from: dt.date) -> None:
    """Refuse a code that another account has on any day from `valid_from` until this account's next mapping."""
    with connection.cursor() as cursor:
        # Two people who give one code to two accounts meet here.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.ledger.mapping'), %s)", [creditor_id])
    mapped: dict[str, dict[dt.date, str]] = {own.code: {dt.date.min: own.code} for own in chart.ACCOUNTS}
    for known in mapping_history(creditor_id):
        if known.valid_from is not None:
            mapped[known.account][known.valid_from] = known.code
    end = min((day for day in mapped[account] if day > valid_from), default=dt.date.max)
    for other in sorted(set(mapped) - {account}):
        days = sorted(mapped[other])
        for since, until in zip(days, [*days[1:], dt.date.max], strict=True):
            if mapped[other][since] == code and since < end and until > valid_from:
                raise Refusal(
                    _("account %(other)s is written %(code)s already on %(on)s; give each account a code of its own")
                    % {"other": other, "code": code, "on": max(since, valid_from)}
                )


@transaction.atomic
def change_policy(creditor_id: int, handled: PolicyFacts, reason: str, actor: str) -> None:
    """Handle a creditor's money in this way from now on; the policy it has already changes nothing.

    Raises Refusal without a reason, for an unknown creditor, for negative amounts or rates, for small differences above
    the ceiling (more needs a write-off, which a second person approves), and for sealing days that are not over.
    """
    if not reason.strip():
        raise Refusal(_("a change of policy needs a reason"))
    try:
        currency = creditor(creditor_id).currency
    except LookupError:
        raise Refusal(_("there is no such creditor")) from None
    if handled.small_difference_minor < 0 or handled.interest_minimum_minor < 0:
        raise Refusal(_("the limits of a policy are amounts of zero or more"))
    most = small_difference_ceiling(currency)
    if handled.small_difference_minor > most:
        raise Refusal(
            _(
                "a small difference is at most %(most)s %(currency)s; for more ask for a write-off, which another person "
                "approves"
            )
            % {"most": format_amount(most, currency), "currency": currency}
        )
    if handled.contract_percent is not None and not 0 <= handled.contract_percent < 1000:
        raise Refusal(_("a contract's interest rate is a percentage from 0 to 999"))
    if handled.seal_after_days is not None and not 1 <= handled.seal_after_days <= 3650:
        raise Refusal(_("days are sealed from 1 to 3650 days after they end"))
    if handled == policy(creditor_id):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_policy (creditor_id, allocation_order, small_difference_minor, interest_on_settlement, "
            "interest_minimum_minor, contract_percent, recovers_written_off, seal_after_days, reason, changed_by) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                creditor_id, handled.allocation_order.value, handled.small_difference_minor,
                handled.interest_on_settlement.value, handled.interest_minimum_minor, handled.contract_percent,
                handled.recovers_written_off, handled.seal_after_days, reason.strip()[:300], actor,
            ],
        )  # fmt: skip


def _keep_unsealed(creditor_id: int) -> None:
    """Let nobody seal the creditor's journal until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({JOURNAL_LOCK}, %s)", [creditor_id])
