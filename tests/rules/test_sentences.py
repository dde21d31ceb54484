"""Every reason has a sentence in both languages, with amounts, days and plurals as a reader expects them."""

import pytest

from relance.dunning.facts import Because
from relance.dunning.sentences import _SENTENCES, because_sentence

OVERDUE = {"overdue_minor": 123450, "currency": "EUR", "items": 2, "oldest_due_on": "2026-01-31", "days": 3}
DATA = {
    "overdue": OVERDUE,
    "below_entry": {"overdue_minor": 900, "minimum": "15.00"},
    "settled": {"overdue_minor": 0, "maximum": "5.00"},
    "episode_opens": {"scenario": "house", "minimum": "15.00"},
    "stage_due": {"stage": "second", "age_days": 7, "on": "2026-02-07"},
    "next_stage": {"stage": "second", "on": "2026-02-07"},
    "below_minimum": {"stage": "second", "minimum": "50.00"},
    "mandatory_holds": {"stage": "formal"},
    "mandatory_not_done": {"stage": "formal"},
    "mandatory_refused": {"stage": "formal", "refusals": ["hold:aid_request"]},
    "mandatory_open": {},
    "ladder_ended": {},
    "nothing_overdue": {},
    "nothing_chased": {},
    "paused": {"days": 3},
    "held": {"kind": "promise"},
    "held_out": {"overdue_minor": 900, "currency": "EUR"},
    "restarted": {},
    "conditions": {"stage": "second"},
    "impossible": {"stage": "second", "refusals": ["unreachable", "hold:legal", "law:fr.rule"]},
    "jumped": {"stage": "second", "to": "formal"},
    "charge_refused": {"en": "Nothing is due.", "fr": "Rien n'est dû."},
    "left_out_disputed": {"overdue_minor": 900, "currency": "EUR"},
    "left_out_in_flight": {"overdue_minor": 900, "currency": "EUR"},
    "left_out_expired": {"overdue_minor": 900, "currency": "EUR"},
    "left_out_unallocated": {"overdue_minor": 900, "currency": "EUR"},
}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("code", sorted(_SENTENCES))
def test_every_reason_has_its_sentence(code: str, language: str) -> None:
    sentence = because_sentence(Because(code, DATA[code]), language, "EUR")
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_amounts_days_and_plurals() -> None:
    assert because_sentence(Because("overdue", OVERDUE), "en", "EUR") == (
        "€1,234.50 is overdue on 2 invoices; the oldest was due on 31 January 2026, 3 days ago."
    )
    one = OVERDUE | {"items": 1, "days": 1}
    assert because_sentence(Because("overdue", one), "fr", "EUR").replace("\u202f", " ").replace("\u00a0", " ") == (
        "1 234,50 € échus sur 1 facture ; la plus ancienne était due le 31 janvier 2026, il y a 1 jour."
    )
