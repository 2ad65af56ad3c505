"""Performs <Connect><Stream>, <Start><Stream> and <Stop><Stream>."""

import asyncio
import time
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from sandbox.twilio.call_flow import Source
from sandbox.twilio.media_stream import MediaStream, StreamIdentity
from sandbox.twilio.records import new_sid
from sandbox.twilio.stream_address import StreamEnd, StreamOutcome
from sandbox.twilio.twiml import Connect, StartStream, StopStream, Stream
from sandbox.twilio.verb_context import Situation
from sandbox.twilio.webhook_params import stream_status
from sandbox.twilio.webhooks import Request

_STRANDED_S = 5.0
"""How long a call that does not fall through stays silent before it ends; an update may save it."""
_MOST_FORKS = 4


async def connect(verb: Connect, here: Situation) -> Source | None:
    """Join the call to a stream until that ends; what comes next is the action's TwiML, or the next verb."""
    media = _media(verb.stream, here, bidirectional=True)
    here.on_key = media.press
    try:
        outcome = await _run(media, here)
    finally:
        here.on_key = None
    if outcome.end is StreamEnd.LOST and here.faults.no_fall_through:
        here.leg.note("stranded", stream_sid=media.sid)
        await asyncio.sleep(_STRANDED_S)
        here.end("error")
    return here.action(verb.action, verb.method, {})


def start(verb: StartStream, here: Situation) -> None:
    """Fork the call's sound; the call goes on meanwhile."""
    if fork(verb.stream, here) is None:
        here.leg.note("warning", code=31941, text="more than four streams")


def fork(stream: Stream, here: Situation) -> MediaStream | None:
    """Begin a fork, by TwiML or by REST; None when there are too many."""
    if len(here.forks) >= _MOST_FORKS:
        return None
    media = _media(stream, here, bidirectional=False)
    here.forks[media.name] = here.tasks.create_task(_fork(media, here), name=f"stream {media.sid}")
    return media


def stop(verb: StopStream, here: Situation) -> None:
    """End a forked stream."""
    task = here.forks.get(verb.name)
    if task is None:
        here.leg.note("warning", code=31942, text=f"no stream is named {verb.name!r}")
    else:
        task.cancel()


async def _fork(media: MediaStream, here: Situation) -> None:
    try:
        await _run(media, here)
    finally:
        here.forks.pop(media.name, None)


def _media(stream: Stream, here: Situation, *, bidirectional: bool) -> MediaStream:
    def started(media: MediaStream) -> None:
        here.leg.line.tap(media)
        if bidirectional:
            here.leg.line.listen_to(media)
        _tell(media, here, "stream-started")

    record, settings = here.leg.record, here.exchange.settings
    identity = StreamIdentity(
        record.account_sid,
        record.sid,
        new_sid("MZ"),
        settings.auth_token.get_secret_value(),
        settings.plain_hosts,
    )
    return MediaStream(
        replace(stream, url=_absolute(stream.url, here)),
        identity,
        bidirectional=bidirectional,
        faults=here.faults,
        # What is to be cut is the call's own line.
        drop_at_ms=here.next_drop_ms() if bidirectional else None,
        note=here.leg.note,
        on_started=started,
    )


async def _run(media: MediaStream, here: Situation) -> StreamOutcome:
    try:
        outcome = await media.run()
    except asyncio.CancelledError:
        _tell(media, here, "stream-stopped")
        raise
    finally:
        here.leg.line.untap(media)
        here.leg.line.stop_listening_to(media)
    if outcome.end is StreamEnd.CLOSED:
        _tell(media, here, "stream-stopped", outcome)
    else:
        here.leg.note("warning", code=outcome.code, text=outcome.text, stream_sid=media.sid)
        _tell(media, here, "stream-error", outcome)
    return outcome


def _tell(media: MediaStream, here: Situation, event: str, outcome: StreamOutcome | None = None) -> None:
    told = {} if outcome is None else {"code": outcome.code, "text": outcome.text}
    here.leg.note(event.replace("-", "_"), stream_sid=media.sid, stream_name=media.name, **told)
    if media.stream.status_callback is None:
        return
    failed = event == "stream-error" and outcome is not None
    error = f"Stream signal error, code: {outcome.code}" if failed and outcome else None
    record = here.leg.record
    params = stream_status(record, media.sid, media.name, event, time.time(), error)
    url = here.absolute(media.stream.status_callback)
    here.exchange.tell(Request(url, media.stream.status_callback_method, params, record.sid), here.faults)


def _absolute(url: str, here: Situation) -> str:
    """A relative address is one on the document's host."""
    if urlsplit(url).scheme or not url:
        return url
    return urlunsplit(urlsplit(here.absolute(url))._replace(scheme="wss"))
