"""Anthropic and Gemini: the key, the models, and the agent's request for an answer."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context
from cli.doctor.end_dates import announced_ends, report_end, report_ends
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, objects, text
from services.brain.providers.streams.servers import base_address

_MAX_SUGGESTIONS = 5
_WRONG_KEY = (400, 401, 402, 403)


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    base_url: str
    key_env: str
    headers: Callable[[str], Mapping[str, str]]
    list_path: str
    list_key: str
    name_key: str
    model_path: str
    """Before the model's name."""


_ANTHROPIC = _Interface(
    "anthropic",
    "https://api.anthropic.com",
    "ANTHROPIC_API_KEY",
    lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"},
    "/v1/models?limit=1000",
    "data",
    "id",
    "/v1/models/",
)
_GEMINI = _Interface(
    "gemini",
    "https://generativelanguage.googleapis.com",
    "GEMINI_API_KEY",
    lambda key: {"x-goog-api-key": key},
    "/v1beta/models?pageSize=1000",
    "models",
    "name",
    "/v1beta/models/",
)


async def _check(
    interface: _Interface, routes: Sequence[AgentRoute], context: Context, reporter: Reporter
) -> None:
    base = base_address(context.base_url(interface.name, interface.base_url))
    base = base.removesuffix("/v1").removesuffix("/v1beta")
    api = JsonApi(context.client, base, interface.headers(context.variable(interface.key_env)))
    own = [route for route in routes if not route.config.options.get("base_url")]
    if (own or not routes) and not await _check_key(interface, own, api, context, reporter):
        return
    await check_routes(routes, context, reporter)


async def _check_key(
    interface: _Interface, routes: Sequence[AgentRoute], api: JsonApi, context: Context, reporter: Reporter
) -> bool:
    """Whether requests for answers can succeed."""
    if not context.variable(interface.key_env) and not context.variable(PAGES[interface.name].url_variable):
        reporter.failed(interface.key_env, f"not set: create a key ({PAGES[interface.name].keys})")
        return False
    try:
        api, body = await _list(interface, api, context)
        listed = objects(body, interface.list_key)
    except ApiError as error:
        if error.status in _WRONG_KEY or error.status == 0:
            url = context.variable(PAGES[interface.name].url_variable)
            # Google answers a wrong key with status 400.
            status = 401 if error.status == 400 or not context.variable(interface.key_env) else error.status
            status = status if error.status else 0
            fix = remedy(PAGES[interface.name], status, error.reason, "the agent file", url)
            reporter.failed(
                "connection" if error.status == 0 else interface.key_env, f"{error.reason}: {fix}"
            )
            return False
        reporter.note("models", f"no list of models: {error.reason}")
        listed = []
    else:
        reporter.ok(interface.key_env, f"accepted; {len(listed)} models")
    names = [text(entry, interface.name_key).removeprefix("models/") for entry in listed]
    for model in dict.fromkeys(route.config.model for route in routes):
        route = next(route for route in routes if route.config.model == model)
        await _check_model(interface, api, route, context, names, reporter)
    return True


async def _list(interface: _Interface, api: JsonApi, context: Context) -> tuple[JsonApi, Mapping[str, Any]]:
    """Request the list of models; a server of one's own may take the key as a bearer token only.

    Raises:
        ApiError: it is refused in both forms.
    """
    key = context.variable(interface.key_env)
    try:
        return api, await api.get(interface.list_path)
    except ApiError as error:
        own = context.variable(PAGES[interface.name].url_variable)
        if error.status not in (401, 403) or not own or not key:
            raise
        api = replace(api, headers={**api.headers, "Authorization": f"Bearer {key}"})
        try:
            return api, await api.get(interface.list_path)
        except ApiError:
            raise error from None


async def _check_model(
    interface: _Interface,
    api: JsonApi,
    route: AgentRoute,
    context: Context,
    names: Sequence[str],
    reporter: Reporter,
) -> None:
    model, place = route.config.model.removeprefix("models/"), context.place(route, "model")
    if "/" in model:
        # Of another collection, such as publishers/google/models.
        report_ends([route], context, api.base_url, reporter)
        return
    try:
        await api.get(f"{interface.model_path}{quote(model, safe='')}")
    except ApiError as error:
        if error.status != 404:
            report_ends([route], context, api.base_url, reporter)
            return
        ends = announced_ends(route, api.base_url)
        if ends:
            report_end(f"model {model}", place, ends[0][1], reporter)
            return
        near = difflib.get_close_matches(model, names, _MAX_SUGGESTIONS, cutoff=0.3)
        offer = ", ".join(near or sorted(names)[:_MAX_SUGGESTIONS]) or "no models"
        reporter.failed(f"model {model}", f"the account does not have it: change {place}; it has {offer}")
        return
    end = next((end for key, end in announced_ends(route, api.base_url) if key == "model"), None)
    if end is None:
        reporter.ok(f"model {model}", "available, no announced end")
    else:
        report_end(f"model {model}", place, end, reporter)


async def check_anthropic(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check Anthropic's key and each model, then request an answer from each."""
    await _check(_ANTHROPIC, routes, context, reporter)


async def check_gemini(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check Gemini's key and each model, then request an answer from each."""
    await _check(_GEMINI, routes, context, reporter)
