"""Plays prompts to a call's caller: <Say>, <Play> and <Pause>."""

import asyncio
from collections.abc import Iterable

from parley.audio.dtmf import tones
from sandbox.espeak import speak, voice_of
from sandbox.twilio.announcement import Announcement
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Pause, Play, Say
from sandbox.twilio.voices import language_of, refusal
from sandbox.twilio.wav import from_wav
from sandbox.twilio.webhooks import WebhookError

_INVALID_AUDIO = 12400
_EMPTY_TEXT = (13520, "Say: Invalid text")
_MAX_REPETITIONS = 100


async def play_prompts(verbs: Iterable[Say | Play | Pause], context: VerbContext) -> None:
    """Play these verbs to the caller, one after another."""
    for verb in verbs:
        match verb:
            case Say():
                await _speak_text(verb, context)
            case Play(digits=digits, loop=loop) if digits:
                context.leg.note("keys_pressed", digits=digits)
                await play_audio(tones(digits) * _repetitions(loop), context)
            case Play(url=url, loop=loop):
                await play_audio(await _fetch_audio(url, context) * _repetitions(loop), context)
            case Pause(length_s=length_s):
                context.leg.line.start()
                await asyncio.sleep(length_s)


async def _speak_text(verb: Say, context: VerbContext) -> None:
    """Speak a text; if its attributes are refused, skip it with a warning, as Twilio does."""
    warning = refusal(verb.voice, verb.language) if verb.text else _EMPTY_TEXT
    if warning is not None:
        code, text = warning
        context.leg.note("warning", code=code, text=text)
        return
    context.leg.note("say", text=verb.text, language=verb.language, voice=verb.voice)
    voice = voice_of(verb.language or language_of(verb.voice))
    await play_audio(speak(verb.text, voice).mulaw * _repetitions(verb.loop), context)


def _repetitions(loop: int) -> int:
    """Number of repetitions; 0 means endless in TwiML, which is limited to the maximum."""
    return min(loop or _MAX_REPETITIONS, _MAX_REPETITIONS)


async def play_audio(mulaw: bytes, context: VerbContext) -> None:
    """Play audio to the caller, to its end."""
    if not mulaw:
        return
    announcement, line = Announcement(mulaw), context.leg.line
    line.play(announcement)
    try:
        await announcement.finished.wait()
    finally:
        line.stop_playing(announcement)


async def _fetch_audio(url: str, context: VerbContext) -> bytes:
    if not url:
        return b""
    address = context.absolute_url(url)
    try:
        data = await context.emulator.webhooks.fetch_audio(address)
        return await asyncio.to_thread(from_wav, data)
    except (WebhookError, ValueError) as error:
        code = error.code if isinstance(error, WebhookError) else _INVALID_AUDIO
        context.leg.note("warning", code=code, text=str(error))
        return b""
