"""The desk's addresses."""

from django.urls import path

from relance.faces.desk.converters import register
from relance.faces.desk.finance_urls import finance
from relance.faces.desk.views import (
    account,
    account_acts,
    account_ledger,
    account_parts,
    accounts,
    allocation,
    audit,
    cycles,
    home,
    imports,
    item_acts,
    messages,
    payments,
    preferences,
    scenarios,
    sign_in,
    staff,
    take_back_acts,
)

app_name = "desk"

register()

urlpatterns = [
    path("", home.page, name="home"),
    path("home/ageing/", home.ageing_panel, name="home_ageing"),
    path("home/limitation/", home.limitation_tile, name="home_limitation"),
    path("home/stages/", home.stages_panel, name="home_stages"),
    path("sign-in/", sign_in.page, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("language/", preferences.choose_language, name="language"),
    path("preferences/", preferences.page, name="preferences"),
    path("accounts/", accounts.page, name="accounts"),
    path("accounts/export.csv", accounts.export, name="accounts_export"),
    path("accounts/<id:account_id>/", account.page, name="account"),
    path("accounts/<id:account_id>/timeline/", account.timeline_panel, name="account_timeline"),
    path("accounts/<id:account_id>/scenario/", account.choose_scenario, name="account_scenario"),
    path("accounts/<id:account_id>/payments/new/", payments.record, name="payment_record"),
    path("accounts/<id:account_id>/payments/<id:credit_id>/reverse/", payments.reverse_one, name="payment_reverse"),
    path("accounts/<id:account_id>/ledger/", account_ledger.page, name="account_ledger"),
    path("accounts/<id:account_id>/ledger/export.csv", account_ledger.export, name="account_ledger_export"),
    path("accounts/<id:account_id>/statement/", account_ledger.statement, name="account_statement"),
    path("accounts/<id:account_id>/statement/export.csv", account_ledger.statement_export, name="statement_export"),
    path("accounts/<id:account_id>/allocate/", allocation.page, name="account_allocate"),
    path("accounts/<id:account_id>/allocate/undo/", allocation.undo, name="account_allocate_undo"),
    path("accounts/<id:account_id>/credit-note/", account_acts.credit_note, name="account_credit_note"),
    path("accounts/<id:account_id>/write-off/", account_acts.write_off, name="account_write_off"),
    path("accounts/<id:account_id>/interest/", account_acts.interest, name="account_interest"),
    path("accounts/<id:account_id>/formal-notice/", take_back_acts.formal_notice, name="account_formal_notice"),
    path("accounts/<id:account_id>/exclusions/<id:exclusion_id>/lift/", item_acts.lift, name="exclusion_lift"),
    path("accounts/<id:account_id>/items/<id:item_id>/", account_parts.item, name="item"),
    *(
        path(f"accounts/<id:account_id>/items/<id:item_id>/{place}/", view, name=f"item_{name}")
        for place, name, view in (
            ("credit-note", "credit_note", item_acts.credit_note),
            ("correct", "correct", item_acts.correct),
            ("postpone", "postpone", item_acts.postpone),
            ("split", "split", item_acts.split),
            ("dispute", "dispute", item_acts.dispute),
            ("doubtful", "doubtful", item_acts.doubtful),
            ("not-doubtful", "not_doubtful", item_acts.not_doubtful),
            ("limitation", "interruption", item_acts.interruption),
            ("late-fee", "late_fee", item_acts.late_fee),
            ("indemnity", "indemnity", item_acts.indemnity),
            ("take-back-split", "take_back_split", take_back_acts.split),
        )
    ),
    path("accounts/<id:account_id>/credits/<id:credit_id>/", account_parts.credit, name="credit"),
    *(
        path(f"accounts/<id:account_id>/credits/<id:credit_id>/{place}/", view, name=f"credit_{name}")
        for place, name, view in (
            ("refund", "refund", account_acts.refund),
            ("payer", "payer", account_acts.payer),
            ("release", "release", account_acts.release),
            ("return-charge", "return_charge", account_acts.return_charge),
            ("take-back", "take_back", take_back_acts.credit),
        )
    ),
    path("messages/", messages.page, name="messages"),
    path("messages/<id:message_id>/", messages.one, name="message"),
    path("messages/<id:message_id>/body/", messages.body, name="message_body"),
    path("cycles/", cycles.page, name="cycles"),
    path("cycles/<isodate:business_date>/", cycles.one, name="cycle"),
    path("scenarios/", scenarios.page, name="scenarios"),
    path("scenarios/<code:code>/", scenarios.one, name="scenario"),
    path("imports/", imports.page, name="imports"),
    path("staff/", staff.page, name="staff"),
    path("staff/new/", staff.create, name="staff_create"),
    path("staff/<id:user_id>/", staff.one, name="staff_member"),
    path("staff/<id:user_id>/role/", staff.change_role, name="staff_role"),
    path("staff/<id:user_id>/active/", staff.set_active, name="staff_active"),
    path("staff/<id:user_id>/password/", staff.reset_password, name="staff_password"),
    path("audit/", audit.page, name="audit"),
    *finance(),
]
