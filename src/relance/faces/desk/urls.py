"""The desk's addresses."""

from django.urls import path

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
    path("accounts/<int:account_id>/", account.page, name="account"),
    path("accounts/<int:account_id>/timeline/", account.timeline_panel, name="account_timeline"),
    path("accounts/<int:account_id>/scenario/", account.choose_scenario, name="account_scenario"),
    path("accounts/<int:account_id>/payments/new/", payments.record, name="payment_record"),
    path("accounts/<int:account_id>/payments/<int:credit_id>/reverse/", payments.reverse_one, name="payment_reverse"),
    path("messages/", messages.page, name="messages"),
    path("messages/<int:message_id>/", messages.one, name="message"),
    path("messages/<int:message_id>/body/", messages.body, name="message_body"),
    path("cycles/", cycles.page, name="cycles"),
    path("cycles/<isodate:business_date>/", cycles.one, name="cycle"),
    path("scenarios/", scenarios.page, name="scenarios"),
    path("scenarios/<str:code>/", scenarios.one, name="scenario"),
    path("imports/", imports.page, name="imports"),
    path("staff/", staff.page, name="staff"),
    path("staff/new/", staff.create, name="staff_create"),
    path("staff/<int:user_id>/", staff.one, name="staff_member"),
    path("staff/<int:user_id>/role/", staff.change_role, name="staff_role"),
    path("staff/<int:user_id>/active/", staff.set_active, name="staff_active"),
    path("staff/<int:user_id>/password/", staff.reset_password, name="staff_password"),
    path("audit/", audit.page, name="audit"),
]
