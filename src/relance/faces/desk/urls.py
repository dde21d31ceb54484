"""The desk's addresses."""

from django.urls import path, register_converter

from relance.faces.desk.converters import Code, IsoDate, RowId
from relance.faces.desk.views import (
    account,
    accounts,
    audit,
    cycles,
    home,
    imports,
    messages,
    payments,
    preferences,
    scenarios,
    sign_in,
    staff,
)

app_name = "desk"

register_converter(RowId, "id")
register_converter(Code, "code")
register_converter(IsoDate, "isodate")

urlpatterns = [
    path("", home.page, name="home"),
    path("home/ageing/", home.ageing_panel, name="home_ageing"),
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
]
