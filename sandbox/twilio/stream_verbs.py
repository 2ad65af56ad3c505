"""Executes <Connect><Stream>, <Start><Stream> and <Stop><Stream>."""

import asyncio
import time
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from sandbox.twilio.call_flow import Source
from sandbox.twilio.media_stream import MediaStream, StreamIdentity
from sandbox.twilio.records import new_sid
from sandbox.twilio.stream_address import StreamEnd, StreamOutcome
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Connect, StartStream, StopStream, Stream
from sandbox.twilio.webhook_params import stream_status
from sandbox.twilio.webhooks import WebhookRequest

_SILENCE_AFTER_LOSS_S = 5.0
"""With `no_fall_through`, silence after a lost socket before the call ends; an update can rescue it."""
_MAX_FORKS = 4


async def connect(verb: Connect, context: VerbContext) -> Source | None:
    """Connect the call to a stream until it ends; continues at the action URL or the next verb."""
    media = _new_stream(verb.stream, context, bidirectional=True)
    context.on_digit = media.send_dtmf
    try:
        outcome = await _run(media, context)
    finally:
        context.on_digit = None
    if outcome.end is StreamEnd.LOST and context.faults.no_fall_through:
        context.leg.note("stranded", stream_sid=media.sid)
        await asyncio.sleep(_SILENCE_AFTER_LOSS_S)
        context.end("error")
    return context.action_source(verb.action, verb.method, {})


def start(verb: StartStream, context: VerbContext) -> None:
    """Fork the call's audio to a stream; the next verb follows at once."""
    if fork(verb.stream, context) is None:
        context.leg.note("warning", code=31941, text="more than four streams")


def fork(stream: Stream, context: VerbContext) -> MediaStream | None:
    """Start a fork, requested by TwiML or REST; None if there are too many."""
    if len(context.forks) >= _MAX_FORKS:
        return None
    media = _new_stream(stream, context, bidirectional=False)
    context.forks[media.name] = context.tasks.create_task(_fork(media, context), name=f"stream {media.sid}")
    return media


def stop(verb: StopStream, context: VerbContext) -> None:
    """Stop a forked stream."""
    task = context.forks.get(verb.name)
    if task is None:
        context.leg.note("warning", code=31942, text=f"no stream is named {verb.name!r}")
    else:
        task.cancel()


async def _fork(media: MediaStream, context: VerbContext) -> None:
    try:
        await _run(media, context)
    finally:
        context.forks.pop(media.name, None)


def _new_stream(stream: Stream, context: VerbContext, *, bidirectional: bool) -> MediaStream:
    def started(media: MediaStream) -> None:
        context.leg.line.add_tap(media)
        if bidirectional:
            context.leg.line.play(media)
        _notify(media, context, "stream-started")

    record, settings = context.leg.record, context.emulator.settings
    identity = StreamIdentity(
        record.account_sid,
        record.sid,
        new_sid("MZ"),
        settings.signer,
        settings.plain_hosts,
    )
    return MediaStream(
        replace(stream, url=_stream_url(stream.url, context)),
        identity,
        bidirectional=bidirectional,
        faults=context.faults,
        # Socket faults apply to the bidirectional stream only.
        drop_at_ms=context.next_drop_ms() if bidirectional else None,
        refused=bidirectional and context.is_socket_refused(),
        note=context.leg.note,
        on_started=started,
    )


async def _run(media: MediaStream, context: VerbContext) -> StreamOutcome:
    try:
        outcome = await media.run()
    except asyncio.CancelledError:
        _notify(media, context, "stream-stopped")
        raise
    finally:
        context.leg.line.remove_tap(media)
        context.leg.line.stop_playing(media)
    if outcome.end is StreamEnd.CLOSED:
        _notify(media, context, "stream-stopped", outcome)
    else:
        context.leg.note("warning", code=outcome.code, text=outcome.text, stream_sid=media.sid)
        _notify(media, context, "stream-error", outcome)
    return outcome


def _notify(
    media: MediaStream, context: VerbContext, event: str, outcome: StreamOutcome | None = None
) -> None:
    details = {} if outcome is None else {"code": outcome.code, "text": outcome.text}
    context.leg.note(event.replace("-", "_"), stream_sid=media.sid, stream_name=media.name, **details)
    if media.stream.status_callback is None:
        return
    failed = event == "stream-error" and outcome is not None
    error = f"Stream signal error, code: {outcome.code}" if failed and outcome else None
    record = context.leg.record
    params = stream_status(record, media.sid, media.name, event, time.time(), error)
    url = context.absolute_url(media.stream.status_callback)
    context.emulator.send_callback(
        WebhookRequest(url, media.stream.status_callback_method, params, record.sid), context.faults
    )


def _stream_url(url: str, context: VerbContext) -> str:
    """A relative URL is resolved against the document's URL."""
    if urlsplit(url).scheme or not url:
        return url
    return urlunsplit(urlsplit(context.absolute_url(url))._replace(scheme="wss"))
