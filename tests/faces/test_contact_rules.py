"""The page of contact rules: read by everybody who reads scenarios, changed by those who change them."""

from collections.abc import Callable

import pytest

from relance.outbound import queries
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import SignedIn
from tests.faces.test_pages import text_of
from tests.services.test_outbound import creditor

pytestmark = pytest.mark.django_db


def test_caps_are_set_and_lifted_by_those_who_may(sign_in: Callable[..., SignedIn]) -> None:
    house = creditor()
    supervisor = sign_in(Role.SUPERVISOR, "en").client
    address = f"/contact-rules/{house.id}/"
    page = text_of(supervisor.get("/contact-rules/").content)
    assert "All channels together" in page
    assert "10:00–13:00" in page
    assert "are saved" in text_of(supervisor.post(address, {"cap_": "3", "cap_sms": "1"}, follow=True).content)
    assert queries.contact_caps() == {(house.id, ""): 3, (house.id, "sms"): 1}
    assert "Nothing has changed" in text_of(
        supervisor.post(address, {"cap_": "3", "cap_sms": "1"}, follow=True).content
    )
    for wrong in ("0", "100", "many", "²"):
        answer = supervisor.post(address, {"cap_": wrong, "cap_sms": "2"}, follow=True)
        assert "1 to 99" in text_of(answer.content)
    assert queries.contact_caps()[house.id, "sms"] == 1, "nothing half-saved"
    supervisor.post(address, {"cap_": ""})
    assert queries.contact_caps() == {}
    assert [row.verb for row in audit_rows().rows[:2]] == ["contact_caps_set", "contact_caps_set"]
    agent = sign_in(Role.AGENT, "en").client
    assert "Save" not in text_of(agent.get("/contact-rules/").content)
    assert agent.post(address, {"cap_": "1"}).status_code == 403
    assert supervisor.post("/contact-rules/999/", {"cap_": "1"}).status_code == 404
