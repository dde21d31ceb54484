"""The desk's words for codes that rooms store: kinds, states, methods, roles, verbs of the audit trail.

A code without a word here is shown as it is, readable, so that a new variant needs no change in the desk.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from relance.faces.desk.audit_words import AUDIT
from relance.staff.facts import Role

_EVERYBODY: Mapping[Role, str | Promise] = {
    Role.AGENT: _("Every agent"),
    Role.SUPERVISOR: _("Every supervisor"),
    Role.FINANCE: _("Everybody of finance"),
    Role.ADMINISTRATOR: _("Every administrator"),
    Role.AUDITOR: _("Every auditor"),
}

LABELS: Mapping[str, Mapping[str, str | Promise]] = {
    "kind": {"consumer": _("Consumer"), "business": _("Business"), "public": _("Public body")},
    "service": {
        "mobile": _("Mobile"),
        "fixed": _("Fixed line"),
        "internet": _("Internet"),
        "tv": _("Television"),
        "equipment": _("Equipment"),
        "other": _("Other"),
    },
    "nature": {
        "service": pgettext_lazy("what an invoice is for", "Services"),
        "equipment": _("Equipment"),
        "termination": _("Termination"),
        "other": _("Other"),
    },
    "method": {
        "transfer": _("Bank transfer"),
        "direct_debit": _("Direct debit"),
        "card": _("Card"),
        "gocardless": _("GoCardless"),
        "cheque": _("Cheque"),
        "cash": _("Cash"),
    },
    "document": {
        "invoice": _("Invoice"),
        "late_fee": _("Late fee"),
        "indemnity": _("Recovery indemnity"),
        "interest": _("Late-payment interest"),
        "return_charge": _("Return charge"),
        "refund": _("Refund"),
        "recovery": _("Recovery of written-off debt"),
        "instalment": _("Instalment"),
        "receipt": _("Payment"),
        "credit_note": _("Credit note"),
        "write_off": _("Write-off"),
        "small_difference": _("Small difference"),
        "correction": _("Correction"),
        "split": _("Spread over instalments"),
        "reversal": _("Reversal"),
    },
    "exclusion": {
        "disputed": _("Disputed"),
        "in_flight": _("Payment on its way"),
        "expired": _("Time-barred"),
    },
    "interruption": {
        "acknowledgement": _("The customer acknowledged the debt"),
        "court": _("A court claim was made"),
        "insolvency_claim": _("The claim was declared in an insolvency"),
    },
    "interest": {"bill": _("Bill it: one debit note per invoice"), "waive": _("Waive it")},
    "request": {"write_off": _("Write-off"), "refund": _("Refund")},
    "request_state": {
        "requested": _("Waiting for approval"),
        "approved": _("Approved"),
        "refused": _("Refused"),
        "withdrawn": _("Withdrawn"),
    },
    "rate_state": {
        "seed": _("From the country pack"),
        "proposed": _("Proposed"),
        "approved": _("Approved"),
        "refused": _("Refused"),
        "replaced": _("Replaced"),
    },
    "allocation_order": {
        "oldest_due": _("what the payer named, then the oldest due first"),
        "civil_code": _("the French civil code’s order: interest and costs first, then what is due and most onerous"),
        "named_only": _("only what the payer named; the rest waits on the account"),
        "by_hand": _("nothing by themselves: people allocate them"),
    },
    "interest_on_settlement": {
        "keep": _("kept claimable until somebody bills or waives it"),
        "bill": _("billed at once as a debit note"),
        "waive": _("waived, and the timeline says so"),
    },
    "restarted_by": {
        "due_date": _("its due date"),
        "acknowledgement": _("an acknowledgement of the debt"),
        "part_payment": _("a part payment"),
        "court": _("a court claim"),
        "insolvency_claim": _("a claim declared in an insolvency"),
    },
    "work_state": {
        "open": pgettext_lazy("work", "Open"),
        "closed": pgettext_lazy("work", "Done"),
        "cancelled": _("Called off"),
    },
    "work_outcome": {"settled": _("Called off: nothing is overdue any more")},
    "hold": {
        "dispute": _("Dispute"),
        "promise": _("Promise to pay"),
        "plan": _("Instalment plan"),
        "payment_in_flight": _("Payment on its way"),
        "bank_feed_stale": _("Bank feed late"),
        "aid_request": _("Aid requested (FSL)"),
        "over_indebtedness": _("Over-indebtedness"),
        "insolvency": _("Insolvency"),
        "deceased": _("Deceased"),
        "vulnerable": _("Vulnerable customer"),
        "legal": _("Legal proceedings"),
        "manual": _("Held by hand"),
        "exempt": _("Exempt from dunning"),
    },
    "hold_state": {"active": _("In force"), "coming": _("To come"), "ended": _("Ended")},
    "hold_scope": {
        "account": _("The whole account"),
        "item": _("One item"),
        "part": _("Part of an item"),
        "born_before": _("Items born before a day"),
    },
    "guarded": {
        "reminder": _("reminders"),
        "formal": _("formal notice, fees, indemnity and interest"),
        "debit": _("direct debit"),
        "restrict": _("service restriction"),
        "place": _("placement with an agency"),
        "report": _("reporting to registers of bad payers"),
    },
    "call_state": {"waiting": _("Waiting"), "delivered": _("Delivered"), "failed": _("Failed")},
    "message_state": {
        "prepared": _("Waiting"),
        "released": _("Ready to send"),
        "sending": _("Being sent"),
        "sealed": _("In a print batch"),
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "opened": _("Opened"),
        "bounced": _("Bounced"),
        "returned": _("Returned to sender"),
        "withdrawn": _("Withdrawn"),
        "merged": _("Merged into another"),
        "failed": _("Failed"),
        "unknown": _("Outcome unknown"),
    },
    "print_batch_state": {"sealing": _("Being sealed"), "sealed": _("Sealed"), "posted": _("Posted")},
    "message_report": {
        "delivered": _("Delivered"),
        "opened": _("Opened"),
        "failed": _("Not delivered"),
        "returned": _("Returned to sender"),
    },
    "passed_over": {
        "not_installed": _("not installed here"),
        "no_address": _("the account has no address for it"),
        "dead_address": _("the address does not work any more"),
    },
    "action_state": {
        "planned": _("Planned"),
        "performed": _("Done"),
        "refused": _("Not possible"),
        "passed": _("Passed over"),
        "waiting": _("Waits for approval"),
    },
    "cycle_state": {
        "running": _("Running"),
        "interrupted": _("Interrupted"),
        "held_open": _("Held open"),
        "closed": pgettext_lazy("cycle", "Closed"),
        "failed": _("Failed"),
    },
    "failure_state": {"open": _("Not solved"), "solved": _("Solved")},
    "step_state": {"open": _("Waiting"), "running": _("Running"), "done": _("Done"), "failed": _("Failed")},
    "channel": {
        "email": _("E-mail"),
        "sms": _("SMS"),
        "letter": _("Letter"),
        "registered_letter": _("Registered letter"),
        "red_letter": _("Red letter"),
        "voice": _("Recorded call"),
    },
    "action": {
        "send": _("Message"),
        "task": _("Work for a person"),
        "call": _("Call"),
        "late_fee": _("Late fee"),
        "indemnity": _("Recovery indemnity"),
        "interest": _("Late-payment interest"),
        "review": _("Flag for review"),
        "credit_class": _("Move to a credit class"),
        "credit_hold": _("Credit hold"),
        "notify": _("Notice to staff"),
        "webhook": _("Call of another system"),
        "restrict": _("Service restriction"),
        "place": _("Placement with an agency"),
    },
    "work": {
        "call": _("Call the customer"),
        "meeting": _("Meet the customer"),
        "review": _("Look at the account"),
        "task": _("Other work"),
    },
    "recipient": {
        "sales_rep": _("The account’s sales representative"),
        **{f"staff:{role.value}": word for role, word in _EVERYBODY.items()},
    },
    "working_day": {
        "on": _("Keep the day, working day or not"),
        "next": _("Move to the next working day"),
        "previous": _("Move to the working day before"),
    },
    "done_when": {
        "performed": _("its actions were carried out"),
        "sent": _("its messages were handed over for delivery"),
        "delivered": _("its messages were delivered"),
    },
    "catch_up": {
        "step": _("One stage after the other, at the scenario’s intervals"),
        "jump": _("The right stage at once; optional ones between are passed over"),
    },
    "new_item": {
        "continue": _("It joins the running episode"),
        "restart": _("The episode begins again at the first stage"),
    },
    "family": {
        "apart": _("Each account by itself"),
        "together": _("Children together with their parent"),
    },
    "draft_state": {"editing": _("Draft"), "submitted": _("Waiting for a second person")},
    "template": {
        "reminder": _("Reminder"),
        "second_reminder": _("Second reminder"),
        "red_letter": _("Last reminder, seven days"),
        "suspension_warning": _("Warning before suspension"),
        "formal_notice": _("Formal notice"),
        "stage_reached": _("Stage reached"),
    },
    "withdrawn_because": {"settled": _("the debt was settled before"), "hold": _("a hold was placed")},
    "stage": {
        "reminder": _("Reminder"),
        "second": _("Second reminder"),
        "formal": _("Formal notice"),
        "suspension": _("Suspension"),
        "agency": _("Agency"),
    },
    "role": {
        Role.AGENT.value: _("Agent"),
        Role.SUPERVISOR.value: _("Supervisor"),
        Role.FINANCE.value: _("Finance"),
        Role.ADMINISTRATOR.value: _("Administrator"),
        Role.AUDITOR.value: _("Auditor"),
    },
    "role_help": {
        Role.AGENT.value: _("Sees accounts, messages and cycles; does the work; records payments and places holds."),
        Role.SUPERVISOR.value: _("As an agent, and changes what an account owes and its scenario; exports lists."),
        Role.FINANCE.value: _(
            "Changes what accounts owe, approves requests, keeps the journal and the rates; exports lists."
        ),
        Role.ADMINISTRATOR.value: _("Everything, with the management of staff and the audit trail."),
        Role.AUDITOR.value: _("Sees and exports everything with the journal and the audit trail; changes nothing."),
    },
    "step": {
        "receive": _("Receive bank files"),
        "match": _("Match receipts"),
        "post": _("Post receipts"),
        "allocate": _("Set credits against items"),
        "age": _("Age"),
        "limitation": _("Set time-barred items aside"),
        "decide": _("Decide"),
        "perform": _("Perform"),
        "deliver": _("Release and send messages"),
        "rank": _("Rank the work"),
        "verify": _("Verify laws"),
        "seal": _("Seal the journal"),
        "close": pgettext_lazy("step of the daily cycle", "Close"),
    },
    "level": {"account": _("Per account"), "invoice": _("Per invoice")},
    "ageing": {
        "current": _("Not yet due"),
        "1-30": _("1–30 days"),
        "31-60": _("31–60 days"),
        "61-90": _("61–90 days"),
        "90+": _("Over 90 days"),
    },
    "language": {"fr": "Français", "en": "English"},
    "written_in": {"fr": "Français", "en": "English", "de": "Deutsch", "nl": "Nederlands"},
    "audit": AUDIT,
}


def label(family: str, code: object) -> str:
    """The word for a code in the reader's language; an unknown code made readable."""
    text = "" if code is None else str(code)
    found = LABELS.get(family, {}).get(text)
    return str(found) if found is not None else text.replace("_", " ").strip().capitalize()


def choices(family: str, empty: str | Promise | None = None) -> list[tuple[str, str | Promise]]:
    """The family as choices of a form field, with an optional first choice for "any"."""
    first: list[tuple[str, str | Promise]] = [("", empty)] if empty is not None else []
    return first + list(LABELS[family].items())
