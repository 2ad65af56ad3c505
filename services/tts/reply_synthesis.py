"""Synthesizes one reply: sends clauses to a provider and publishes the audio, across all attempts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeAlias

from parley.audio.audio_output import AudioOutput
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.fallback_chain import Attempt, Request, provider_error
from parley.providers.latency_limits import LatencyLimit
from parley.providers.tts import AudioChunk, ReportsWarmth, SynthesisStream, TtsConnection
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.alignment import alnum_count, without_tags
from services.tts.audio_limits import AudioLimits
from services.tts.clause_feed import ClauseFeed
from services.tts.clause_position import ClausePosition
from services.tts.phrase_cache import CachingStream
from services.tts.reply_audio import ReplyAudio
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer, SpokenText
from services.tts.voice_switch import Interruption, VoiceSwitch

_END_OF_STREAM_TIMEOUT_S = 0.5
"""How long the provider may take to end the stream once all characters have timings and audio."""
_POLLS_PER_TIMEOUT = 8
_PAUSE_WITHIN_CLAUSE_S = 0.7
"""Longest pause between two chunks of a clause, which arrive faster than they are played, once almost all
of them have been played. A longer one is an outage, and another voice needs some time to begin."""
_MIN_BUFFERED_S = 0.3

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
    output: AudioOutput
    append: Append
    """Appends an event to the call's log."""
    now_ms: Callable[[], int]
    """Returns the current call time."""
    started: bool
    """Whether the log contains SynthesisStarted."""
    position: ClausePosition = field(default_factory=ClausePosition)
    """The place at which the next attempt continues."""
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

    try:
        await request.run(lambda route, attempt: _attempt(route, attempt, job), ready=text_left)
    except ProviderError as error:
        failure = error
    audio = job.audio
    await job.output.publish_last(audio.reply_id, audio.published)
    await job.append(SynthesisFinished(reply_id=audio.reply_id, samples=audio.published))
    return failure


async def _attempt(route: TtsRoute, attempt: Attempt, job: SynthesisJob) -> None:
    """Make one attempt, from the first clause that is not complete to the end of the reply."""
    voice = (route.provider, attempt.route.model)
    place = job.position.begin_attempt(voice, job.audio)
    async with route.connection.open_stream(job.audio.reply_id) as stream:
        try:
            await _SynthesisAttempt(stream, route, attempt, job, place).run()
        except BaseExceptionGroup as group:
            # The connection must see which error ends the stream, to replace a WebSocket that timed out.
            raise provider_error(group) or group from None
        attempt.provider_used = not isinstance(stream, CachingStream) or stream.provider_used


class _SynthesisAttempt:
    """Three tasks: one sends clauses, one receives audio, one watches for missing output."""

    def __init__(
        self,
        stream: SynthesisStream,
        route: TtsRoute,
        attempt: Attempt,
        job: SynthesisJob,
        place: Interruption | None = None,
    ) -> None:
        self._stream = stream
        self._switch = None if place is None else VoiceSwitch(place)
        self._has_received = False
        self._provider = route.provider
        self._limits = route.limits
        self._normalizer = ReplyNormalizer(route.normalization)
        self._attempt = attempt
        self._route = attempt.route
        self._job = job
        self._audio = job.audio
        self._loop = asyncio.get_running_loop()
        self._last_activity_s = self._loop.time()
        self._requested_ms = 0
        self._requested_s = 0.0
        self._first_limit: LatencyLimit | None = None
        self._short_s = 0.0
        """The short limit when the text was sent: calls that fail meanwhile do not change it."""

    async def run(self) -> None:
        """Run until the stream ends, or until all its audio has arrived and only its end is missing."""
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send_text())
            watching = tasks.create_task(self._watch())
            receiving = tasks.create_task(self._receive_audio())
            await asyncio.wait([receiving, watching], return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, watching, receiving):
                task.cancel()
        self._check_audio(self._audio.unspoken_letters)
        for clause in self._audio.finish():
            await self._job.append(clause)

    async def _send_text(self) -> None:
        first = self._audio.next_clause
        number = 0
        while (text := await self._job.clauses.get(number)) is not None:
            # Earlier clauses are fed as well: a code fence, for example, may begin in one and end in another.
            spoken = self._normalizer.feed(text)
            if number >= first:
                await self._send_clause(text, spoken)
            number += 1
        self._audio.input_ended = True
        if not self._audio.awaiting_provider:
            self._last_activity_s = self._loop.time()
        await self._stream.end_input()

    async def _send_clause(self, text: str, spoken: SpokenText) -> None:
        already_waiting = self._audio.awaiting_provider
        self._audio.text_sent(text, spoken)
        if not alnum_count(without_tags(spoken.text)):
            await self._append_completed()
            return
        if not already_waiting:
            # Further text gives a provider that sends nothing no further time.
            self._last_activity_s = self._loop.time()
            self._short_s = self._limit.short_limit_s(self._limits.short_s)
        self._requested_ms = self._requested_ms or self._job.now_ms()
        self._requested_s = self._requested_s or self._loop.time()
        await self._stream.send_text(spoken.text)
        self._count_characters(len(spoken.text))
        if self._first_limit is None:
            self._first_limit = self._limit

    async def _append_completed(self) -> None:
        for clause in self._audio.take_completed():
            await self._job.append(clause)

    async def _receive_audio(self) -> None:
        async with aclosing(self._stream.audio()) as chunks:
            async for chunk in chunks:
                self._last_activity_s = self._loop.time()
                self._has_received = self._has_received or bool(chunk.audio)
                if self._switch is None:
                    await self._on_chunk(chunk)
                    continue
                await self._on_pieces(self._switch, self._switch.add(chunk, self._audio.clause_text))
        if self._switch is not None:
            await self._on_pieces(self._switch, self._switch.flush())

    async def _on_pieces(self, switch: VoiceSwitch, pieces: Sequence[AudioChunk]) -> None:
        self._job.position.moved(switch.offset)
        for piece in pieces:
            await self._on_chunk(piece)

    async def _on_chunk(self, chunk: AudioChunk) -> None:
        first = bool(chunk.audio) and not self._audio.has_audio
        offset, fresh = self._audio.audio_received(chunk)
        if fresh:
            await self._job.output.publish(self._audio.reply_id, offset, fresh)
            now_s = self._loop.time()
            self._job.audible_until_s = now_s + self._job.buffered_s(now_s) + bytes_to_ms(len(fresh)) / 1000
        if first:
            # The audio is published before the event that describes it.
            await asyncio.sleep(0)
            await self._on_first_audio()
        await self._append_completed()
        self._check_audio(self._audio.lost_letters)

    def _check_audio(self, missing_letters: int) -> None:
        if missing_letters:
            raise ProviderUnavailable(self._provider, f"no audio for {missing_letters} letters of the text")

    async def _on_first_audio(self) -> None:
        from_provider = self._from_provider
        if from_provider:
            self._attempt.first_output("first_audio")
            if self._first_limit is not None:
                self._first_limit.observe(self._loop.time() - self._requested_s)
        if not self._job.started:
            self._job.started = True
            await self._job.append(
                SynthesisStarted(
                    reply_id=self._audio.reply_id,
                    tts_requested_ms=self._requested_ms,
                    provider=self._route.provider if from_provider else "",
                    model=self._route.model if from_provider else "",
                )
            )

    @property
    def _within_clause(self) -> bool:
        """Whether a clause has begun to arrive and is not complete."""
        buffered = self._switch is not None and self._switch.holds_audio
        return self._has_received and (buffered or self._audio.within_clause)

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
    def _limit(self) -> LatencyLimit:
        warm = isinstance(self._stream, ReportsWarmth) and self._stream.warm
        return self._limits.first_audio(warm=warm)

    async def _watch(self) -> None:
        while True:
            limit = self._limit
            limit_s = limit.limit_s()
            end_limit_s = min(limit_s, _END_OF_STREAM_TIMEOUT_S)
            await asyncio.sleep(end_limit_s / _POLLS_PER_TIMEOUT)
            idle_s = self._loop.time() - self._last_activity_s
            if self._audio.fully_aligned and idle_s > end_limit_s:
                return
            almost_played = self._job.buffered_s(self._loop.time()) < _MIN_BUFFERED_S
            if almost_played and self._within_clause:
                limit_s = min(limit_s, _PAUSE_WITHIN_CLAUSE_S)
            elif almost_played and self._attempt.has_alternative:
                limit_s = min(limit_s, self._short_s or limit_s)
            if self._audio.awaiting_provider and idle_s > limit_s:
                if not self._audio.has_audio:
                    self._count_timeout(limit, limit_s)
                raise ProviderTimeout(self._provider, f"no audio within {limit_s:.2g} s after text")

    def _count_timeout(self, limit: LatencyLimit, after_s: float) -> None:
        if after_s < limit.limit_s():
            limit.left_early()
        else:
            limit.timed_out(after_s)
