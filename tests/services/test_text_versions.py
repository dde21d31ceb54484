"""Edited texts are saved as versions, and messages are written with the one in force for their creditor and channel."""

import datetime as dt
import threading

import pytest
from django.db import connection

from relance.kit.refusal import Refusal
from relance.outbound import queries
from relance.outbound.facts import Form, PartProblem, TextPreview
from relance.outbound.models import Dispatch, TextVersion
from relance.outbound.services import prepare, release, save_text, seal, standard_again
from tests.services.test_outbound import NIGHT, creditor, only_message, order
from tests.services.test_print_batches import letter_to, owing

pytestmark = pytest.mark.django_db(transaction=True)

OPENING = {"opening": "Chère cliente, cher client, voici où nous en sommes : {{ money(m.total_minor) }}."}


def save(parts: dict[str, str], seen: int = 0, creditor_id: int = 0, channel: str = "", code: str = "reminder") -> int:
    return save_text(creditor_id, code, "fr", channel, parts, seen, "kinder", "ada", NIGHT)


def in_force() -> TextVersion:
    return TextVersion.objects.get(ended_at__isnull=True)


def test_a_message_is_written_with_the_version_in_force_and_remembers_it() -> None:
    alice, bruno = owing("T1"), owing("T2")
    prepare([order(alice)])
    release(NIGHT)
    assert only_message(alice).text_version_id == 0
    assert save(OPENING) == 1
    prepare([order(bruno)])
    release(NIGHT)
    message = only_message(bruno)
    assert "voici où nous en sommes" in message.text
    assert "voici où nous en sommes" in message.html
    assert message.text_version_id == in_force().id
    assert "voici" not in only_message(alice).text, "what was written stays as it was"


def test_a_letter_is_sealed_with_the_version_in_force() -> None:
    save(
        {"opening": f"Ceci est une mise en demeure. {OPENING['opening']}"}, 0, creditor().id, "letter", "formal_notice"
    )
    alice = owing("T3")
    prepare([letter_to(alice)])
    seal(creditor().id, "letter", NIGHT, "ada")
    message = only_message(alice)
    assert (message.state, message.text_version_id) == ("sealed", in_force().id)
    assert "voici où nous en sommes" in message.text
    pdf = queries.letter_pdf(message.account_id, message.id)
    assert pdf is not None


def test_versions_follow_each_other_and_the_standard_text_comes_back() -> None:
    assert save(OPENING) == 1
    first = in_force()
    assert save(OPENING, first.id) == 0, "the same words make no version"
    assert save({"title": "Encore"}, first.id) == 2
    second = in_force()
    assert second.parts == {"title": "Encore"}
    standard_again(0, "reminder", "fr", "", second.id, "bob")
    assert not TextVersion.objects.filter(ended_at__isnull=True).exists()
    assert [version.number for version in queries.text_versions(0, "reminder", "fr", "")] == [2, 1]
    with pytest.raises(Refusal, match="standard one already"):
        standard_again(0, "reminder", "fr", "", 0, "bob")
    assert save(OPENING) == 3


def test_what_cannot_be_written_is_never_saved() -> None:
    with pytest.raises(Refusal, match=r"m\.nothing"):
        save({"opening": "{{ m.nothing }}"})
    with pytest.raises(Refusal, match="standard text"):
        save({})
    with pytest.raises(Refusal, match="no channel"):
        save(OPENING, channel="pigeon")
    with pytest.raises(Refusal, match="no creditor"):
        save(OPENING, creditor_id=999)
    with pytest.raises(LookupError):
        save(OPENING, code="../words")
    assert not TextVersion.objects.exists()


def test_of_two_people_who_save_at_once_the_second_hears_of_it() -> None:
    creditor()
    refused: list[str] = []
    together = threading.Barrier(2)

    def one_of_them(title: str) -> None:
        together.wait()
        try:
            save({"title": title})
        except Refusal as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=one_of_them, args=(title,)) for title in ("Un", "Deux")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "Somebody has changed this text" in refused[0]
    assert TextVersion.objects.count() == 1


def test_a_preview_shows_a_real_customer_where_one_owes_and_an_invented_one_else() -> None:
    owing("T4", name="Chloé Durand")
    preview = queries.preview_text("reminder", "fr", OPENING, Form.MAIL, 0, "T4", NIGHT)
    assert isinstance(preview, TextPreview)
    assert not preview.is_invented
    assert "Chloé Durand" in preview.words.text
    assert "voici où nous en sommes" in preview.words.html
    other = queries.preview_text("reminder", "fr", {}, Form.SHORT, 0, "unknown", NIGHT)
    assert isinstance(other, TextPreview)
    assert other.is_invented
    assert other.segment_count >= 1
    letter = queries.preview_text("formal_notice", "nl", {}, Form.LETTER, creditor().id, "", NIGHT)
    assert isinstance(letter, TextPreview)
    assert [page[:4] for page in letter.pages] == [b"\x89PNG"] * len(letter.pages) != []
    wrong = queries.preview_text("reminder", "fr", {"opening": "{{ x }}"}, Form.MAIL, 0, "", NIGHT)
    assert wrong == [PartProblem("opening", 1, "unknown_field", "x")]
    assert not Dispatch.objects.exists(), "looking leaves nothing"


def test_the_day_of_a_preview_is_the_day_it_is_asked_for() -> None:
    later = NIGHT + dt.timedelta(days=30)
    words = [queries.preview_text("reminder", "en", {}, Form.MAIL, 0, "", on) for on in (NIGHT, later)]
    assert words[0] != words[1]
