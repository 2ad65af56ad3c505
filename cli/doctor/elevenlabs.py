"""ElevenLabs: the key, the plan, the voices, and the agent's requests for a phrase and a transcript."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from cli.advice import PAGES, remedy
from cli.doctor.agent_routes import check_routes
from cli.doctor.context import AgentRoute, Context
from cli.doctor.end_dates import report_ends
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, number, text
from services.tts.providers.elevenlabs_voices import Voice, choose_voice, read_voices

NAME = "elevenlabs"
_BASE_URL = "https://api.elevenlabs.io"
_MAX_OFFERED = 5
_LOW_SHARE = 0.1
_NOT_PAID = ("past_due", "unpaid", "incomplete", "incomplete_expired", "canceled")


async def check_elevenlabs(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Check the key, the plan and each voice, then request a phrase with each."""
    key = context.variable("ELEVENLABS_API_KEY")
    api = JsonApi(context.client, context.base_url(NAME, _BASE_URL), {"xi-api-key": key})
    if not await _check_plan(api, context, reporter):
        return
    await _check_voices(api, [route for route in routes if route.kind == "tts"], context, reporter)
    _note_superseded(routes, context, reporter)
    report_ends(routes, context, api.base_url, reporter)
    await check_routes(routes, context, reporter)


def _note_superseded(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Report turbo models: no end is announced, but ElevenLabs names flash as the replacement."""
    for route in routes:
        model = getattr(route.config, "model", "")
        if model.startswith("eleven_turbo"):
            flash = model.replace("turbo", "flash")
            place = context.place(route, "model")
            reporter.note(f"model {model}", f"superseded by {flash}, which is faster: change {place}")


async def _check_plan(api: JsonApi, context: Context, reporter: Reporter) -> bool:
    """Report the key and the plan; false if every other request would fail too."""
    try:
        plan = await api.get("/v1/user/subscription")
    except ApiError as error:
        restricted = "missing_permissions" in error.reason
        local = bool(context.variable("PARLEY_ELEVENLABS_URL"))
        if restricted or (local and error.status not in (0, 401)):
            reporter.note("plan", f"not visible with this key: {error.reason}")
            return True
        reporter.failed(
            "connection" if error.status == 0 else "ELEVENLABS_API_KEY",
            _text(error, context, "the agent file"),
        )
        return error.status not in (0, 401)
    reporter.ok("ELEVENLABS_API_KEY", "accepted")
    _report_plan(plan, reporter)
    return True


def _report_plan(plan: Mapping[str, Any], reporter: Reporter) -> None:
    tier, status = text(plan, "tier") or "unnamed", text(plan, "status")
    used, limit = number(plan, "character_count"), number(plan, "character_limit")
    if status in _NOT_PAID:
        reporter.failed("plan", f"{tier}, {status}: settle the payment ({PAGES[NAME].billing})")
        return
    if used is None or limit is None:
        reporter.note("plan", f"{tier}; the quota is not in the answer")
        return
    left = max(0, round(limit - used))
    quota = f"plan {tier}, {left} of {round(limit)} characters left{_reset(plan)}"
    if plan.get("can_extend_character_limit") is True or left > limit * _LOW_SHARE:
        reporter.ok("plan", quota)
    elif left > 0:
        reporter.note("plan", f"{quota}: enough for about {left // 15} s of speech ({PAGES[NAME].billing})")
    else:
        reporter.failed("plan", f"{quota}: every phrase is refused; add credit ({PAGES[NAME].billing})")


def _reset(plan: Mapping[str, Any]) -> str:
    seconds = number(plan, "next_character_count_reset_unix")
    try:
        return f" until {datetime.fromtimestamp(seconds, UTC).date()}" if seconds else ""
    except (ValueError, OverflowError, OSError):
        return ""


async def _check_voices(
    api: JsonApi, routes: Sequence[AgentRoute], context: Context, reporter: Reporter
) -> None:
    if not routes:
        return
    try:
        body = await api.get("/v1/voices")
    except ApiError as error:
        reporter.note("voices", f"no list of voices: {error.reason}")
        return
    voices = read_voices(body)
    by_id = {voice.voice_id: voice for voice in voices}
    for voice_id in dict.fromkeys(route.config.voice for route in routes):
        route = next(route for route in routes if route.config.voice == voice_id)
        place = context.place(route, "voice")
        if not voice_id:
            _report_choice(voices, route, place, reporter)
        elif voice_id in by_id:
            report = reporter.note if by_id[voice_id].is_default else reporter.ok
            report(f"voice {voice_id}", _described(by_id[voice_id]))
        else:
            await _check_other_voice(api, voice_id, place, voices, reporter)


def _report_choice(voices: list[Voice], route: AgentRoute, place: str, reporter: Reporter) -> None:
    """Report which voice calls use while the agent file names none."""
    chosen = choose_voice(voices, route.config.model)
    if chosen is None:
        reporter.failed("voice", f"none is set, and {_offer(voices)}")
        return
    text_ = (
        f"none is set, so calls use {chosen.voice_id} ({_described(chosen)}); to keep it, write it to {place}"
    )
    reporter.note("voice", text_)


def _described(voice: Voice) -> str:
    end = ", ends on 31 December 2026 as a default voice" if voice.is_default else ""
    return f"{voice.name}, {voice.category or 'no category'}{end}"


async def _check_other_voice(
    api: JsonApi, voice_id: str, place: str, voices: Sequence[Voice], reporter: Reporter
) -> None:
    """A voice outside the account's list may be a library voice, which paid plans can use."""
    subject, offer = f"voice {voice_id}", f"write one of the account's to {place}: {_offer(voices)}"
    try:
        found = await api.get(f"/v1/voices/{quote(voice_id, safe='')}")
    except ApiError as error:
        reporter.failed(subject, f"{error.reason}; {offer}")
        return
    reporter.note(subject, f"{text(found, 'name')}: not in the account's list of voices; {offer}")


def _offer(voices: Sequence[Voice]) -> str:
    ordered = sorted(voices, key=lambda voice: (voice.is_default, voice.from_library))
    names = [f"{voice.voice_id} ({voice.name})" for voice in ordered[:_MAX_OFFERED]]
    return ", ".join(names) or "the account has none, add one at https://elevenlabs.io/app/voice-library"


def _text(error: ApiError, context: Context, place: str) -> str:
    url = context.variable("PARLEY_ELEVENLABS_URL")
    return f"{error.reason}: {remedy(PAGES[NAME], error.status, error.reason, place, url)}"
