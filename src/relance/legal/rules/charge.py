"""Whether a charge may be added to a late debt, and how much: the pack's rule, behind the checks all countries share."""

import datetime as dt
from dataclasses import replace

from relance.legal.facts import ChargeCase, ChargeKind, FirstReminder, NoFigure, Pack, PartyKind, Verdict, Words
from relance.legal.verdicts import no_rule


def indemnity(
    pack: Pack,
    kind: PartyKind,
    currency: str,
    amount_minor: int,
    due_on: dt.date,
    as_of: dt.date,
    insolvent_on: dt.date | None = None,
) -> Verdict:
    """The fixed indemnity for one overdue invoice of `amount_minor`: due by law from the day after the due date, once.

    `insolvent_on` is the day of the judgment that forbids paying this debt (None for a debt born after it): from then
    on nothing is added. Once per invoice is the caller's to keep. Source: C. com. L441-10 II and D441-5 for France.
    """
    case = ChargeCase(pack, ChargeKind.INDEMNITY, kind, currency, due_on + dt.timedelta(days=1), amount_minor)
    verdict = judge(case)
    if not verdict.allowed:
        return verdict
    if as_of <= due_on:
        return case.refused("not_overdue", _NOT_OVERDUE, verdict.source, case.as_of)
    if insolvent_on is not None and insolvent_on <= as_of:
        return case.refused("insolvency", _INSOLVENCY, verdict.source)
    return verdict if amount_minor > 0 else case.refused("nothing_owed", _NOTHING_OWED, verdict.source)


def late_fee(pack: Pack, kind: PartyKind, currency: str, asked_minor: int, as_of: dt.date) -> Verdict:
    """A contract's late fee of `asked_minor`; never for French consumers (CPC ex. L111-8, C. conso. L121-21)."""
    return judge(ChargeCase(pack, ChargeKind.LATE_FEE, kind, currency, as_of, asked_minor=asked_minor))


def return_charge(pack: Pack, kind: PartyKind, currency: str, asked_minor: int, as_of: dt.date) -> Verdict:
    """The charge for a debit that came back; for French consumers none, fragile or not."""
    return judge(ChargeCase(pack, ChargeKind.RETURN_CHARGE, kind, currency, as_of, asked_minor=asked_minor))


def reminder_fee(
    pack: Pack,
    kind: PartyKind,
    currency: str,
    asked_minor: int,
    as_of: dt.date,
    due_dates_reminded_count: int = 0,
    postage_minor: int = 0,
) -> Verdict:
    """The fee for one reminder; where the law caps it, the amount is the lower of what is asked and the cap.

    `due_dates_reminded_count` is how many earlier due dates of the account were reminded in the calendar year.
    """
    case = ChargeCase(pack, ChargeKind.REMINDER_FEE, kind, currency, as_of, asked_minor=asked_minor)
    return judge(replace(case, due_dates_reminded_count=due_dates_reminded_count, postage_minor=postage_minor))


def collection_costs(
    pack: Pack,
    kind: PartyKind,
    currency: str,
    principal_minor: int,
    as_of: dt.date,
    first_reminder: FirstReminder | None = None,
) -> Verdict:
    """The most that may be asked for collecting a debt of `principal_minor` out of court.

    Where the law wants a free first letter and a delay (Belgium, the Netherlands), refused without the letter and
    before the delay has run, with `earliest_on` as the first day.
    """
    case = ChargeCase(pack, ChargeKind.COLLECTION_COSTS, kind, currency, as_of, amount_minor=principal_minor)
    return judge(replace(case, first_reminder=first_reminder))


def judge(case: ChargeCase) -> Verdict:
    """The pack's verdict on a case; refused where the pack has no rule, or no figure for the day."""
    rule = case.pack.charges.get((case.charge, case.kind))
    if rule is None:
        return no_rule(case)
    try:
        return rule(case)
    except NoFigure as missing:
        return case.refused("no_figure", missing.words, "")


_NOT_OVERDUE = Words("The invoice is not overdue yet.", "La facture n'est pas encore échue.")
_INSOLVENCY = Words(
    "Insolvency proceedings forbid paying this debt, so nothing is added to it.",
    "Une procédure collective interdit de payer cette créance : rien ne s'y ajoute.",
)
_NOTHING_OWED = Words("Nothing is owed on this invoice.", "Rien n'est dû sur cette facture.")
