"""What the pages show, in both languages, with a fixed number of queries."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.faces.conftest import SignedIn


def text_of(content: bytes) -> str:
    """The words of a page, spaces made plain."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode())).replace("\u202f", " ").replace("\u00a0", " ")


@contextmanager
def at_most(queries: int) -> Iterator[None]:
    """The block asks the database no more often than this."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        yield
    asked = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "SET"))]
    assert len(asked) <= queries, f"{len(asked)} queries:\n" + "\n".join(sql[:120] for sql in asked)


def test_home(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "fr").client
    client.get("/")
    with at_most(12):
        page = text_of(client.get("/").content)
    assert "jeudi 20 mars 2025" in page
    assert "20,00 €" in page  # received this month: Chloé's payment
    with at_most(5):
        ageing = text_of(client.get("/home/ageing/").content)
    assert "145,50 €" in ageing  # B-1 and the rest of C-1 are overdue
    assert "31–60 jours" in ageing
    assert "2 factures" in ageing
    with at_most(6):
        stages = text_of(client.get("/home/stages/").content)
    assert "Particuliers" in stages
    assert "Rappel 2 145,50 €" in stages


def test_home_of_an_empty_house(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en").client
    assert "No cycle has run yet" in text_of(client.get("/").content)
    assert "Nothing is owed" in text_of(client.get("/home/ageing/").content)
    assert "Nobody is in dunning" in text_of(client.get("/home/stages/").content)
    assert "There is no account yet" in text_of(client.get("/accounts/").content)
    assert "No message yet" in text_of(client.get("/messages/").content)
    assert "Nothing was imported yet" in text_of(client.get("/imports/").content)


def test_accounts_list_search_filter_and_sort(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en").client
    client.get("/accounts/")
    with at_most(14):
        page = text_of(client.get("/accounts/").content)
    assert page.index("Alice") < page.index("Bruno") < page.index("Chloé") < page.index("Denis")
    assert "€65.50" in page and "€45.50" in page and "5 accounts" in page
    backwards = text_of(client.get("/accounts/?sort=-name").content)
    assert backwards.index("Établissements") < backwards.index("Denis") < backwards.index("Alice")
    fragment = client.get("/accounts/?text=chl", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "Chloé" in text_of(fragment.content) and "Bruno" not in text_of(fragment.content)
    assert "1 account " in text_of(client.get("/accounts/?kind=business").content)
    overdue = text_of(client.get("/accounts/?sort=-overdue").content)
    assert overdue.index("Chloé") < overdue.index("Bruno")
    assert "Alice" not in overdue
    assert "2 accounts" in text_of(client.get("/accounts/?stage=desk_test/reminder").content)
    assert "0 accounts" in text_of(client.get("/accounts/?stage=desk_test/second").content)
    assert "2 accounts" in text_of(client.get("/accounts/?stage=any").content)
    assert "No account matches" in text_of(client.get("/accounts/?text=zzz").content)


def queries_of(client: Client, path: str) -> int:
    """How often a page asks the database."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_longer_list_asks_no_more(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    client.get("/accounts/")
    assert queries_of(client, "/accounts/?text=bruno") == queries_of(client, "/accounts/")
    assert queries_of(client, "/messages/?text=bruno") == queries_of(client, "/messages/?text=example")
    assert queries_of(client, "/cycles/?before=2025-03-20") == queries_of(client, "/cycles/")


def test_a_full_number_opens_its_account(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    assert client.get("/accounts/?text=BRUNO&go=1")["Location"] == f"/accounts/{account_id}/"
    assert client.get("/accounts/?text=bru&go=1").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/?after=x",
        "/accounts/?after=a|b",
        "/accounts/?after=%00|1",
        "/accounts/?sort=drop",
        "/accounts/?sort=-overdue&after=1",
        "/accounts/?sort=-overdue&text=a&after=-1",
        "/accounts/?stage=/",
        "/accounts/?kind=%00&text=%00",
        "/messages/?text=%00&after=1e9",
        "/audit/?actor=%00&after=%00",
        "/cycles/?before=%00",
        "/audit/?after=²",
        "/audit/?after=" + "9" * 5_000,
        "/messages/?after=²",
        "/messages/?after=" + "9" * 5_000,
    ],
)
def test_a_damaged_address_is_no_error(portfolio: None, sign_in: Callable[..., SignedIn], address: str) -> None:
    assert sign_in().client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/{}/",
        "/accounts/{}/timeline/",
        "/accounts/{}/payments/new/",
        "/accounts/{}/payments/1/reverse/",
        "/accounts/1/payments/{}/reverse/",
        "/messages/{}/",
        "/messages/{}/body/",
        "/staff/{}/",
    ],
)
@pytest.mark.parametrize("row_id", [2**63 - 1, 2**63, 10**18 * 10, "9" * 500, "٣", "0"])
def test_an_id_that_no_row_can_have_is_not_found(
    sign_in: Callable[..., SignedIn], address: str, row_id: object
) -> None:
    assert sign_in().client.get(address.format(row_id)).status_code == 404


def test_a_code_with_a_nul_is_not_found(sign_in: Callable[..., SignedIn]) -> None:
    assert sign_in().client.get("/scenarios/a%00b/").status_code == 404


def test_paging_walks_the_whole_list(
    portfolio: None, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance.faces.desk import account_rows as rows
    from relance.faces.desk.account_rows import AccountSearch

    for sort in ("number", "-number", "name", "-name", "-overdue"):
        seen: list[str] = []
        after = None
        for _page in range(10):
            from tests.faces.conftest import TODAY

            search = AccountSearch.read({"sort": sort, "after": after or ""})
            page = rows.account_rows(search, TODAY, limit=1)
            seen += [row.account.number for row in page.rows]
            after = page.next_after
            if after is None:
                break
        assert len(seen) == len(set(seen)) == (2 if sort == "-overdue" else 5), sort


def test_export_is_streamed_and_audited(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    answer = client.get("/accounts/export.csv?stage=any")
    assert answer.streaming
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Numéro,Nom,Type")
    assert [line.split(",")[0] for line in lines[1:]] == ["BRUNO", "CHLOE"]
    assert ",EUR,65.50,45.50,0.00,8," in lines[1]
    assert audit_rows().rows[0].verb == "accounts_exported"


def test_a_list_longer_than_is_counted_says_so_and_is_exported_whole(
    portfolio: None, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance.faces.desk import account_rows as rows

    client = sign_in(Role.SUPERVISOR, "en").client
    for query in ("stage=any", "stage=desk_test/reminder&sort=name", "stage=any&sort=-overdue&kind=consumer"):
        assert "2 accounts" in text_of(client.get(f"/accounts/?{query}").content)
    monkeypatch.setattr(rows, "COUNT_LIMIT", 1)
    monkeypatch.setattr(rows, "EXPORT_PART", 1)
    for query in ("stage=any", "stage=desk_test/reminder&sort=name", "stage=any&sort=-overdue&kind=consumer"):
        assert "more than 1 accounts" in text_of(client.get(f"/accounts/?{query}").content), query
        answer = client.get(f"/accounts/export.csv?{query}")
        lines = b"".join(answer).decode("utf-8-sig").splitlines()[1:]
        found = [line.split(",")[0] for line in lines]
        assert found == (["CHLOE", "BRUNO"] if "-overdue" in query else ["BRUNO", "CHLOE"]), query


def test_only_web_addresses_become_links(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    from relance.faces.desk.templatetags.desk import web_link

    assert web_link("https://bills.example/a?b=1&c=2") == "https://bills.example/a?b=1&c=2"
    for address in (
        "javascript:alert(1)",
        " https://x.example",
        "data:text/html,x",
        "//x.example",
        "https://x\n.example",
    ):
        assert web_link(address) == ""
    client = sign_in(Role.AGENT).client
    for address, shown in (("javascript:alert(1)", False), ("https://bills.example/b-1.pdf", True)):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_openitem SET document_url = %s WHERE number = 'B-1'", [address])
        assert (f'href="{address}"' in client.get(f"/accounts/{account_id}/").content.decode()) is shown


def test_account_page(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "fr").client
    client.get(f"/accounts/{account_id}/")
    with at_most(55):
        page = text_of(client.get(f"/accounts/{account_id}/").content)
    assert "Bruno Promet" in page and "65,50 €" in page and "45,50 €" in page
    assert "B-1" in page and "8 jours" in page
    assert "Second rappel le lundi 31 mars 2025, si rien n’est payé" in page
    assert "45,50 € échus sur 1 facture" in page
    assert "E-mail : Rappel" in page
    assert "Facture B-2 de 20,00 €" in page
    assert "Choisir un autre scénario" not in page
    assert "Annuler ce paiement" not in page


def test_timeline_by_family(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en").client
    money = text_of(client.get(f"/accounts/{account_id}/timeline/?family=money").content)
    assert "Invoice B-1" in money and "E-mail" not in money
    decisions = text_of(client.get(f"/accounts/{account_id}/timeline/?family=decision").content)
    assert "Dunning begins: Residential" in decisions and "€45.50 is overdue" in decisions
    messages = text_of(client.get(f"/accounts/{account_id}/timeline/?family=message").content)
    assert "Reminder" in messages and "Invoice" not in messages.replace("Invoices", "")
    assert client.get(f"/accounts/{account_id}/timeline/?family=x&limit=9999999999").status_code == 200
    assert client.get(f"/accounts/{account_id}/timeline/?limit=²").status_code == 200


def test_messages(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    from relance.outbound.queries import messages

    client = sign_in(Role.AGENT, "en").client
    with at_most(10):
        page = text_of(client.get("/messages/").content)
    assert "bruno@example.test" in page and "chloe@example.test" in page
    found = text_of(client.get("/messages/?text=bruno", headers={"HX-Request": "true"}).content)
    assert "bruno@example.test" in found and "chloe" not in found
    message = messages().rows[0]
    answer = client.get(f"/messages/{message.id}/")
    assert 'sandbox=""' in answer.content.decode()
    assert message.subject in text_of(answer.content).replace("&#x27;", "'")
    assert text_of(message.text.encode())[:40] in text_of(client.get(f"/messages/{message.id}/?view=text").content)
    body = client.get(f"/messages/{message.id}/body/")
    assert body.content.decode() == message.html
    assert "sandbox" in body["Content-Security-Policy"] and "script-src" not in body["Content-Security-Policy"]
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert "Send again" not in text_of(client.get(f"/messages/{message.id}/").content)
    refused = client.post(f"/messages/{message.id}/again/", follow=True)
    assert "can be sent again" in text_of(refused.content)
    assert client.get("/messages/?after=abc&state=nonsense&since=never&until=0").status_code == 200
    assert "bruno@" in text_of(client.get(f"/messages/?channel=email&since={message.business_date}").content)
    for nothing in ("channel=sms", "template=formal_notice", "until=2020-01-01", "since=2100-01-01"):
        assert "No message matches" in text_of(client.get(f"/messages/?{nothing}").content)
    assert client.get("/messages/export.csv").status_code == 403
    supervisor = sign_in(Role.SUPERVISOR, "en").client
    rows = b"".join(supervisor.get("/messages/export.csv?text=bruno")).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("Message,Account,Name,Text,Channel")
    assert len(rows) > 1
    assert all("bruno@example.test" in row for row in rows[1:])
    assert client.get("/messages/9999999999/").status_code == 404


def test_cycles(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "en").client
    with at_most(6):
        page = text_of(client.get("/cycles/").content)
    assert page.index("Thursday 20 March 2025") < page.index("Tuesday 18 March 2025")
    assert "Tuesday" not in text_of(client.get("/cycles/?before=2025-03-18").content).split("Seconds")[-1]
    one = text_of(client.get("/cycles/2025-03-18/").content)
    assert "Decide" in one and "Stages entered" in one and "Reminder" in one
    assert client.get("/cycles/2024-01-01/").status_code == 404
    assert client.get("/cycles/2024-02-31/").status_code == 404
    assert client.get("/cycles/?before=nonsense").status_code == 200


def test_scenarios(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR, "fr").client
    assert "Particuliers" in text_of(client.get("/scenarios/").content)
    page = text_of(client.get("/scenarios/desk_test/").content)
    assert "E-mail : « Rappel »" in page and "14 jours" in page and "priority: 900" in page
    assert client.get("/scenarios/none/").status_code == 404


def test_imports_show_rejected_rows(portfolio: None, sign_in: Callable[..., SignedIn], tmp_path: object) -> None:
    from pathlib import Path

    from relance.intake.services import import_paths
    from tests.cast import write_csv
    from tests.faces.conftest import TODAY

    assert isinstance(tmp_path, Path)
    rows = [{"account": "BRUNO", "number": "X", "issued_on": "2025-02-30", "due_on": "2025-03-30", "amount": "1.00"}]
    import_paths([write_csv(tmp_path / "invoices.csv", rows)], TODAY, "nadia")
    page = text_of(sign_in(Role.FINANCE, "en").client.get("/imports/").content)
    assert "Show the rejected rows" in page and "issued_on" in page and "nadia" in page


def test_choosing_a_scenario(account_id: int, sign_in: Callable[..., SignedIn]) -> None:
    from relance.dunning.queries import scenario_override

    client = sign_in(Role.SUPERVISOR, "en").client
    assert client.post(f"/accounts/{account_id}/scenario/", {"scenario": "desk_test"}).status_code == 302
    assert scenario_override(account_id) == "desk_test"
    assert "Chosen for this account: Residential" in text_of(client.get(f"/accounts/{account_id}/").content)
    assert audit_rows().rows[0].verb == "scenario_chosen"
    client.post(f"/accounts/{account_id}/scenario/", {"scenario": "invented"})
    assert scenario_override(account_id) == "desk_test"
    client.post(f"/accounts/{account_id}/scenario/", {"scenario": ""})
    assert scenario_override(account_id) is None
