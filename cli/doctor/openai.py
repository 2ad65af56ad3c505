"""OpenAI, or another server of its protocol: the key, the models, and the agent's request for an answer."""

import difflib
from collections.abc import Sequence

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context
from cli.doctor.end_dates import announced_ends, model_path, report_end, report_ends, shutdown_of
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, objects, text
from services.brain.providers.streams.servers import base_address

NAME = "openai"
_BASE_URL = "https://api.openai.com/v1"
_MAX_SUGGESTIONS = 5


async def check_openai(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the key and each model, then request an answer from each."""
    base = base_address(context.base_url(NAME, _BASE_URL))
    api = JsonApi(context.client, base, {"Authorization": f"Bearer {context.variable('OPENAI_API_KEY')}"})
    try:
        models = objects(await api.get("/models"), "data")
    except ApiError as error:
        if error.status in (401, 402, 403) or (error.status == 0 and not context.variable("OPENAI_BASE_URL")):
            reporter.failed("connection" if error.status == 0 else "OPENAI_API_KEY", _text(error, context))
            if error.status != 403:
                return
        else:
            reporter.note("models", f"no list of models: {error.reason}")
        models = []
    else:
        reporter.ok("OPENAI_API_KEY", f"accepted; {len(models)} models")
    for model in dict.fromkeys(route.config.model for route in routes):
        route = next(route for route in routes if route.config.model == model)
        await _check_model(api, model, route, context, [text(entry, "id") for entry in models], reporter)
    await check_routes(routes, context, reporter)


async def _check_model(
    api: JsonApi,
    model: str,
    route: AgentRoute,
    context: Context,
    names: Sequence[str],
    reporter: Reporter,
) -> None:
    subject, place = f"model {model}", context.place(route, "model")
    try:
        found = await api.get(model_path(model))
    except ApiError as error:
        if model in names:
            report_ends([route], context, api.base_url, reporter)
        elif error.status == 404 and names:
            near = difflib.get_close_matches(model, names, _MAX_SUGGESTIONS, cutoff=0.3)
            offer = ", ".join(near or sorted(names)[:_MAX_SUGGESTIONS])
            text_ = f"the account does not have it: change {place}; it has {offer}"
            reporter.failed(subject, text_)
        elif error.status in (401, 403):
            reporter.failed(subject, _text(error, context, place))
        return
    ends = shutdown_of(model, found) or next(
        (end for key, end in announced_ends(route, api.base_url) if key == "model"), None
    )
    if ends is None:
        reporter.ok(subject, "available, no announced end")
    else:
        report_end(subject, place, ends, reporter)


def _text(error: ApiError, context: Context, place: str = "the agent file") -> str:
    url = context.variable("OPENAI_BASE_URL")
    return f"{error.reason}: {remedy(PAGES[NAME], error.status, error.reason, place, url)}"
