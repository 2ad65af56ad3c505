"""The progress of one response of a session: its audio, its items and its end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from parley.audio.audio_output import AudioOutput
from parley.audio.g711 import SAMPLES_PER_MS
from parley.errors import ProviderError
from parley.events.envelope import Body
from parley.providers.latency_limits import LatencyLimit
from parley.providers.llm import ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    ItemProgressed,
    RealtimeEvent,
    ResponseDone,
    SpokenTextDelta,
    ToolCallReceived,
)
from parley.v1.synthesis_pb2 import SynthesisFinished, SynthesisStarted
from services.brain.realtime.response_limits import ResponseLimits
from services.brain.realtime.word_positions import SpeakingRate, WordPositions

_MAX_SAMPLES = 8000 * 60 * 10
"""Audio of one response; more than ten minutes come only from a provider that does not end."""

_MAX_PAUSE_S = 5.0
"""Maximum pause within a response: before the arguments of a tool call, or while audio is left to play."""
_ARGUMENTS_PAUSE_S = 2.0
"""Maximum pause within an item without audio, such as the arguments of a tool call."""
_RESERVE_S = 1.0
"""The response that follows one that stalls is audible about this long after its request."""
_TEXT_END_S = 1.0


async def _no_wait(_reply_id: str, _clauses: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Speaker:
    """Resources that the responses of a session share."""

    provider: str
    model: str
    output: AudioOutput
    rate: SpeakingRate
    now_ms: Callable[[], int]
    limits: ResponseLimits
    wait_until_logged: Callable[[str, int], Awaitable[None]] = _no_wait
    """Waits until the log has so many clauses of a reply, which takes a few milliseconds."""


@dataclass(slots=True)
class SpokenItem:
    """An item of the session's conversation that a response speaks, and its part of the reply's audio."""

    item_id: str
    from_sample: int
    until_sample: int


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
    output_at_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    """Loop time of the latest output, or of the request."""
    first_audio_s: float | None = None
    """Time from the request to the first audio."""
    first_output_s: float | None = None
    """Time from the request to the first audio or tool call."""
    has_grown: bool = False
    """Whether the latest item has been reported again, as that of a tool call is with each argument."""
    max_pause_s: float = 0.0
    """The longest time between two pieces of an item's audio."""
    has_output: bool = False
    """Whether it has brought audio or a tool call."""
    items: list[SpokenItem] = field(default_factory=list)
    completed: dict[str, bool] = field(default_factory=dict)
    """Whether each item of the response is complete."""
    completed_at_s: float = 0.0
    """Loop time at which the last of them was completed; 0 while one is in progress."""
    calls: set[str] = field(default_factory=set)
    """Ids of the tool calls that it has brought."""
    open_calls: dict[str, ToolCallRequest] = field(default_factory=dict)
    """Tool calls whose arguments are complete, and which the provider has not confirmed, by item."""
    stopped: bool = False
    """Whether it was ended from here, and not by the provider."""
    ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when the response has ended; raises ProviderError if it failed."""

    @property
    def is_complete(self) -> bool:
        """Whether all items so far are complete, and there is something to say or to do."""
        return bool(self.completed_at_s) and self._has_content

    @property
    def _has_content(self) -> bool:
        return self.has_output or bool(self.open_calls)

    def deadline_s(self, first_s: float, timeout_s: float, *, is_text: bool) -> float:
        """Return the loop time at which the response counts as hanging, if it has no output until then.

        Its first output may take `first_s` after the request, or after an item has begun, and `timeout_s` in
        all.
        """
        if not self._has_content:
            return min(self.output_at_s + first_s, self.requested_s + timeout_s)
        if not self.completed_at_s:
            # While audio is left to play, the caller does not notice a pause.
            pause_s = max(self._pause_s, self._plays_until_s - self.output_at_s)
            return self.output_at_s + min(pause_s, _MAX_PAUSE_S)
        limit_s = self.speaker.limits.end.limit_s()
        # A tool call may follow the words of an answer, but nothing follows a text.
        return self.output_at_s + (min(limit_s, _TEXT_END_S) if is_text else limit_s)

    async def wait(self, seconds: float) -> None:
        """Wait for the end; time in which this process did not run is no silence of the provider."""
        now_s = asyncio.get_running_loop().time
        began_s = now_s()
        await asyncio.wait([self.ended], timeout=seconds)
        self.output_at_s += max(0.0, now_s() - began_s - seconds)

    @property
    def _pause_s(self) -> float:
        """The maximum pause within the item in progress."""
        if self._in_audio:
            return self.speaker.limits.pause.short_limit_s()
        return _ARGUMENTS_PAUSE_S if self.has_grown else _MAX_PAUSE_S

    @property
    def _in_audio(self) -> bool:
        """Whether the item whose audio arrived last is in progress."""
        return bool(self.items) and not self.completed.get(self.items[-1].item_id, True)

    @property
    def _plays_until_s(self) -> float:
        """The loop time at which another response must be requested, so that the caller hears no pause."""
        if self.first_audio_s is None:
            return 0.0
        audio_s = (self.samples - self.items[0].from_sample) / (SAMPLES_PER_MS * 1000)
        return self.requested_s + self.first_audio_s + audio_s - _RESERVE_S

    def hangs(self, first: LatencyLimit, first_s: float) -> None:
        """Record that it had no output until its deadline; the limit of its first output was `first_s`."""
        if not self._has_content:
            first.left_early(first_s)
        elif self._in_audio:
            self.speaker.limits.pause.left_early(self._pause_s)

    def note(self, event: RealtimeEvent) -> None:
        """Follow its output, and which items are complete."""
        now_s = asyncio.get_running_loop().time()
        if isinstance(event, AudioDelta) and self._in_audio:
            self.max_pause_s = max(self.max_pause_s, now_s - self.output_at_s)
        if isinstance(event, AudioDelta | ToolCallReceived | ItemProgressed):
            self.output_at_s = now_s
        if isinstance(event, AudioDelta | ToolCallReceived) and self.first_output_s is None:
            self.first_output_s = now_s - self.requested_s
        match event:
            case AudioDelta(item_id=item_id) | SpokenTextDelta(item_id=item_id):
                self._note_item(item_id, complete=False, now_s=now_s)
            case ItemProgressed(item_id=item_id, complete=complete, call=call):
                self._note_item(item_id, complete=complete, now_s=now_s)
                if call is not None:
                    self.open_calls[item_id] = call
            case ResponseDone(status="completed"):
                self._observe(now_s)
            case _:
                pass

    def _observe(self, now_s: float) -> None:
        """Learn from a complete response."""
        limits = self.speaker.limits
        if self.completed_at_s:
            limits.end.observe(now_s - self.completed_at_s)
        if self.items:
            limits.pause.observe(self.max_pause_s)

    def _note_item(self, item_id: str, *, complete: bool, now_s: float) -> None:
        if complete and not item_id:
            # Without an id it can only be the one in progress.
            self.completed = dict.fromkeys(self.completed, True)
        elif item_id not in self.completed and self.completed_at_s:
            self.speaker.limits.end.observe(now_s - self.completed_at_s)
        self.has_grown = item_id in self.completed
        if item_id or not self.completed:
            self.completed[item_id] = complete or self.completed.get(item_id, False)
        if not all(self.completed.values()):
            self.completed_at_s = 0.0
        elif not self.completed_at_s:
            self.completed_at_s = now_s

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
