"""Writes on messages: prepare them, release them with their words, transmit them, take them back, try one again.

Beside them notices to staff, and calls to other systems.
"""

from relance.outbound.services.call import deliver_calls
from relance.outbound.services.deliver import deliver_batch, take_up
from relance.outbound.services.endpoints import call_webhooks, retry_call, save_endpoint, switch_endpoint
from relance.outbound.services.notify import notify_staff
from relance.outbound.services.pass_on import use_again
from relance.outbound.services.prepare import prepare
from relance.outbound.services.print_report import take_print_report
from relance.outbound.services.receipts import take_call, take_notices
from relance.outbound.services.release import release
from relance.outbound.services.resend import resend
from relance.outbound.services.seal import ask_to_seal, mark_posted, seal
from relance.outbound.services.take_back import hold_back, reread, withdraw_waiting
from relance.outbound.services.texts import save_text, send_test, standard_again
from relance.outbound.services.transmit import settle_dead_senders, transmit
from relance.outbound.services.weekly_caps import set_cap

__all__ = [
    "ask_to_seal",
    "call_webhooks",
    "deliver_batch",
    "deliver_calls",
    "hold_back",
    "mark_posted",
    "notify_staff",
    "prepare",
    "release",
    "reread",
    "resend",
    "retry_call",
    "save_endpoint",
    "save_text",
    "seal",
    "send_test",
    "set_cap",
    "settle_dead_senders",
    "standard_again",
    "switch_endpoint",
    "take_call",
    "take_notices",
    "take_print_report",
    "take_up",
    "transmit",
    "use_again",
    "withdraw_waiting",
]
