"""Deepgram: the key, the credit, and the agent's request for a transcript."""

from collections.abc import Sequence

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context
from cli.doctor.end_dates import report_ends
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, number, objects, text

NAME = "deepgram"
_BASE_URL = "https://api.deepgram.com"
_LOW_BALANCE = 5.0


async def check_deepgram(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the key and the credit, then request a transcript from each model."""
    api = JsonApi(
        context.client,
        context.base_url(NAME, _BASE_URL),
        {"Authorization": f"Token {context.variable('DEEPGRAM_API_KEY')}"},
    )
    try:
        projects = objects(await api.get("/v1/projects"), "projects")
    except ApiError as error:
        if error.status in (0, 401):
            reporter.failed("connection" if error.status == 0 else "DEEPGRAM_API_KEY", _text(error, context))
            return
        reporter.note("credit", f"not visible with this key: {error.reason}")
    else:
        reporter.ok("DEEPGRAM_API_KEY", "accepted")
        for project in projects[:3]:
            await _check_balance(api, text(project, "project_id"), context, reporter)
    report_ends(routes, context, api.base_url, reporter)
    await check_routes(routes, context, reporter)


async def _check_balance(api: JsonApi, project_id: str, context: Context, reporter: Reporter) -> None:
    try:
        balances = objects(await api.get(f"/v1/projects/{project_id}/balances"), "balances")
    except ApiError as error:
        if error.status == 402:
            reporter.failed("credit", _text(error, context))
        else:
            reporter.note("credit", f"not visible with this key: {error.reason}")
        return
    amounts = [amount for balance in balances if (amount := number(balance, "amount")) is not None]
    if not amounts:
        reporter.note("credit", f"no prepaid balance (an invoiced account has none): {PAGES[NAME].billing}")
        return
    total, units = sum(amounts), text(balances[0], "units").upper() or "USD"
    if total <= 0:
        reporter.failed("credit", f"{total:.2f} {units} left: add credit ({PAGES[NAME].billing})")
    elif total < _LOW_BALANCE:
        reporter.note("credit", f"only {total:.2f} {units} left: add credit ({PAGES[NAME].billing})")
    else:
        reporter.ok("credit", f"{total:.2f} {units} left")


def _text(error: ApiError, context: Context) -> str:
    url = context.variable("PARLEY_DEEPGRAM_URL")
    advice = remedy(PAGES[NAME], error.status, error.reason, "the agent file", url)
    return f"{error.reason}: {advice}"
