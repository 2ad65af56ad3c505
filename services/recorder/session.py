"""audio.* and call.* → recording, transcript and rows; a successor goes on from what is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import stamina.instrumentation
import structlog

from parley.audio.g711 import BYTES_PER_MS
from parley.errors import BusError, ProviderError
from parley.events.envelope import event_body
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import CallRecorded
from services.recorder import call_record, wav
from services.recorder.audio_reader import CallAudioReader
from services.recorder.retry import StorageRetry
from services.recorder.settings import RecorderSettings
from services.recorder.storage.object_store import Recordings, contiguous_until, open_recordings
from services.recorder.storage.postgres import Postgres
from services.recorder.timeline import Timeline
from services.recorder.turn_metrics import TurnMetrics, TurnObserver

log = structlog.get_logger()

_READ_RETRY_INTERVAL_S = 0.5
_QUEUE_POLL_INTERVAL_S = 0.01
_EVENTS_AFTER_END_S = 0.5
"""How long after the end others may still speak of the call."""


@asynccontextmanager
async def open_recorder(
    settings: RecorderSettings, database: Postgres, telemetry: Telemetry
) -> AsyncIterator[ServeCall]:
    """Open store and database for as long as the process lives; gives what records one call.

    Raises:
        ConfigError: PARLEY_RECORDINGS_URL names no place to write to.
    """
    # Each call says once that its record waits; a line per try and call would drown the log.
    stamina.instrumentation.set_on_retry_hooks(())
    recordings = open_recordings(settings.recordings_url)
    metrics = TurnMetrics(telemetry.registry)
    async with database.opened():
        log.info("recordings go to", url=recordings.url)
        yield partial(record_call, Storage(settings, recordings, database), metrics)


@dataclass(frozen=True, slots=True)
class Storage:
    """Where calls are kept."""

    settings: RecorderSettings
    recordings: Recordings
    database: Postgres


async def record_call(storage: Storage, metrics: TurnMetrics, call: CallContext) -> None:
    """Remember one call: to its end, and until all of it is stored."""
    await RecordingSession(storage, metrics, call).run()


class RecordingSession:
    """One call on its way into the store and the database."""

    def __init__(self, storage: Storage, metrics: TurnMetrics, call: CallContext) -> None:
        self._settings = storage.settings
        self._recordings = storage.recordings
        self._database = storage.database
        self._call = call
        self._log = call.log
        self._started = next(e for e in call.log.history if e.HasField("call_started"))
        self._name = call_record.recording_name(self._started)
        self._events: list[Event] = []
        self._timeline = Timeline()
        self._audio = CallAudioReader(call.bus, call.call_sid, self._timeline)
        self._turns = TurnObserver(metrics, call.call_sid)
        self._retry = StorageRetry(call.log)

    async def run(self) -> None:
        """Record the call to its end and return when all of it is stored."""
        if not any(event.HasField("call_recorded") for event in self._log.history):
            for event in self._log.history:
                self._apply(event, live=False)
            await self._store_record(await self._already_finished() or await self._record_audio())
        await self._retry.run(lambda: self._recordings.delete_segments(self._name))

    async def _already_finished(self) -> int:
        """Length of the recording, if a former owner came that far; segments may be gone by then."""
        if not self._call.ended:
            return 0
        return await self._retry.run(lambda: self._recordings.wav_samples(self._name))

    def _apply(self, event: Event, *, live: bool) -> None:
        self._events.append(event)
        self._turns.apply(event, live=live)
        body = event_body(event)
        if body is not None:
            self._timeline.apply(body)

    async def _record_audio(self) -> int:
        segments = await self._retry.run(lambda: self._recordings.segments(self._name))
        self._timeline.stored = contiguous_until(segments)
        if self._call.ended:
            await self._audio.read_all()
        else:
            await self._follow_call()
            await self._read_remaining_events()
        end = self._timeline.finish(call_record.end_ms(self._events))
        await self._retry.run(lambda: self._store_segment(end))
        await self._retry.run(lambda: self._recordings.assemble_wav(self._name, end))
        return end

    async def _follow_call(self) -> None:
        async with self._audio.follow(), asyncio.TaskGroup() as tasks:
            meanwhile = (
                tasks.create_task(self._flush_segments()),
                tasks.create_task(self._store_started_call()),
            )
            await self._follow_events()
            for task in meanwhile:
                task.cancel()
        await self._audio.backfill_gaps()

    async def _follow_events(self) -> None:
        """Until the call has ended, and a little longer for what is still said of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as patience:
                async for event in self._log:
                    self._apply(event, live=True)
                    if event.HasField("call_ended"):
                        patience.reschedule(asyncio.get_running_loop().time() + _EVENTS_AFTER_END_S)

    async def _read_remaining_events(self) -> None:
        """From the log itself: frozen at the call's end we would not know of a successor who is through."""
        missed = None
        while missed is None:
            try:
                missed = await self._log.read_new()
            except BusError as error:
                log.warning("log cannot be read yet", error=str(error))
                await asyncio.sleep(_READ_RETRY_INTERVAL_S)
        for event in missed:
            self._apply(event, live=True)

    async def _store_started_call(self) -> None:
        """So that a call can be found in the database while it lasts."""
        begun = call_record.call_from_start(self._started)
        await self._retry.run(lambda: self._database.put_call(begun))

    async def _flush_segments(self) -> None:
        """Long-lived: a segment whenever enough sound has settled."""
        segment = int(self._settings.recording_segment_s * 1000) * BYTES_PER_MS
        settle_ms = int(self._settings.recording_lateness_s * 1000)
        while True:
            await asyncio.sleep(min(1.0, self._settings.recording_segment_s / 2))
            now_ms = self._log.now_ms()
            if self._timeline.stable_until(now_ms, settle_ms) - self._timeline.stored < segment:
                continue
            if not await self._caught_up():
                continue
            await self._audio.backfill_gaps()
            end = self._timeline.stable_until(now_ms, settle_ms)
            try:
                await self._store_segment(end)
            except ProviderError as error:
                # The sound stays here, and goes with the next segment.
                await self._retry.report(error)

    async def _caught_up(self) -> bool:
        """Whether all is known that was said before: while we were frozen, sound and events queued up."""
        try:
            await self._call.bus.flush()
        except BusError:
            return False
        while self._audio.pending or self._log.pending:  # noqa: ASYNC110 - queues of the bus tell nobody
            await asyncio.sleep(_QUEUE_POLL_INTERVAL_S)
        # What came last is out of its queue, and dealt with in a moment.
        await asyncio.sleep(_QUEUE_POLL_INTERVAL_S)
        return True

    async def _store_segment(self, end: int) -> None:
        start = self._timeline.stored
        if end > start:
            await self._recordings.put_segment(self._name, start, wav.interleaved(*self._timeline.cut(end)))
            self._timeline.mark_stored(end)

    async def _store_record(self, samples: int) -> None:
        recordings, name = self._recordings, self._name
        url, transcript_url = recordings.url_of(f"{name}.wav"), recordings.url_of(f"{name}.json")
        made = call_record.call_record(self._events, url, transcript_url)
        for ending, text in ((".json", call_record.as_json(made)), (".txt", call_record.as_text(made))):
            data = text.encode()
            await self._retry.run(partial(recordings.put, name + ending, data))
        await self._retry.run(lambda: self._database.put_record(made))
        await self._log.append(CallRecorded(recording_url=url, duration_ms=samples // BYTES_PER_MS))
        log.info("call recorded", duration_ms=samples // BYTES_PER_MS)
