"""`relance explain`: where an account stands, why, and what comes next."""

import datetime as dt
from typing import Any

import click

from relance.faces.console.ground import emit, prepare
from relance.faces.console.show import day


@click.command("explain")
@click.argument("account")
@click.option("--date", "date", type=day, help="The day to explain; today unless given.")
@click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="en", show_default=True, help="Language of the reasons."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def COMMAND(account: str, date: dt.date | None, lang: str, as_json: bool) -> None:  # noqa: N802
    """Explain the account with this number: overdue, stage, reasons, next stage."""
    prepare()
    from relance.customers.queries import account_by_number
    from relance.dunning.queries import explain, plan_ahead
    from relance.kit.clock import today
    from relance.kit.refusal import Refusal

    known = account_by_number(account)
    if known is None:
        raise Refusal(f"there is no account {account!r}; check the number, or import accounts.csv first")
    on = date or today()
    cases = [_as_json(entry, lang) for entry in explain(known.id, on)]
    plan = [_step_as_json(step, lang) for step in plan_ahead(known.id, on)]
    if as_json:
        emit({**cases[0], "cases": cases, "plan": plan})
        return
    words = _WORDS[lang]
    for case in cases:
        about = case["account"] + (words["invoice"].format(case["invoice"]) if case["invoice"] else "")
        click.echo(words["overdue"].format(about, case["overdue"], case["currency"], case["days_past_due"]))
        if case["stage"]:
            click.echo(words["stage"].format(case["stage"], case["scenario"], case["version"], case["entered_on"]))
        for reason in case["because"]:
            click.echo(f"  - {reason}")
        if case["next"]:
            click.echo(words["next"].format(case["next"]["stage"], case["next"]["on"]))
    if plan:
        click.echo(words["plan"])
    for step in plan:
        about = words["invoice"].format(step["invoice"]) if step["invoice"] else ""
        actions = ", ".join(
            action["action"] + (f" [{action['refusal']}]" if action["refusal"] else "") for action in step["actions"]
        )
        click.echo(f"  {step['on']}  {step['stage']}{about}: {actions}")


_WORDS = {
    "en": {
        "invoice": ", invoice {}",
        "overdue": "{}: {} {} overdue, days past due: {}",
        "stage": "  at stage {} of {} v{} since {}",
        "next": "  next: {} on {}",
        "plan": "If nothing is paid:",
    },
    "fr": {
        "invoice": ", facture {}",
        "overdue": "{} : {} {} échus, jours de retard : {}",
        "stage": "  à l'étape {} de {} v{} depuis le {}",
        "next": "  ensuite : {} le {}",
        "plan": "Si rien n'est payé :",
    },
}


def _as_json(entry: Any, language: str) -> dict[str, Any]:
    from relance.dunning.sentences import because_sentence
    from relance.kit.money import format_amount

    return {
        "account": entry.account_number,
        "invoice": entry.item_number or None,
        "currency": entry.currency,
        "overdue": format_amount(entry.overdue_minor, entry.currency),
        "days_past_due": entry.days_past_due,
        "effective_days": entry.effective_days,
        "scenario": entry.scenario,
        "version": entry.version,
        "stage": entry.stage,
        "entered_on": entry.entered_on.isoformat() if entry.entered_on else None,
        "next": {"stage": entry.next.stage, "on": entry.next.on.isoformat()} if entry.next else None,
        "holds": [
            {
                "kind": hold.kind.value,
                "from": hold.periods[-1][0].isoformat(),
                "until": hold.periods[-1][1].isoformat() if hold.periods[-1][1] else None,
                "reason": hold.reason,
            }
            for hold in entry.holds
        ],
        "because": [because_sentence(reason, language, entry.currency) for reason in entry.because],
    }


def _step_as_json(step: Any, language: str) -> dict[str, Any]:
    from relance.dunning.sentences import refusal_sentence
    from relance.kit.money import format_amount

    return {
        "on": step.on.isoformat(),
        "invoice": step.item_number or None,
        "stage": step.stage,
        "scenario": step.scenario,
        "overdue": format_amount(step.overdue_minor, step.currency),
        "currency": step.currency,
        "actions": [
            {"action": action.kind, "refusal": refusal_sentence(refusal, language) if refusal else ""}
            for action, refusal in zip(step.actions, step.refusals, strict=True)
        ],
    }
