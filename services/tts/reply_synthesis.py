"""Synthesizes one reply: sends clauses to a provider and publishes the audio, across all attempts.

Beside a silent voice, another one may be sent the same text; the first with audible audio is published.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from parley.audio.audio_output import AudioOutput
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.attempt_race import AttemptRace, Contender
from parley.providers.fallback_chain import Attempt, Request, provider_error
from parley.providers.latency_limits import LatencyLimit
from parley.providers.tts import AudioChunk, ReportsWarmth, SynthesisStream, TtsConnection
from parley.runtime.cancellation import raise_if_cancelled
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.alignment import alnum_count, without_tags
from services.tts.audio_limits import AudioLimits
from services.tts.audio_watch import AudioWatch, Situation
from services.tts.clause_feed import ClauseFeed
from services.tts.clause_position import ClausePosition
from services.tts.phrase_cache import CachingStream
from services.tts.plausibility import is_audible
from services.tts.reply_audio import ReplyAudio
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer, SpokenText
from services.tts.voice_switch import VoiceSwitch

Append: TypeAlias = Callable[[SynthesisStarted | ClauseSynthesized | SynthesisFinished], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TtsRoute:
    """A connection, the name of its provider, the time limits for its audio, and how its text is prepared."""

    provider: str
    connection: TtsConnection
    limits: AudioLimits
    normalization: NormalizerOptions = field(default_factory=NormalizerOptions)


@dataclass(slots=True)
class SynthesisJob:
    """A reply to synthesize, and what its synthesis reads and writes."""

    clauses: ClauseFeed
    audio: ReplyAudio
    """The audio of the attempt that has published last."""
    output: AudioOutput
    append: Append
    """Appends an event to the call's log."""
    now_ms: Callable[[], int]
    """Returns the current call time."""
    started: bool
    """Whether the log contains SynthesisStarted."""
    position: ClausePosition = field(default_factory=ClausePosition)
    """The place that this attempt has reached."""
    audible_until_s: float = 0.0
    """Time at which the published audio has been played, if it is played at once."""

    def buffered_s(self, now_s: float) -> float:
        """Duration of the published audio that has not been played."""
        return max(0.0, self.audible_until_s - now_s)


async def synthesize_reply(request: Request[TtsRoute], job: SynthesisJob) -> ProviderError | None:
    """Synthesize a reply completely; return the last failure if no route succeeded.

    The reply's audio ends in any case, so that no reader waits for it forever.
    """
    failure: ProviderError | None = None

    async def text_left() -> bool:
        return await job.clauses.get(job.audio.next_clause) is not None

    async def attempt(route: TtsRoute, attempt: Attempt, contender: Contender) -> None:
        await _attempt(route, attempt, contender, job)

    try:
        await AttemptRace(request, attempt, text_left).run()
    except ProviderError as error:
        failure = error
    audio = job.audio
    await job.output.publish_last(audio.reply_id, audio.published)
    await job.append(SynthesisFinished(reply_id=audio.reply_id, samples=audio.published))
    return failure


async def _attempt(route: TtsRoute, attempt: Attempt, contender: Contender, job: SynthesisJob) -> None:
    """Make one attempt, from the first clause that is not complete to the end of the reply."""
    async with route.connection.open_stream(job.audio.reply_id) as stream:
        # The connection must see which error ends the stream, to replace a WebSocket that timed out.
        with contender.cancellable():
            try:
                await _SynthesisAttempt(stream, route, attempt, contender, job).run()
            except BaseExceptionGroup as group:
                raise_if_cancelled()
                raise provider_error(group) or group from None
        attempt.provider_used = not isinstance(stream, CachingStream) or stream.provider_used


class _SynthesisAttempt:
    """Three tasks: one sends clauses, one receives audio, one watches for missing output."""

    def __init__(
        self,
        stream: SynthesisStream,
        route: TtsRoute,
        attempt: Attempt,
        contender: Contender,
        job: SynthesisJob,
    ) -> None:
        # Those of the job do not change until this attempt publishes: another one may still do so.
        self._audio, self._position = job.audio.fork(), replace(job.position)
        place = self._position.begin_attempt((route.provider, attempt.route.model), self._audio)
        self._switch = None if place is None else VoiceSwitch(place)
        self._stream = stream
        self._provider = route.provider
        self._normalizer = ReplyNormalizer(route.normalization)
        self._attempt = attempt
        self._contender = contender
        self._route = attempt.route
        self._job = job
        self._loop = asyncio.get_running_loop()
        now_s = self._loop.time()
        self._watch = AudioWatch(route.limits, self._audio, now_s, beside=contender.is_beside)
        self._is_publishing = self._has_received = False
        self._requested_ms = 0
        self._requested_s = 0.0
        self._first_limit: LatencyLimit | None = None

    async def run(self) -> None:
        """Run until the stream ends, or until all its audio has arrived and only its end is missing."""
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send_text())
            watching = tasks.create_task(self._watch_audio())
            receiving = tasks.create_task(self._receive_audio())
            await asyncio.wait([receiving, watching], return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, watching, receiving):
                task.cancel()
        self._check_audio(self._audio.unspoken_letters)
        await self._append(self._audio.finish())

    async def _send_text(self) -> None:
        first = self._audio.next_clause
        number = 0
        while (text := await self._job.clauses.get(number)) is not None:
            # Earlier clauses are fed as well: a code fence, for example, may begin in one and end in another.
            spoken = self._normalizer.feed(text)
            if number >= first:
                await self._send_clause(text, spoken)
            number += 1
        if not self._audio.awaiting_provider:
            self._watch.text_sent(self._loop.time())
        self._audio.input_ended = True
        await self._stream.end_input()

    async def _send_clause(self, text: str, spoken: SpokenText) -> None:
        already_waiting = self._audio.awaiting_provider
        self._audio.text_sent(text, spoken)
        if not alnum_count(without_tags(spoken.text)):
            await self._append(self._audio.take_completed())
            return
        if not already_waiting:
            self._watch.text_sent(self._loop.time())
        self._requested_ms = self._requested_ms or self._job.now_ms()
        self._requested_s = self._requested_s or self._loop.time()
        await self._stream.send_text(spoken.text)
        self._count_characters(len(spoken.text))
        if self._first_limit is None:
            self._first_limit = self._watch.limit(warm=self._warm)

    async def _append(self, completed: Sequence[ClauseSynthesized]) -> None:
        if completed and self._use():
            for clause in completed:
                await self._job.append(clause)

    def _use(self) -> bool:
        """Make this attempt the one that publishes; false if another one does."""
        if not self._contender.use():
            return False
        self._job.audio, self._job.position = self._audio, self._position
        return True

    async def _receive_audio(self) -> None:
        async with aclosing(self._stream.audio()) as chunks:
            async for chunk in chunks:
                self._received(chunk)
                if self._switch is None:
                    await self._on_chunk(chunk)
                else:
                    await self._on_pieces(self._switch, self._switch.add(chunk, self._audio.clause_text))
        if self._switch is not None:
            await self._on_pieces(self._switch, self._switch.flush())

    def _received(self, chunk: AudioChunk) -> None:
        audible = is_audible(chunk.audio)
        self._watch.received(self._loop.time(), audible=audible or self._audio.within_clause)
        if audible and not self._has_received:
            self._has_received = True
            if self._from_provider:
                self._attempt.first_output("first_audio")
                if self._first_limit is not None:
                    self._first_limit.observe(self._loop.time() - self._requested_s)

    async def _on_pieces(self, switch: VoiceSwitch, pieces: Sequence[AudioChunk]) -> None:
        self._position.moved(switch.offset)
        for piece in pieces:
            await self._on_chunk(piece)

    async def _on_chunk(self, chunk: AudioChunk) -> None:
        offset, fresh = self._audio.audio_received(chunk)
        if fresh and self._use():
            self._is_publishing = True
            await self._job.output.publish(self._audio.reply_id, offset, fresh)
            self._is_publishing = False
            now_s = self._loop.time()
            self._job.audible_until_s = now_s + self._job.buffered_s(now_s) + bytes_to_ms(len(fresh)) / 1000
            await self._append_started()
        await self._append(self._audio.take_completed())
        self._check_audio(self._audio.lost_letters)

    def _check_audio(self, missing_letters: int) -> None:
        if missing_letters:
            raise ProviderUnavailable(self._provider, f"no audio for {missing_letters} letters of the text")

    async def _append_started(self) -> None:
        if self._job.started:
            return
        self._job.started = True
        # The audio is published before the event that describes it.
        await asyncio.sleep(0)
        from_provider = self._from_provider
        await self._job.append(
            SynthesisStarted(
                reply_id=self._audio.reply_id,
                tts_requested_ms=self._requested_ms,
                provider=self._route.provider if from_provider else "",
                model=self._route.model if from_provider else "",
            )
        )

    @property
    def _from_provider(self) -> bool:
        """Whether the provider has been sent text; until then, all of it was cached."""
        return not isinstance(self._stream, CachingStream) or self._stream.provider_used

    def _count_characters(self, count: int) -> None:
        labels, usage = self._attempt.labels, self._attempt.usage
        if self._from_provider:
            usage.tts_characters.labels(**labels).inc(count)
        else:
            usage.tts_cached_characters.labels(agent=labels["agent"]).inc(count)

    @property
    def _warm(self) -> bool:
        return isinstance(self._stream, ReportsWarmth) and self._stream.warm

    @property
    def _situation(self) -> Situation:
        holds_audio = self._has_received and self._switch is not None and self._switch.holds_audio
        return Situation(
            warm=self._warm,
            buffered_s=self._job.buffered_s(self._loop.time()),
            within_clause=holds_audio or self._audio.within_clause,
            has_alternative=self._contender.has_alternative,
        )

    async def _watch_audio(self) -> None:
        """Return when only the end of the stream is missing."""
        while not self._watch.has_ended(self._loop.time(), warm=self._warm):
            await asyncio.sleep(self._watch.step_s(warm=self._warm))
            now_s = self._loop.time()
            self._watch.tick(now_s, warm=self._warm)
            if self._is_publishing:
                continue
            situation = self._situation
            limit_s = self._watch.exceeded_s(now_s, situation)
            if limit_s is not None:
                if not self._has_received:
                    self._watch.limit(warm=self._warm).timed_out(limit_s)
                raise ProviderTimeout(self._provider, f"no audio within {limit_s:.2g} s after text")
            if self._watch.is_overdue(situation):
                self._contender.overdue()
