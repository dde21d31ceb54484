"""Effectiveness of contacts: who paid how soon after which message or call, out of the new debts of the month."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.dunning import queries as dunning
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.csv_export import BYTE_ORDER_MARK
from relance.faces.desk.day import as_of
from relance.faces.desk.effect_lines import EVERY, Asked, asked, parts
from relance.faces.desk.templatetags.desk import language
from relance.faces.spreadsheet import csv_bytes, xlsx_bytes
from relance.insight.facts import EFFECT_DIMENSIONS, EffectReport, Sheet
from relance.insight.reports.effectiveness import REPORT
from relance.staff.facts import Permission
from relance.staff.services import record_audit


def _marked_csv(sheet: Sheet) -> bytes:
    """The mark in front makes spreadsheets read the accents."""
    return BYTE_ORDER_MARK.encode() + csv_bytes(sheet)


_KINDS = {
    "csv": ("text/csv; charset=utf-8", _marked_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_bytes),
}


@needs(Permission.SEE_MESSAGES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """What to choose from; the figures come after the page, for they read every message of the months."""
    context = {
        "asked": _asked(request),
        "groupings": (*EFFECT_DIMENSIONS, EVERY),
        "query": request.GET.urlencode(),
        "help": REPORT.help[language()],
    }
    return render(request, "desk/effectiveness.html", context)


@needs(Permission.SEE_MESSAGES)
@require_safe
def figures(request: StaffRequest) -> HttpResponse:
    """The chart, the table and the arms of experiments."""
    wanted = _asked(request)
    report = _report(wanted)
    names = {scenario.code: scenario.name for scenario in dunning.scenarios()}
    context = {
        "asked": wanted,
        "report": report,
        "parts": parts(report, wanted.sort, names),
        "names": names,
    }
    return render(request, "desk/effectiveness_figures.html", context)


@needs(Permission.EXPORT)
@require_safe
def export_csv(request: StaffRequest) -> HttpResponse:
    """All groups as a CSV file."""
    return _export(request, "csv")


@needs(Permission.EXPORT)
@require_safe
def export_xlsx(request: StaffRequest) -> HttpResponse:
    """All groups as a workbook."""
    return _export(request, "xlsx")


def _export(request: StaffRequest, ending: str) -> HttpResponse:
    wanted = _asked(request)
    sheet = _report(wanted).as_sheet()
    name = f"effectiveness-{wanted.from_month:%Y-%m}-{wanted.to_month:%Y-%m}"
    told = {"by": wanted.by, "method": wanted.method, "stage": wanted.stage, "rows": len(sheet.rows)}
    record_audit(request.user, "effectiveness_exported", wanted.creditor.code if wanted.creditor else "", told)
    kind, written = _KINDS[ending]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return HttpResponse(written(sheet), content_type=kind, headers=headers)


def _asked(request: StaffRequest) -> Asked:
    return asked(request.GET, as_of(), dunning.scenarios())


def _report(wanted: Asked) -> EffectReport:
    return REPORT.query(
        wanted.from_month,
        wanted.to_month,
        as_of(),
        wanted.dimension,
        creditor_id=wanted.creditor.id if wanted.creditor else None,
        method=wanted.method or None,
        stage=wanted.stage or None,
    )
