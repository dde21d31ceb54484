"""Acts on an account and its payments: free credit notes, requests that a second person decides, interest, refunds."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, page_asked, posted_data, whole_number
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_forms import (
    AmountForm,
    CreditNoteForm,
    InterestForm,
    PayerForm,
    ReasonForm,
    WriteOffForm,
    drawn_number,
)
from relance.faces.desk.act_pages import ActPage, Effect, answer_act, found_credit, open_item_numbered, overdue_of
from relance.faces.desk.amount_words import amount_text, credit_note_effect, named_items, overdue_told
from relance.faces.desk.day import as_of
from relance.faces.desk.templatetags.desk import iban, money
from relance.kit.money import format_amount
from relance.ledger import queries as ledger
from relance.ledger import services
from relance.ledger.facts import Act, ClaimableInterest, CreditNoteOrder, Posted
from relance.staff.facts import Permission

CHOSEN_AT_MOST = 200
"""Items that one act on several items takes."""


def _chosen_ids(request: StaffRequest, asked: int | None) -> set[int]:
    """The items that were sent as chosen, or the one that the address names: they are offered whatever the page."""
    sent = {whole_number(text) for text in request.POST.getlist("items")[:CHOSEN_AT_MOST]} | {asked}
    return {item_id for item_id in sent if item_id is not None}


@needs(Permission.CREDIT_NOTE)
@require_http_methods(["GET", "POST"])
def credit_note(request: StaffRequest, account_id: int) -> HttpResponse:
    """A credit note on the account, for an invoice or for none."""
    account = found_account(account_id)
    items = ledger.open_item_page(account_id, as_of())
    own = customers.creditor(account.creditor_id).currency
    currencies = list(dict.fromkeys([own, *ledger.currencies_of(account_id, as_of())]))
    initial = {"number": drawn_number("AV", as_of()), "currency": currencies[0]}
    form = CreditNoteForm(
        posted_data(request), initial=initial, items=items, currencies=currencies,
        find=lambda number: open_item_numbered(account_id, number),
    )  # fmt: skip

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        order = CreditNoteOrder(data["number"], data["currency"], data["amount_minor"], data.get("item", ""))
        return services.post_credit_note(act, order)

    page = ActPage(
        title=_("Write a credit note"),
        text=_("Name the invoice that is no longer owed, so that its tax is taken back in proportion; a credit note "
               "without an invoice carries no tax."),
        button=_("Post the credit note"),
        done=_("The credit note is posted."),
        verb="credit_note_posted",
        effect=lambda data: credit_note_effect(data.get("named"), data.get("amount_minor"), data.get("currency", own)),
    )  # fmt: skip
    return answer_act(
        request, account, page, form, do,
        lambda data: {
            "number": data["number"], "item": data.get("item", ""), "currency": data["currency"],
            "amount": format_amount(data["amount_minor"], data["currency"]),
        },
    )  # fmt: skip


@needs(Permission.REQUEST_WRITE_OFF)
@require_http_methods(["GET", "POST"])
def write_off(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ask for a write-off of some items; another person decides."""
    account = found_account(account_id)
    asked = whole_number(request.GET.get("item", ""))
    listing = page_asked(request, lambda after: ledger.open_item_page(
        account_id, as_of(), undisputed_only=True, after=after))  # fmt: skip
    items = list(listing.rows)
    missing = _chosen_ids(request, asked) - {item.id for item in items}
    if missing:
        others = ledger.items_of([account_id], as_of(), overdue_only=False, item_ids=sorted(missing))
        items[:0] = [item for item in others.get(account_id, []) if item.disputed_minor + item.in_flight_minor == 0]
    by_id = {item.id: item for item in items}
    form = WriteOffForm(
        posted_data(request), initial={"items": [asked]}, items=named_items(items),
        currencies=[item.currency for item in items],
    )  # fmt: skip

    def effect(data: Mapping[str, Any]) -> Effect:
        chosen = [by_id[item_id] for item_id in data.get("items", ()) if item_id in by_id]
        if not chosen:
            return Effect()
        currency, whole = chosen[0].currency, sum(item.open_minor for item in chosen)
        tax = sum(item.tax_minor * item.open_minor // item.amount_minor for item in chosen)
        told = [_("%(amount)s would be given up, once another person approves.") % {"amount": money(whole, currency)}]
        if data.get("recovers_vat") and tax:
            told.append(
                _("About %(tax)s of it is VAT that the state gives back; the loss is %(net)s.")
                % {"tax": money(tax, currency), "net": money(whole - tax, currency)}
            )
        return Effect([*told, _("Nothing changes until then: the items go on being chased.")])

    page = ActPage(
        title=_("Ask for a write-off"),
        text=_("Items that are disputed or have a payment on its way cannot be chosen; settle that first. Money that "
               "comes in later still counts, as a recovery."),
        button=_("Ask for approval"),
        done=_("The write-off waits for another person’s approval."),
        verb="write_off_requested",
        effect=effect,
        template="desk/acts/choice_fields.html",
        more={"choice_name": "items", "listing": listing},
    )  # fmt: skip
    return answer_act(
        request, account, page, form,
        lambda act, data: services.request_write_off(act, data["items"], data["recovers_vat"]),
        lambda data: {
            "items": [by_id[item_id].number for item_id in data["items"]], "recovers_vat": data["recovers_vat"]
        },
    )  # fmt: skip


@needs(Permission.CHARGE)
@require_http_methods(["GET", "POST"])
def interest(request: StaffRequest, account_id: int) -> HttpResponse:
    """Bill or waive the late-payment interest of some items."""
    account = found_account(account_id)
    asked = whole_number(request.GET.get("item", ""))
    listing = page_asked(request, lambda after: ledger.undecided_items(account_id, as_of(), after))
    looked_at = sorted(_chosen_ids(request, asked) | set(listing.rows))
    found = [entry for entry in ledger.claimable_interest(account_id, as_of(), looked_at) if entry.claimable_minor]
    by_id = {entry.item_id: entry for entry in found}
    named = [
        (entry.item_id, f"{entry.item_number} · {money(entry.claimable_minor, entry.currency)}") for entry in found
    ]
    first = found[0].currency if found else ""
    chosen = [asked] if asked in by_id else [entry.item_id for entry in found if entry.currency == first]
    form = InterestForm(
        posted_data(request), initial={"items": chosen, "decision": "bill"}, items=named,
        currencies=[entry.currency for entry in found],
    )  # fmt: skip

    def effect(data: Mapping[str, Any]) -> Effect:
        if request.method != "POST":
            return Effect(_claimable_told(found))
        entries = [by_id[item_id] for item_id in data.get("items", ()) if item_id in by_id]
        if not entries:
            return Effect()
        amount = money(sum(entry.claimable_minor for entry in entries), entries[0].currency)
        if data.get("decision") == "waive":
            given_up = _("%(amount)s of interest is given up for good; later days go on bearing interest.")
            return Effect([], [given_up % {"amount": amount}])
        return Effect([_("%(amount)s is billed, due today; from tomorrow it is chased too.") % {"amount": amount}])

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        decide = services.waive_interest if data["decision"] == "waive" else services.bill_interest
        return decide(act, data["items"])

    page = ActPage(
        title=_("Late-payment interest"),
        text=_("Interest that has accrued and was neither billed nor waived. It stays claimable when the invoice is "
               "paid, until somebody decides."),
        button=_("Decide"),
        done=_("The interest is decided."),
        verb="interest_waived" if request.POST.get("decision") == "waive" else "interest_billed",
        effect=effect,
        template="desk/acts/choice_fields.html",
        more={
            "choice_name": "items", "listing": listing,
            "nothing": "" if found or listing.next_after else _("No interest can be claimed today."),
        },
    )  # fmt: skip
    return answer_act(
        request, account, page, form, do,
        lambda data: {
            "items": {
                by_id[item_id].item_number: format_amount(by_id[item_id].claimable_minor, by_id[item_id].currency)
                for item_id in data["items"]
            }
        },
    )  # fmt: skip


def _claimable_told(found: Sequence[ClaimableInterest]) -> list[str]:
    """What can be claimed in all, currency by currency."""
    totals: dict[str, int] = {}
    for entry in found:
        totals[entry.currency] = totals.get(entry.currency, 0) + entry.claimable_minor
    told = [_("%(amount)s can be claimed in all.") % {"amount": money(minor, code)} for code, minor in totals.items()]
    return [*told, _("Each currency is decided by itself.")] if len(totals) > 1 else told


@needs(Permission.REQUEST_REFUND)
@require_http_methods(["GET", "POST"])
def refund(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Ask to pay unallocated money back, to the account it came from."""
    account, credit = found_account(account_id), found_credit(account_id, credit_id)
    if not credit.payer_iban:
        return redirect("desk:credit_payer", account_id, credit_id)
    requested_minor = sum(
        asked.amount_minor for asked in ledger.requests_of(account_id)
        if asked.kind == "refund" and asked.data["credit"] == credit.id
    )  # fmt: skip
    overdue_minor = overdue_of(account_id, credit.currency)
    spare_minor = max(0, credit.open_minor - requested_minor - overdue_minor)
    initial = {"amount": amount_text(spare_minor, credit.currency)} if spare_minor else {}
    form = AmountForm(posted_data(request), initial=initial, currency=credit.currency)

    def effect(data: Mapping[str, Any]) -> Effect:
        told, amount_minor = [], data.get("amount_minor") or 0
        if requested_minor:
            words = {"amount": money(requested_minor, credit.currency)}
            told.append(_("%(amount)s of it is asked for already and waits for approval.") % words)
        if amount_minor:
            words = {"amount": money(amount_minor, credit.currency), "iban": iban(credit.payer_iban)}
            told.append(_("%(amount)s goes back to %(iban)s once another person approves.") % words)
        if not overdue_minor:
            return Effect(told)
        owed = overdue_told(overdue_minor, credit.currency)
        return Effect(told, [owed]) if amount_minor > spare_minor else Effect([*told, owed])

    page = ActPage(
        title=_("Ask for a refund"),
        text=_("Money goes back to the account it came from, and to no other: %(iban)s.")
        % {"iban": iban(credit.payer_iban)},
        button=_("Ask for approval"),
        done=_("The refund waits for another person’s approval."),
        verb="refund_requested",
        effect=effect,
    )
    return answer_act(
        request, account, page, form,
        lambda act, data: services.request_refund(act, credit.id, data["amount_minor"], credit.payer_iban),
        lambda data: {"reference": credit.number, "amount": format_amount(data["amount_minor"], credit.currency)},
        credit=credit,
    )  # fmt: skip


@needs(Permission.REQUEST_REFUND)
@require_http_methods(["GET", "POST"])
def payer(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Record the bank account that a payment came from, with the evidence for it."""
    account, credit = found_account(account_id), found_credit(account_id, credit_id)
    page = ActPage(
        title=_("Record the payer’s account"),
        text=_("Write down the account this payment came from, as the bank statement shows it. It is set once, and a "
               "refund goes there only; do not take it from the customer’s letter."),
        button=_("Record"),
        done=_("The payer’s account is recorded."),
        verb="payer_recorded",
    )  # fmt: skip
    return answer_act(
        request, account, page, PayerForm(posted_data(request)),
        lambda act, data: services.record_payer(act, credit.id, data["iban"]),
        lambda data: {"reference": credit.number, "iban": iban(data["iban"], masked=True)},
        credit=credit,
    )  # fmt: skip


@needs(Permission.ALLOCATE)
@require_http_methods(["GET", "POST"])
def release(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Hand a payment that waits for a person back to the creditor's policy."""
    account, credit = found_account(account_id), found_credit(account_id, credit_id)
    amount = money(credit.open_minor, credit.currency)
    page = ActPage(
        title=_("Hand back to the policy"),
        text=_("The payment no longer waits for a person: the creditor’s policy allocates it at once, if it can."),
        button=_("Hand back"),
        done=_("The policy allocates this payment again."),
        verb="credit_released",
        effect=lambda _data: Effect([_("%(amount)s goes to open items by policy.") % {"amount": amount}]),
        leads_to=reverse("desk:account_allocate", args=[account_id]),
    )
    return answer_act(
        request, account, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.release_credit(act, credit.id),
        lambda _data: {"reference": credit.number}, credit=credit,
    )  # fmt: skip


@needs(Permission.CHARGE)
@require_http_methods(["GET", "POST"])
def return_charge(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Charge the bank's fee for a payment that came back."""
    account, credit = found_account(account_id), found_credit(account_id, credit_id)
    page = ActPage(
        title=_("Charge for the return"),
        text=_("The bank’s fee for a payment that came back, once per payment and only where the law allows it."),
        button=_("Charge it"),
        done=_("The return charge is posted."),
        verb="return_charged",
    )
    return answer_act(
        request, account, page, AmountForm(posted_data(request), currency=credit.currency),
        lambda act, data: services.post_return_charge(act, credit.id, data["amount_minor"]),
        lambda data: {"reference": credit.number, "asked": format_amount(data["amount_minor"], credit.currency)},
        credit=credit,
    )  # fmt: skip
