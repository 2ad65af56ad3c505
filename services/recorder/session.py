"""Records one call: turns its audio into the recording, its events into the transcript and database rows.

Audio is stored in segments during the call, so that after a failure the next owner continues from the last
stored segment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import stamina.instrumentation
import structlog

from parley.audio.g711 import BYTES_PER_MS
from parley.errors import BusError, ProviderError
from parley.events.envelope import event_body
from parley.events.facts import FACTS
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import CallRecorded
from services.recorder import call_record, wav
from services.recorder.audio_reader import CallAudioReader
from services.recorder.call_record import CallRecord, RecordBuilder
from services.recorder.last_events import LastEvents
from services.recorder.live_state import RECORDER, RecorderState
from services.recorder.metrics.call_observer import CallObserver
from services.recorder.metrics.observation import RecorderMetrics
from services.recorder.metrics.storage import StorageMetrics, WebhookMetrics
from services.recorder.retry import StorageRetry, retry_read
from services.recorder.settings import RecorderSettings
from services.recorder.storage.disk_space import DiskSpace
from services.recorder.storage.object_store import Recordings, contiguous_until, open_recordings
from services.recorder.storage.postgres import Postgres
from services.recorder.stored_log import StoredLog
from services.recorder.timeline import Timeline
from services.recorder.voicemail_outcome import may_follow, wait_until_final
from services.recorder.webhook_request import call_ended_body
from services.recorder.webhooks import CALL_ENDED, Delivery, WebhookSender, open_webhook_sender

log = structlog.get_logger()

_MAX_FLUSH_INTERVAL_S = 1.0
_QUEUE_POLL_INTERVAL_S = 0.01


@asynccontextmanager
async def open_recorder(
    settings: RecorderSettings, database: Postgres, telemetry: Telemetry
) -> AsyncIterator[ServeCall]:
    """Open the object store and the database while entered; yields the function that records a call.

    Raises:
        ConfigError: PARLEY_RECORDINGS_URL does not name a writable location.
    """
    # Each call logs a storage failure once; stamina's line per attempt and call would flood the log.
    stamina.instrumentation.set_on_retry_hooks(())
    recordings = open_recordings(settings.recordings_url)
    metrics = RecorderMetrics(telemetry.registry)
    async with (
        database.opened(),
        open_webhook_sender(WebhookMetrics(telemetry.registry)) as webhooks,
        asyncio.TaskGroup() as tasks,
    ):
        storage = Storage(settings, recordings, database, StorageMetrics(telemetry.registry), webhooks)
        log.info("recordings_opened", url=recordings.url)
        watching = tasks.create_task(DiskSpace(recordings.url, telemetry.registry).watch())
        try:
            yield partial(record_call, storage, metrics)
        finally:
            watching.cancel()


@dataclass(frozen=True, slots=True)
class Storage:
    """The object store and the database that calls are written to."""

    settings: RecorderSettings
    recordings: Recordings
    database: Postgres
    metrics: StorageMetrics
    webhooks: WebhookSender


async def record_call(storage: Storage, metrics: RecorderMetrics, call: CallContext) -> None:
    """Record one call; return when it has ended and everything is stored."""
    await RecordingSession(storage, metrics, call).run()


class RecordingSession:
    """Records one call into the object store and the database."""

    def __init__(self, storage: Storage, metrics: RecorderMetrics, call: CallContext) -> None:
        self._settings = storage.settings
        self._recordings = storage.recordings
        self._database = storage.database
        self._webhooks = storage.webhooks
        self._call = call
        self._log = call.log
        if call.log.facts.started is None:
            raise BusError(f"the log of {call.call_sid} has no call.started")
        self._started = call.log.facts.started
        self._name = call_record.recording_name(self._started)
        # A previous owner has observed the past; the first one was started by the call's first event.
        self._is_first_owner = "recorder" not in call.log.folded(FACTS).owners
        state = RecorderState() if self._is_first_owner else call.log.folded(RECORDER)
        self._timeline = Timeline(replies=state.replies)
        self._audio = CallAudioReader(call.bus, call.call_sid, call.log.clock, self._timeline)
        self._observer = CallObserver(metrics, call.call_sid, call.agent.name, state.measurements)
        self._retry = StorageRetry(call.log, storage.metrics)
        self._metrics = storage.metrics
        self._stored_ms: Callable[[], int] = partial(int, call.log.now_ms())
        """Call time up to which audio is stored; the time of the claim until the segments are listed."""

    async def run(self) -> None:
        """Record the call to its end and store its record."""
        if not self._log.facts.recorded:
            if self._is_first_owner:
                async for event in self._log.past():
                    self._apply(event)
            await self._store_record(await self._already_finished() or await self._record_audio())
        await self._retry.run(lambda: self._recordings.delete_segments(self._name))
        await self._add_voicemail()
        await self._call_webhook()

    async def _already_finished(self) -> int:
        """Length of the recording if a previous owner completed it; its segments may already be deleted."""
        if not self._call.ended:
            return 0
        return await self._retry.run(lambda: self._recordings.wav_samples(self._name))

    def _apply(self, event: Event) -> None:
        at_ms = self._log.clock.ms_at(event.sent_at_us)
        self._observer.apply(event, at_ms)
        body = event_body(event)
        if body is not None:
            self._timeline.apply(body, at_ms)

    async def _record_audio(self) -> int:
        with self._metrics.waiting(self._lag_s):
            return await self._record_remaining_audio()

    def _lag_s(self) -> float:
        """Length of the audio that is not stored yet, in seconds."""
        return max(0.0, (self._log.now_ms() - self._stored_ms()) / 1000)

    async def _record_remaining_audio(self) -> int:
        segments = await self._retry.run(lambda: self._recordings.segments(self._name))
        self._timeline.mark_stored(contiguous_until(segments))
        self._stored_ms = lambda: self._timeline.stored // BYTES_PER_MS
        if self._call.ended:
            await self._follow_events()
            await self._audio.read_stored()
        else:
            await self._follow_call()
            await self._read_remaining_events()
        end = self._timeline.finish(self._end_ms())
        await self._retry.run(lambda: self._store_segment(end))
        await self._retry.run(lambda: self._recordings.assemble_wav(self._name, end))
        return end

    def _end_ms(self) -> int:
        """Call time at which the call ended, or that of the last event if it has not ended."""
        ended = self._log.facts.ended
        if ended is None:
            return self._timeline.replies.last_event_ms
        return self._log.clock.ms_at(ended.sent_at_us)

    async def _follow_call(self) -> None:
        async with self._audio.follow(), asyncio.TaskGroup() as tasks:
            background = (
                tasks.create_task(self._flush_segments()),
                tasks.create_task(self._store_started_call()),
            )
            await self._follow_events()
            for task in background:
                task.cancel()
        await self._audio.backfill_gaps()

    async def _follow_events(self) -> None:
        """Apply live events until no stage appends more after the end of the call."""
        last_events = LastEvents(self._log)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(last_events.until_s()) as deadline:
                async for event in self._log:
                    self._apply(event)
                    deadline.reschedule(last_events.until_s())

    async def _read_remaining_events(self) -> None:
        """Read events from the log that did not arrive live.

        A process that was frozen at the end of the call detects here that the next owner has recorded it.
        """
        for event in await retry_read(self._log.read_new):
            self._apply(event)

    async def _store_started_call(self) -> None:
        """Insert the call's row at its start, so that it can be found in the database during the call."""
        row = call_record.call_from_start(self._started)
        await self._retry.run(lambda: self._database.put_call(row))

    async def _flush_segments(self) -> None:
        """Store a segment whenever enough audio is stable; runs until it is cancelled."""
        min_samples = int(self._settings.recording_segment_s * 1000) * BYTES_PER_MS
        settle_ms = int(self._settings.recording_lateness_s * 1000)
        while True:
            await asyncio.sleep(min(_MAX_FLUSH_INTERVAL_S, self._settings.recording_segment_s / 2))
            now_ms = self._log.now_ms()
            stable = self._timeline.stable_until(now_ms, settle_ms)
            # After the end of the call, there would be silence to store for as long as the log is followed.
            if self._call.ended or stable - self._timeline.stored < min_samples:
                continue
            if not await self._caught_up():
                continue
            await self._audio.backfill_gaps()
            end = self._timeline.stable_until(now_ms, settle_ms)
            try:
                await self._store_segment(end)
            except ProviderError as error:
                # The audio stays in memory and becomes part of the next segment.
                await self._retry.report(error)

    async def _caught_up(self) -> bool:
        """Wait until everything published so far has been applied; False if the bus is unreachable.

        Audio and events may be queued, because this process may have been frozen.
        """
        try:
            await self._call.bus.flush()
        except BusError:
            return False
        while self._audio.pending or self._log.pending:  # noqa: ASYNC110 - the bus's queues have no event to await
            await asyncio.sleep(_QUEUE_POLL_INTERVAL_S)
        # The last message has left its queue; it is applied during this sleep.
        await asyncio.sleep(_QUEUE_POLL_INTERVAL_S)
        return True

    async def _store_segment(self, end: int) -> None:
        start = self._timeline.stored
        if end > start:
            await self._recordings.put_segment(self._name, start, wav.interleaved(*self._timeline.cut(end)))
            self._timeline.mark_stored(end)

    async def _record(self, stored: StoredLog) -> CallRecord:
        return self._built(await stored.record())

    def _built(self, builder: RecordBuilder) -> CallRecord:
        url, transcript_url = (self._recordings.url_of(f"{self._name}{end}") for end in (".wav", ".json"))
        return builder.build(url, transcript_url)

    async def _add_voicemail(self) -> None:
        """Wait for the message of a caller whose fallback takes one, and add its address to the record."""
        ended = self._log.facts.ended
        if ended is None or self._log.facts.webhook_settled or not may_follow(self._call.agent, ended):
            return
        builder = await StoredLog(self._log, self._started).record()
        await wait_until_final(self._log, builder.voicemail, ended)
        if builder.voicemail.url is None:
            return
        record = self._built(builder)
        await self._put_file(record, ".json", call_record.as_json)
        await self._retry.run(partial(self._database.put_call, record.call))
        log.info("voicemail_recorded_for_call")

    async def _call_webhook(self) -> None:
        """Send the record to the webhook of the agent that answered, unless that has been done."""
        webhook = self._call.agent.webhooks.call_ended
        if webhook is None or self._log.facts.webhook_settled:
            return
        record = await self._record(StoredLog(self._log, self._started))
        body = await asyncio.to_thread(call_ended_body, record)
        delivery = Delivery(webhook, f"{CALL_ENDED}:{self._call.call_sid}", body)
        await self._log.append(await self._webhooks.deliver(delivery))

    async def _store_record(self, samples: int) -> None:
        stored = StoredLog(self._log, self._started)
        record = await self._record(stored)
        for suffix, as_file in ((".json", call_record.as_json), (".txt", call_record.as_text)):
            await self._put_file(record, suffix, as_file)
        # The database reads the events while it writes them, so that either may fail.
        put_record = partial(self._database.put_record, record, stored.events)
        await retry_read(partial(self._retry.run, put_record))
        duration_ms = samples // BYTES_PER_MS
        await self._log.append(
            CallRecorded(recording_url=record.call.recording_url or "", duration_ms=duration_ms)
        )
        ended = self._log.facts.ended
        self._metrics.record_stored(ended.sent_at_us if ended is not None else None)
        log.info("call_recorded", duration_ms=duration_ms)

    async def _put_file(self, record: CallRecord, suffix: str, as_file: Callable[[CallRecord], str]) -> None:
        text = await asyncio.to_thread(as_file, record)
        await self._retry.run(partial(self._recordings.put, self._name + suffix, text.encode()))
