"""The responses of a session: each becomes the audio and the events of a reply.

An answer's words come from the model. A fixed text, such as a greeting, has its words in the log already, and
only its audio comes from the model.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from parley.errors import ProviderEmptyAnswer, ProviderError, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.llm import Done, TextDelta, ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    RealtimeEvent,
    ResponseDone,
    ResponseRequest,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
)
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished
from services.brain.generation.reply_builder import AnswerSource, ReplyBuilder
from services.brain.realtime.progress import Progress, Speaker
from services.brain.realtime.word_positions import WordPositions

Emit = Callable[[Sequence[Body]], Awaitable[None]]


class Response(Protocol):
    """A response in progress, as the session sees it."""

    @property
    def progress(self) -> Progress:
        """The audio that has arrived."""

    @property
    def request(self) -> ResponseRequest:
        """The request for it."""

    @property
    def may_call_tools(self) -> bool:
        """Whether a tool call may follow its words."""

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle one of its events."""

    async def on_late_call(self, call: ToolCallRequest) -> None:
        """Make a tool call that follows the end of its reply."""


class Answer:
    """An answer of the model: words, audio and tool calls."""

    def __init__(
        self,
        builder: ReplyBuilder,
        request: ResponseRequest,
        speaker: Speaker,
        route: str,
        emit: Emit,
        emit_late: Emit,
    ) -> None:
        """Create it; `emit_late` receives the events after the end of the reply."""
        self._builder = builder
        self.request = request
        self._emit = emit
        self._emit_late = emit_late
        positions = WordPositions(builder.reply_id, speaker.rate)
        self.progress = Progress(builder.reply_id, speaker, positions, requested_ms=speaker.now_ms())
        self._source = AnswerSource(route, speaker.provider, speaker.model, speaker.now_ms())
        self._texts: dict[str, str] = {}
        """The words of each item so far."""

    @property
    def may_call_tools(self) -> bool:
        """Whether the request allows them."""
        return self.request.tool_choice == "auto"

    async def on_late_call(self, call: ToolCallRequest) -> None:
        """Make a tool call after the end of the reply."""
        if bodies := self._builder.late_call(call, self._source.route):
            await self._emit_late(bodies)

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle one of its events."""
        progress = self.progress
        match event:
            case AudioDelta():
                await self._on_audio(event)
            case SpokenTextDelta(item_id=item_id, text=text):
                self._texts[item_id] = self._texts.get(item_id, "") + text
                await self._emit_all(self._words(text))
            case SpokenText(item_id=item_id, text=text):
                await self._on_whole_text(item_id, text)
            case ToolCallReceived(call=call):
                progress.has_output = True
                self._builder.on_chunk(call, self._source)
            case ResponseDone():
                await self._on_done(event)
            case _:
                pass

    async def _on_audio(self, event: AudioDelta) -> None:
        """Log the words of audio, then play it: the next owner must not repeat them."""
        progress = self.progress
        placed = progress.positions.audio_received(progress.samples + len(event.mulaw))
        started: list[Body] = [] if progress.items else [progress.synthesis_started()]
        words = self._words_of_audio()
        await self._emit_all([*started, *words])
        if clauses := [body.clause for body in words if isinstance(body, ReplyClause)]:
            await progress.speaker.wait_until_logged(progress.reply_id, clauses[-1] + 1)
        await progress.play(event)
        await self._emit_all(placed)

    async def _on_whole_text(self, item_id: str, text: str) -> None:
        """Add the words of an item whose deltas are missing."""
        before = self._texts.get(item_id, "")
        if len(text) > len(before) and text.startswith(before):
            self._texts[item_id] = text
            await self._emit_all(self._words(text[len(before) :]))

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

    @property
    def may_call_tools(self) -> bool:
        """No text calls a tool."""
        return False

    async def on_late_call(self, call: ToolCallRequest) -> None:
        """Ignore a call that was not requested."""

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
            return done.error or ProviderUnavailable(provider, "the response failed: no reason")


def _finish_reason(done: ResponseDone) -> str:
    if done.status != "incomplete":
        return "stop"
    return "content_filter" if done.reason.startswith("content_filter") else "length"
