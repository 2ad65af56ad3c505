"""Hints of `parley up`: which number to attach, and which models and voices end. Never delays the start."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx

from cli.doctor.context import AgentRoute, provider_named, routes_of
from cli.doctor.end_dates import announced_ends, model_path, shutdown_of, today
from cli.json_api import ApiError, JsonApi
from cli.number_webhooks import is_of
from cli.providers import PROVIDERS, is_real
from cli.twilio_account import TwilioAccount, account_error, twilio_api_url
from parley.agent_config import AgentConfig, load_agent_config
from parley.errors import ConfigError
from parley.providers.end_dates import ModelEnd
from parley.providers.registry import kinds_of

_TIMEOUT_S = 10.0
_WARN_DAYS = 180
_OPENAI_URL = "https://api.openai.com/v1"

Hint = Callable[[str], None]


async def advise(environment: Mapping[str, str], hint: Hint) -> None:
    """Ask the real providers, and pass each hint on; a provider that cannot be reached is skipped."""
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as tasks:
        for check in (_advise_number, _advise_models):
            tasks.create_task(_guarded(check, environment, client, hint), name=check.__name__)


async def _guarded(
    check: Callable[[Mapping[str, str], httpx.AsyncClient, Hint], Awaitable[None]],
    environment: Mapping[str, str],
    client: httpx.AsyncClient,
    hint: Hint,
) -> None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await check(environment, client, hint)
    except Exception:
        # Servers may send anything, and a hint must never end the system; `parley doctor` reports the reason.
        hint("some providers could not be asked: `parley doctor` shows the reason")


async def _advise_number(environment: Mapping[str, str], client: httpx.AsyncClient, hint: Hint) -> None:
    sid, token = (environment.get(f"TWILIO_{name}", "").strip() for name in ("ACCOUNT_SID", "AUTH_TOKEN"))
    if not is_real(provider_named("twilio"), environment) or not sid or not token:
        return
    public_url = environment.get("PARLEY_PUBLIC_URL", "").strip().rstrip("/")
    if not public_url:
        hint("PARLEY_PUBLIC_URL is not set: Twilio cannot reach this system; `parley doctor` explains it")
        return
    api_url = twilio_api_url(environment)
    account = TwilioAccount(JsonApi(client, api_url, {}, (sid, token)), sid)
    try:
        numbers = await account.numbers()
    except ApiError as error:
        hint(f"Twilio: {account_error(error, environment.get('PARLEY_TWILIO_URL', ''))}")
        return
    ours = [n.phone_number for n in numbers if is_of(n.settings["VoiceUrl"], public_url)]
    if ours:
        hint(f"call {', '.join(ours)}")
    elif numbers:
        hint(f"no number leads here yet: run `parley number attach {numbers[0].phone_number}`")
    else:
        hint("the Twilio account has no number: buy one at https://console.twilio.com")


async def _advise_models(environment: Mapping[str, str], client: httpx.AsyncClient, hint: Hint) -> None:
    folder = environment.get("PARLEY_AGENTS_DIR") or "agents"
    name = environment.get("PARLEY_AGENT") or "clinic"
    try:
        agent = load_agent_config(folder, name)
        routes = _real_routes(agent, environment)
    except ConfigError:
        return  # The services report it.
    ends: dict[str, ModelEnd] = {}
    for route in routes:
        base_url = environment.get(provider_named(route.config.provider).url_variable, "")
        for _, end in announced_ends(route, base_url):
            ends[end.name] = end
        if route.config.provider == "openai":
            ends |= await _shutdown(route.config.model, base_url, environment, client)
    for end in ends.values():
        if end.days_left(today()) <= _WARN_DAYS:
            hint(f"agent {name}: {end.describe(today())}")


def _real_routes(agent: AgentConfig, environment: Mapping[str, str]) -> list[AgentRoute]:
    """The routes to built-in providers that are not emulated."""
    built_in = {provider.name for provider in PROVIDERS} - {"twilio"}
    real = {provider for provider in built_in if is_real(provider_named(provider), environment)}
    routes = tuple(route for kind in kinds_of(agent) for route in routes_of(agent, kind))
    return [route for route in routes if route.config.provider in real]


async def _shutdown(
    model: str, base_url: str, environment: Mapping[str, str], client: httpx.AsyncClient
) -> dict[str, ModelEnd]:
    """The end date in the provider's description of a model."""
    headers = {"Authorization": f"Bearer {environment.get('OPENAI_API_KEY', '').strip()}"}
    try:
        end = shutdown_of(
            model, await JsonApi(client, base_url or _OPENAI_URL, headers).get(model_path(model))
        )
    except ApiError:
        return {}
    return {model: end} if end else {}
