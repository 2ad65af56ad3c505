"""Executes TwiML verbs."""

from sandbox.twilio import stream_verbs
from sandbox.twilio.call_flow import Source
from sandbox.twilio.dial_verb import dial
from sandbox.twilio.gather_verb import gather
from sandbox.twilio.prompts import play_prompts
from sandbox.twilio.record_verb import record
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import (
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


async def execute_verb(verb: Verb, context: VerbContext) -> Source | None:
    """Execute a verb; returns its action URL, if it has one."""
    match verb:
        case Say() | Play() | Pause():
            await play_prompts([verb], context)
        case Connect():
            return await stream_verbs.connect(verb, context)
        case StartStream():
            stream_verbs.start(verb, context)
        case StopStream():
            stream_verbs.stop(verb, context)
        case Dial():
            return await dial(verb, context)
        case Gather():
            return await gather(verb, context)
        case Record():
            return await record(verb, context)
        case Hangup() | Redirect() | Reject():
            raise ValueError(f"{verb} is handled by the call flow")
    return None
