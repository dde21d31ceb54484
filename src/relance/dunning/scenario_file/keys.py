"""The words of a scenario file, in the order in which they are written."""

TOP_KEYS = (
    "code", "name", "level", "applies_to", "priority", "enter", "leave", "catch_up", "new_item", "family", "costs",
    "stages",
)  # fmt: skip
STAGE_KEYS = ("code", "age", "when", "mandatory", "min_amount", "working_day", "done_when", "actions")
LISTS = ("kind", "segment", "credit_class", "payment_method")
CRITERIA = (*LISTS, "amount", "score", "strategic")
BAND_KEYS = ("min", "max")

KINDS = ("consumer", "business", "public")
PAYMENT_METHODS = ("direct_debit", "card", "gocardless", "transfer", "cheque", "cash")

LATER_ACTIONS = frozenset({"restrict", "place"})
"""Actions that a file at the shell may name although no file on the shelf does them yet: such an action is planned, then
refused as `not_installed`, and the desk shows it. A draft that names one cannot be published."""

LATER_CHANNELS = frozenset({"sms", "letter", "registered_letter", "voice", "call", "meeting"})
"""Channels that a file at the shell may name although they are not installed yet; they are passed over."""
