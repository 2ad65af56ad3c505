"""Amazon Polly: the credentials, the region, the voices, and the agent's request for a phrase."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.advice import PAGES, remedy, status_of
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context, config_error
from cli.doctor.end_dates import report_ends
from cli.doctor.finding import Reporter
from cli.json_api import objects, text
from cli.network_errors import find_cause
from parley.errors import ConfigError, ProviderError, ProviderRejected
from parley.settings import read_settings
from services.tts.providers.polly.errors import SDK_ERRORS, map_error
from services.tts.providers.polly.models import language_of, voice_of
from services.tts.providers.polly.provider import open_client
from services.tts.settings import PollySettings

NAME = "polly"
_MAX_OFFERED = 5
_MAX_PAGES = 5


async def check_polly(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the credentials and each voice in the region, then request a phrase with each."""
    try:
        async with open_client(read_settings(PollySettings)) as client:
            region = str(client.meta.region_name)
            voices = await _voices(client, region, context, reporter)
    except ConfigError as error:
        reporter.failed("credentials", config_error(error))
        return
    if voices is None:
        return
    report_ends(routes, context, context.variable("PARLEY_POLLY_URL"), reporter)
    if voices and not _check_voices(voices, region, routes, context, reporter):
        return
    await check_routes(routes, context, reporter)


async def _voices(
    client: Any, region: str, context: Context, reporter: Reporter
) -> list[Mapping[str, Any]] | None:
    """The voices of the region, empty if they cannot be listed; None if every request would fail too."""
    found: list[Mapping[str, Any]] = []
    page: dict[str, str] = {}
    try:
        for _ in range(_MAX_PAGES):
            answer = await client.describe_voices(**page)
            found += objects(answer, "Voices")
            if not (token := text(answer, "NextToken")):
                break
            page = {"NextToken": token}
    except SDK_ERRORS as error:
        return _report_refusal(map_error(error), error, region, context, reporter)
    reporter.ok("credentials", f"accepted; {len(found)} voices in {region}")
    return found


def _report_refusal(
    error: ProviderError, cause: Exception, region: str, context: Context, reporter: Reporter
) -> list[Mapping[str, Any]] | None:
    if "AccessDenied" in error.reason:
        reporter.note(
            "voices", "not visible with these credentials: they lack the action polly:DescribeVoices"
        )
        return []
    if isinstance(error, ProviderRejected) and "HTML page" not in error.reason:
        reporter.failed("credentials", error.reason)
        return None
    reason, url = find_cause(cause) or error.reason, context.variable("PARLEY_POLLY_URL")
    if "does not resolve" in reason and not url:
        advice = f"set PARLEY_POLLY_REGION to a region with Polly (now {region}), or check the network"
    else:
        advice = remedy(PAGES[NAME], status_of(error), reason, "the agent file", url)
    reporter.failed("connection", f"{reason}: {advice}")
    return None


def _check_voices(
    voices: Sequence[Mapping[str, Any]],
    region: str,
    routes: Sequence[AgentRoute],
    context: Context,
    reporter: Reporter,
) -> bool:
    """Report the voice of each route; false if one of them cannot speak."""
    usable = True
    by_name = {text(voice, "Id"): voice for voice in voices}
    for route in {voice_of(route.config): route for route in routes}.values():
        name, engine, place = voice_of(route.config), route.config.model, context.place(route, "voice")
        voice = by_name.get(name)
        engines = _engines(voice) if voice else ()
        if voice is None:
            reporter.failed(
                f"voice {name}", f"{region} has none of this name: change {place}; {_offer(voices, route)}"
            )
        elif engine not in engines:
            reporter.failed(
                f"voice {name}",
                f"has no engine {engine} in {region}, only {', '.join(engines) or 'none'}: change "
                f"{context.place(route, 'model')}, or {place}; {_offer(voices, route)}",
            )
        else:
            reporter.ok(f"voice {name}", f"{text(voice, 'LanguageCode')}, {engine}")
        usable = usable and engine in engines
    return usable


def _offer(voices: Sequence[Mapping[str, Any]], route: AgentRoute) -> str:
    """Voices of the region with the engine and the language of a route."""
    engine, language = route.config.model, language_of(route.config)
    fitting = [
        text(voice, "Id")
        for voice in voices
        if engine in _engines(voice) and text(voice, "LanguageCode").lower().startswith(language)
    ]
    if not fitting:
        return f"no voice of {engine} speaks {language}"
    return f"voices of {engine} that speak {language}: {', '.join(sorted(fitting)[:_MAX_OFFERED])}"


def _engines(voice: Mapping[str, Any]) -> tuple[str, ...]:
    listed = voice.get("SupportedEngines")
    return tuple(str(engine) for engine in listed) if isinstance(listed, list) else ()
