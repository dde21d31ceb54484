"""The addresses of the finance pages."""

from django.urls import URLPattern, path

from relance.faces.desk.views import approvals, books, deposits, journal, limitation, rates, trial_balance


def finance() -> list[URLPattern]:
    """The addresses; the converters they use must be registered by then."""
    return [
        path("approvals/", approvals.page, name="approvals"),
        path("approvals/<id:request_id>/", approvals.one, name="approval"),
        path("approvals/<id:request_id>/approve/", approvals.approve, name="approval_approve"),
        path("approvals/<id:request_id>/refuse/", approvals.refuse, name="approval_refuse"),
        path("approvals/<id:request_id>/withdraw/", approvals.withdraw, name="approval_withdraw"),
        path("deposits/", deposits.page, name="deposits"),
        path("deposits/new/", deposits.create, name="deposit_create"),
        path("deposits/new/total/", deposits.total, name="deposit_total"),
        path("deposits/new/account/", deposits.lookup, name="deposit_lookup"),
        path("deposits/<id:deposit_id>/", deposits.one, name="deposit"),
        path("journal/", journal.page, name="journal"),
        path("journal/seal/", journal.seal, name="journal_seal"),
        path("journal/export.csv", journal.export, name="journal_export"),
        path("journal/fec.txt", journal.export_fec, name="journal_fec"),
        path("journal/balance/", trial_balance.page, name="balance"),
        path("journal/balance/export.csv", trial_balance.export, name="balance_export"),
        path("journal/settings/", books.page, name="books"),
        path("journal/settings/mapping/", books.map_one, name="books_mapping"),
        path("journal/settings/policy/", books.set_policy, name="books_policy"),
        path("limitation/", limitation.page, name="limitation"),
        path("limitation/export.csv", limitation.export, name="limitation_export"),
        path("rates/", rates.page, name="rates"),
        path("rates/<id:rate_id>/approve/", rates.approve, name="rate_approve"),
        path("rates/<id:rate_id>/refuse/", rates.refuse, name="rate_refuse"),
        path("rates/<code:series>/", rates.one, name="rate_series"),
        path("rates/<code:series>/propose/", rates.propose, name="rate_propose"),
        path("rates/<code:series>/replace/", rates.replace, name="rate_replace"),
    ]
