"""Cartesia: the key, the voices, and the agent's request for a phrase."""

from collections.abc import Sequence
from urllib.parse import quote

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context
from cli.doctor.end_dates import report_ends
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, text
from parley.language_codes import common_code
from services.tts.providers.cartesia import wire
from services.tts.providers.cartesia.voices import Voice, choose_voice, read_voices

NAME = "cartesia"
_MAX_OFFERED = 5


async def check_cartesia(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the key and each voice, then request a phrase with each."""
    key = context.variable("CARTESIA_API_KEY")
    if not key:
        reporter.failed("CARTESIA_API_KEY", f"not set: set it to a key of the account ({PAGES[NAME].keys})")
        return
    api = JsonApi(context.client, context.base_url(NAME, wire.PROVIDER_URL), wire.headers(key))
    try:
        voices = read_voices(await api.get("/voices", {"limit": "100"}))
    except ApiError as error:
        subject = "connection" if error.status == 0 or error.status >= 500 else "CARTESIA_API_KEY"
        reporter.failed(subject, _text(error, context, "the agent file"))
        return
    reporter.ok("CARTESIA_API_KEY", "accepted")
    await _check_voices(api, voices, routes, context, reporter)
    report_ends(routes, context, api.base_url, reporter)
    await check_routes(routes, context, reporter)


async def _check_voices(
    api: JsonApi, voices: list[Voice], routes: Sequence[AgentRoute], context: Context, reporter: Reporter
) -> None:
    for voice_id in dict.fromkeys(route.config.voice for route in routes):
        route = next(route for route in routes if route.config.voice == voice_id)
        place = context.place(route, "voice")
        if not voice_id:
            _report_choice(voices, route, place, reporter)
            continue
        try:
            found = await api.get(f"/voices/{quote(voice_id, safe='')}")
        except ApiError as error:
            offer = f"write one of these to {place}: {_offer(voices)}"
            reporter.failed(f"voice {voice_id}", f"{error.reason}; {offer}")
        else:
            reporter.ok(f"voice {voice_id}", f"{text(found, 'name')}, {text(found, 'language')}")


def _report_choice(voices: list[Voice], route: AgentRoute, place: str, reporter: Reporter) -> None:
    """Report which voice calls use while the agent file names none."""
    language = common_code(route.config.language or "")
    chosen = choose_voice(voices, language)
    if chosen is None:
        reporter.failed("voice", f"none is set, and {_offer(voices)}")
        return
    described = f"{chosen.voice_id} ({chosen.name}, {chosen.language})"
    reporter.note("voice", f"none is set, so calls use {described}; to keep it, write it to {place}")


def _offer(voices: Sequence[Voice]) -> str:
    ordered = sorted(voices, key=lambda voice: not voice.is_owner)
    names = [f"{voice.voice_id} ({voice.name}, {voice.language})" for voice in ordered[:_MAX_OFFERED]]
    return ", ".join(names) or "the account has none, see https://play.cartesia.ai/voices"


def _text(error: ApiError, context: Context, place: str) -> str:
    url = context.variable("PARLEY_CARTESIA_URL")
    return f"{error.reason}: {remedy(PAGES[NAME], error.status, error.reason, place, url)}"
