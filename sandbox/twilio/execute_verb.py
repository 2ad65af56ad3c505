"""Does what a verb says, one at a time."""

import asyncio
from collections.abc import Iterable

from sandbox.espeak import speak
from sandbox.twilio import stream_verbs
from sandbox.twilio.announcement import Announcement
from sandbox.twilio.call_flow import Source
from sandbox.twilio.dial_verb import dial
from sandbox.twilio.gather_verb import gather
from sandbox.twilio.record_verb import take_message
from sandbox.twilio.twiml import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    StartStream,
    StopStream,
    Verb,
)
from sandbox.twilio.verb_context import Situation
from sandbox.twilio.wav import mulaw_of
from sandbox.twilio.webhooks import WebhookError

_BAD_SOUND = 12400
_FOR_EVER = 100


async def perform(verb: Verb, here: Situation) -> Source | None:
    """Do a verb's work; gives the address at which the call goes on, if the verb names one."""
    match verb:
        case Say() | Play() | Pause():
            await prompt([verb], here)
        case Connect():
            return await stream_verbs.connect(verb, here)
        case StartStream():
            stream_verbs.start(verb, here)
        case StopStream():
            stream_verbs.stop(verb, here)
        case Dial():
            return await dial(verb, here)
        case Gather():
            return await gather(verb, here, prompt)
        case Record():
            return await take_message(verb, here, announce)
        case Hangup() | Redirect() | Reject():
            raise ValueError(f"{verb} belongs to the call's flow")
    return None


async def prompt(verbs: Iterable[Say | Play | Pause], here: Situation) -> None:
    """Let the person hear these, one after another."""
    for verb in verbs:
        match verb:
            case Say(text=text, loop=loop):
                here.leg.note("say", text=text)
                await announce(speak(text).mulaw * _times(loop), here)
            case Play(url=url, loop=loop):
                await announce(await _sound(url, here) * _times(loop), here)
            case Pause(length_s=length_s):
                here.leg.line.begin()
                await asyncio.sleep(length_s)


def _times(loop: int) -> int:
    """Zero means for ever; a sound this often repeated nobody hears to its end."""
    return min(loop or _FOR_EVER, _FOR_EVER)


async def announce(mulaw: bytes, here: Situation) -> None:
    """Let the person hear a sound, to its end."""
    if not mulaw:
        return
    sound, line = Announcement(mulaw), here.leg.line
    line.listen_to(sound)
    try:
        await sound.over.wait()
    finally:
        line.stop_listening_to(sound)


async def _sound(url: str, here: Situation) -> bytes:
    if not url:
        return b""
    address = here.absolute(url)
    try:
        data = await here.exchange.webhooks.sound(address)
        return await asyncio.to_thread(mulaw_of, data)
    except (WebhookError, ValueError) as error:
        code = error.code if isinstance(error, WebhookError) else _BAD_SOUND
        here.leg.note("warning", code=code, text=str(error))
        return b""
