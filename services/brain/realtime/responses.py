"""The responses of a session: each becomes the audio and the events of a reply.

An answer's words come from the model. A fixed text, such as a greeting, has its words in the log already, and
only its audio comes from the model.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parley.audio.audio_output import AudioOutput
from parley.errors import ProviderEmptyAnswer, ProviderError, ProviderRejected, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.llm import Done, TextDelta
from parley.providers.realtime import (
    AudioDelta,
    RealtimeEvent,
    ResponseDone,
    ResponseRequest,
    SpokenTextDelta,
    ToolCallReceived,
)
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished
from parley.v1.synthesis_pb2 import SynthesisFinished, SynthesisStarted
from services.brain.generation.reply_builder import AnswerSource, ReplyBuilder
from services.brain.realtime.word_positions import SpeakingRate, WordPositions

_MAX_SAMPLES = 8000 * 60 * 10
"""Audio of one response; more than ten minutes come only from a provider that does not end."""

Emit = Callable[[Sequence[Body]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Resources that the responses of a session share."""

    provider: str
    model: str
    output: AudioOutput
    rate: SpeakingRate
    now_ms: Callable[[], int]


@dataclass(slots=True)
class SpokenItem:
    """An item of the session's conversation that a response speaks, and its part of the reply's audio."""

    item_id: str
    from_sample: int
    until_sample: int


class Response(Protocol):
    """A response in progress, as the session sees it."""

    @property
    def progress(self) -> "Progress":
        """The audio that has arrived."""

    @property
    def request(self) -> ResponseRequest:
        """The request for it."""

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle one of its events."""


@dataclass(slots=True)
class Progress:
    """The audio of one response, and its end."""

    reply_id: str
    speaker: Speaker
    positions: WordPositions
    samples: int = 0
    """End of the audio, in samples of the reply."""
    requested_ms: int = 0
    requested_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    first_audio_s: float | None = None
    """Time from the request to the first audio."""
    has_output: bool = False
    """Whether it has brought audio or a tool call."""
    items: list[SpokenItem] = field(default_factory=list)
    ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when the response has ended; raises ProviderError if it failed."""

    async def play(self, event: AudioDelta) -> bool:
        """Publish audio; return whether it is the first."""
        is_first = not self.items
        if is_first:
            self.first_audio_s = asyncio.get_running_loop().time() - self.requested_s
        if not self.items or self.items[-1].item_id != event.item_id:
            self.items.append(SpokenItem(event.item_id, self.samples, self.samples))
        if self.samples < _MAX_SAMPLES:
            await self.speaker.output.publish(self.reply_id, self.samples, event.mulaw)
            self.samples += len(event.mulaw)
        self.items[-1].until_sample = self.samples
        self.has_output = True
        return is_first

    def synthesis_started(self) -> SynthesisStarted:
        """Return the event for the first audio."""
        return SynthesisStarted(
            reply_id=self.reply_id,
            tts_requested_ms=self.requested_ms,
            provider=self.speaker.provider,
            model=self.speaker.model,
        )

    async def finish_audio(self) -> list[Body]:
        """Mark the end of the reply's audio; return the events for it."""
        await self.speaker.output.publish_last(self.reply_id, self.samples)
        return [
            *self.positions.finish(),
            SynthesisFinished(reply_id=self.reply_id, samples=self.samples),
        ]

    def fail(self, error: ProviderError) -> None:
        """End it with a failure, unless it has ended."""
        if not self.ended.done():
            self.ended.set_exception(error)
            # Marks it as retrieved: its task may have been cancelled.
            self.ended.exception()

    def succeed(self) -> None:
        """End it."""
        if not self.ended.done():
            self.ended.set_result(None)


class Answer:
    """An answer of the model: words, audio and tool calls."""

    def __init__(
        self, builder: ReplyBuilder, request: ResponseRequest, speaker: Speaker, route: str, emit: Emit
    ) -> None:
        self._builder = builder
        self.request = request
        self._emit = emit
        positions = WordPositions(builder.reply_id, speaker.rate)
        self.progress = Progress(builder.reply_id, speaker, positions, requested_ms=speaker.now_ms())
        self._source = AnswerSource(route, speaker.provider, speaker.model, speaker.now_ms())

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle one of its events."""
        progress = self.progress
        match event:
            case AudioDelta():
                first = await progress.play(event)
                started: list[Body] = [progress.synthesis_started()] if first else []
                placed = progress.positions.audio_received(progress.samples)
                await self._emit_all([*started, *placed, *self._words_of_audio()])
            case SpokenTextDelta(text=text):
                await self._emit_all(self._words(text))
            case ToolCallReceived(call=call):
                progress.has_output = True
                self._builder.on_chunk(call, self._source)
            case ResponseDone():
                await self._on_done(event)
            case _:
                pass

    def _words(self, text: str) -> list[Body]:
        if not self._source.first_token_ms:
            source = self._source
            self._source = AnswerSource(
                source.route,
                source.provider,
                source.model,
                source.requested_ms,
                self.progress.speaker.now_ms(),
            )
        return self._placed(self._builder.on_chunk(TextDelta(text), self._source))

    def _words_of_audio(self) -> list[Body]:
        """Return the words that are audible already: after a takeover they must not be spoken again."""
        return self._placed(self._builder.take_words()) if self.progress.positions.lacks_words else []

    def _placed(self, bodies: list[Body]) -> list[Body]:
        for body in bodies:
            if isinstance(body, ReplyClause):
                self.progress.positions.clause_added(body.clause, body.text)
        return bodies

    async def _on_done(self, done: ResponseDone) -> None:
        reason = _finish_reason(done)
        if failure := _failure(done, self.progress.speaker.provider):
            self.progress.fail(failure)
            return
        if not self._builder.has_answer(reason):
            self.progress.fail(ProviderEmptyAnswer(self.progress.speaker.provider, "an answer without words"))
            return
        bodies = self._placed(self._builder.on_chunk(Done(reason), self._source))
        # The audio ends before the text: what follows the end of a reply's text is not written.
        end = next(number for number, body in enumerate(bodies) if isinstance(body, ReplyFinished))
        audio = await self.progress.finish_audio() if self.progress.items else []
        # It ends first: the receiver of the last event stops the task that waits for it.
        self.progress.succeed()
        await self._emit_all([*bodies[:end], *audio, *bodies[end:]])

    async def _emit_all(self, bodies: Sequence[Body]) -> None:
        if bodies:
            await self._emit(bodies)


class FixedText:
    """Words that the log has already: only their audio is missing."""

    def __init__(
        self,
        reply_id: str,
        clauses: Sequence[tuple[int, str]],
        from_sample: int,
        request: ResponseRequest,
        speaker: Speaker,
        emit: Emit,
    ) -> None:
        """Create it for clauses with their numbers; their audio begins at a sample of the reply."""
        self.request = request
        self._emit = emit
        positions = WordPositions(reply_id, speaker.rate, from_sample)
        for number, text in clauses:
            positions.clause_added(number, text)
        self.progress = Progress(
            reply_id, speaker, positions, samples=from_sample, requested_ms=speaker.now_ms()
        )

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle one of its events."""
        progress = self.progress
        match event:
            case AudioDelta():
                if await progress.play(event):
                    await self._emit([progress.synthesis_started()])
                if placed := progress.positions.audio_received(progress.samples):
                    await self._emit(placed)
            case ResponseDone():
                failure = _failure(event, progress.speaker.provider)
                if failure is None and not progress.items:
                    failure = ProviderEmptyAnswer(progress.speaker.provider, "no audio for a text")
                if failure is not None:
                    progress.fail(failure)
                    return
                await self._emit(await progress.finish_audio())
                progress.succeed()
            case _:
                pass


def _failure(done: ResponseDone, provider: str) -> ProviderError | None:
    match done.status:
        case "completed" | "incomplete":
            return None
        case "cancelled":
            return ProviderUnavailable(provider, "the response was cancelled")
        case _:
            kind = ProviderUnavailable if done.retryable else ProviderRejected
            return kind(provider, f"the response failed: {done.reason or 'no reason'}")


def _finish_reason(done: ResponseDone) -> str:
    if done.status != "incomplete":
        return "stop"
    return "content_filter" if done.reason.startswith("content_filter") else "length"
