"""AssemblyAI: the key, the models, and the agent's request for a transcript."""

from collections.abc import Sequence

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context, config_error
from cli.doctor.end_dates import report_ends
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi
from parley.errors import ConfigError
from parley.settings import read_settings
from services.stt.providers.assemblyai.provider import base_url
from services.stt.settings import AssemblyAiSettings

NAME = "assemblyai"
_SUPERSEDED = {"u3-rt-pro": "universal-3-5-pro", "u3-pro": "universal-3-5-pro"}
"""Models whose sessions AssemblyAI gives to another since 2 September 2026."""
_UNUSED_TOKEN = {"expires_in_seconds": "1"}
"""The request for a token of one session, which is not opened: it costs nothing, but needs a valid key."""


async def check_assemblyai(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the key and the models, then request a transcript from each."""
    if not context.variable("ASSEMBLYAI_API_KEY"):
        text = f"not set: set it to a key of the account ({PAGES[NAME].keys})"
        reporter.failed("ASSEMBLYAI_API_KEY", text)
        return
    try:
        url = base_url(read_settings(AssemblyAiSettings))
    except ConfigError as error:
        reporter.failed("address", config_error(error))
        return
    if not await _check_key(url, context, reporter):
        return
    for route in routes:
        if replacement := _SUPERSEDED.get(route.config.model):
            text = f"AssemblyAI uses {replacement} in its place: change {context.place(route, 'model')}"
            reporter.note(f"model {route.config.model}", text)
    report_ends(routes, context, url, reporter)
    await check_routes(routes, context, reporter)


async def _check_key(url: str, context: Context, reporter: Reporter) -> bool:
    """Report the key; false if every session would fail too."""
    address = f"http{url.removeprefix('ws')}" if url.startswith("ws") else url
    api = JsonApi(context.client, address, {"Authorization": context.variable("ASSEMBLYAI_API_KEY")})
    try:
        await api.get("/v3/token", _UNUSED_TOKEN)
    except ApiError as error:
        if error.status not in (0, 401, 402, 403):
            reporter.note("ASSEMBLYAI_API_KEY", f"not checked by itself: {error.reason}")
            return True
        configured = context.variable("PARLEY_ASSEMBLYAI_URL")
        advice = remedy(PAGES[NAME], error.status, error.reason, "the agent file", configured)
        subject = "connection" if error.status == 0 or error.status >= 500 else "ASSEMBLYAI_API_KEY"
        reporter.failed(subject, f"{error.reason}: {advice}")
        return False
    reporter.ok("ASSEMBLYAI_API_KEY", "accepted")
    return True
