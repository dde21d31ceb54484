"""The desk's words for codes that rooms store: kinds, states, methods, roles, verbs of the audit trail.

A code without a word here is shown as it is, readable, so that a new variant needs no change in the desk.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from relance.staff.facts import Role

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
    "message_state": {
        "prepared": _("Waiting"),
        "released": _("Ready to send"),
        "sending": _("Being sent"),
        "sent": _("Sent"),
        "withdrawn": _("Withdrawn"),
        "failed": _("Failed"),
        "unknown": _("Outcome unknown"),
    },
    "action_state": {
        "planned": _("Planned"),
        "performed": _("Done"),
        "refused": _("Not possible"),
        "passed": _("Passed over"),
    },
    "cycle_state": {"running": _("Running"), "closed": pgettext_lazy("cycle", "Closed"), "failed": _("Failed")},
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
        "restrict": _("Service restriction"),
        "place": _("Placement with an agency"),
    },
    "template": {
        "reminder": _("Reminder"),
        "second_reminder": _("Second reminder"),
        "formal_notice": _("Formal notice"),
    },
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
        Role.AGENT.value: _("Sees accounts, messages and cycles; records payments."),
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
    "audit": {
        "signed_in": _("Signed in"),
        "signed_out": _("Signed out"),
        "sign_in_refused": _("Sign-in refused"),
        "staff_created": _("Added a person"),
        "role_changed": _("Changed a role"),
        "staff_deactivated": _("Deactivated a person"),
        "staff_reactivated": _("Reactivated a person"),
        "password_reset": _("Reset a password"),
        "password_changed": _("Changed their password"),
        "language_changed": _("Changed their language"),
        "payment_recorded": _("Recorded a payment"),
        "payment_reversed": _("Reversed a payment"),
        "credit_note_posted": _("Wrote a credit note"),
        "item_corrected": _("Corrected a mistaken posting"),
        "item_postponed": _("Postponed a due date"),
        "item_split": _("Split an item into instalments"),
        "item_disputed": _("Recorded a dispute"),
        "exclusion_lifted": _("Lifted a dispute"),
        "marked_doubtful": _("Marked a debt as doubtful"),
        "unmarked_doubtful": _("Took a doubtful mark away"),
        "limitation_interrupted": _("Recorded what interrupts limitation"),
        "formal_notice_recorded": _("Recorded a formal notice"),
        "late_fee_charged": _("Charged a late fee"),
        "indemnity_charged": _("Charged the recovery indemnity"),
        "return_charged": _("Charged for a returned payment"),
        "credit_note_taken_back": _("Took a credit note back"),
        "write_off_taken_back": _("Took a write-off back"),
        "split_taken_back": _("Took a split back"),
        "interest_billed": _("Billed interest"),
        "interest_waived": _("Waived interest"),
        "allocated": _("Allocated by hand"),
        "allocation_undone": _("Undid an allocation"),
        "credit_released": _("Handed a payment back to the policy"),
        "payer_recorded": _("Recorded a payer’s account"),
        "write_off_requested": _("Asked for a write-off"),
        "refund_requested": _("Asked for a refund"),
        "ledger_exported": _("Exported an account ledger"),
        "statement_exported": _("Exported a statement of account"),
        "scenario_chosen": _("Chose a scenario for an account"),
        "accounts_exported": _("Exported accounts"),
        "request_approved": _("Approved a request"),
        "request_refused": _("Refused a request"),
        "request_withdrawn": _("Withdrew a request"),
        "rate_proposed": _("Proposed a rate"),
        "rate_approved": _("Approved a rate"),
        "rate_refused": _("Refused a rate"),
        "journal_sealed": _("Sealed days of the journal"),
        "journal_exported": _("Exported the journal"),
        "trial_balance_exported": _("Exported a trial balance"),
        "account_mapped": _("Changed the chart of accounts"),
        "policy_changed": _("Changed a policy for money"),
        "cheques_deposited": _("Deposited cheques"),
        "limitation_exported": _("Exported limitation dates"),
    },
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
