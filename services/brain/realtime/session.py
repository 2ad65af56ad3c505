"""One session at the provider: its conversation, and the response in progress."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count

from parley.audio.g711 import SAMPLES_PER_MS
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.realtime import (
    AudioDelta,
    CallerText,
    RealtimeConnection,
    RealtimeEvent,
    RealtimeUsage,
    ResponseDone,
    SpokenTextDelta,
    ToolCallReceived,
    ToolOutput,
)
from services.brain.conversation import Conversation
from services.brain.realtime.history import SessionHistory, SessionStart
from services.brain.realtime.responses import Response, SpokenItem
from services.brain.realtime.wakeups import Wakeups

_MAX_SPOKEN_REPLIES = 50
_MAX_OWN_CALLS = 200
_CANCEL_TIMEOUT_S = 1.5
"""Time for the provider to confirm that a response is cancelled; then another is requested anyway."""
_MAX_COMMANDS = 200
_WAKE_AFTER_S = 0.01
_STALL_TIMEOUT_S = 5.0
"""Maximum pause within a response, whose audio arrives faster than it is played."""


class Session:
    """An open session; at most one response is in progress."""

    def __init__(
        self,
        connection: RealtimeConnection,
        conversation: Conversation,
        wakeups: Wakeups,
        *,
        on_caller: Callable[[RealtimeEvent], Awaitable[None]],
        report_usage: Callable[[str, RealtimeUsage], None],
    ) -> None:
        """Create it for a connection.

        `on_caller` receives what concerns the caller, `report_usage` the reply and the tokens of a response.
        """
        self.connection = connection
        self._wakeups = wakeups
        self._on_caller = on_caller
        self._report_usage = report_usage
        self._history = SessionHistory(conversation)
        self._numbers = count(1)
        self._own_calls: dict[str, None] = {}
        self._outputs: dict[str, str] = {}
        """The item of each tool's output, by the id of the call."""
        self._material = ""
        self._output_at_s = 0.0
        """Time of the latest output of the response in progress, or of its request."""
        """The item with the material for the latest answer."""
        self._response: Response | None = None
        self._cancelled: dict[str, float] = {}
        """Responses that were cancelled and have not ended, with the loop time until which they may take."""
        self._spoken: dict[str, list[SpokenItem]] = {}
        """The items that replies consist of, by reply."""
        self._commands: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(_MAX_COMMANDS)

    @property
    def is_free(self) -> bool:
        """Whether no response is in progress."""
        now_s = asyncio.get_running_loop().time()
        return self._response is None and not any(until > now_s for until in self._cancelled.values())

    @property
    def reply_id(self) -> str:
        """The reply in progress; empty for none."""
        return self._response.progress.reply_id if self._response is not None else ""

    async def restore(self, start: SessionStart) -> None:
        """Add the items of an earlier session."""
        for item in start.items:
            item_id = self._next_id("h")
            if isinstance(item, ToolOutput):
                self._outputs[item.call_id] = item_id
            await self.connection.add(item_id, item)

    async def update_history(self, conversation: Conversation) -> None:
        """Add what the session does not know yet: results of tools, and keys."""
        for addition in self._history.additions(conversation, set(self._own_calls)):
            item_id = self._next_id("a")
            if addition.key:
                if earlier := self._outputs.pop(addition.key, ""):
                    await self.connection.remove(earlier)
                self._outputs[addition.key] = item_id
            await self.connection.add(item_id, addition.item)

    async def set_material(self, text: str) -> None:
        """Replace the material that an answer may use."""
        if self._material:
            await self.connection.remove(self._material)
            self._material = ""
        if text:
            self._material = self._next_id("m")
            # Not a message of the system: documents must not command the agent.
            await self.connection.add(self._material, CallerText(text))

    async def respond(self, response: Response, first_output_s: float) -> None:
        """Request a response and wait until it has ended; a cancellation cancels it.

        Raises:
            ProviderError: it failed, or was silent for too long.
        """
        self._response = response
        try:
            await self.connection.respond(response.request)
            await self._wait(response, first_output_s)
        finally:
            self._note_spoken(response)
            if self._response is response:
                self._response = None
            if not response.progress.ended.done():
                self._cancel_soon(response)
            self._wakeups.notify()

    async def _wait(self, response: Response, first_output_s: float) -> None:
        progress, now_s = response.progress, asyncio.get_running_loop().time
        self._output_at_s = now_s()
        while not progress.ended.done():
            limit_s = _STALL_TIMEOUT_S if progress.has_output else first_output_s
            left_s = self._output_at_s + limit_s - now_s()
            if left_s <= 0:
                raise ProviderTimeout(progress.speaker.provider, "no output within the time limit")
            await asyncio.wait([progress.ended], timeout=left_s)
        progress.ended.result()

    def stop(self, reply_id: str) -> None:
        """Cancel the response in progress if it speaks this reply; its task gets a ProviderError."""
        response = self._response
        if response is not None and response.progress.reply_id == reply_id:
            if not response.progress.ended.done():
                self._cancel_soon(response)
            response.progress.fail(ProviderUnavailable(response.progress.speaker.provider, "cancelled"))

    def end(self, error: ProviderError) -> None:
        """Fail the response in progress, because the session has ended."""
        if self._response is not None:
            self._response.progress.fail(error)

    def forget_unplayed(self, reply_id: str, played_samples: int) -> None:
        """Remove what was not played of a reply from the conversation, soon."""
        items = self._spoken.pop(reply_id, [])
        if self._response is not None and self.reply_id == reply_id:
            items = [*items, *self._response.progress.items]
        for item in items:
            if played_samples >= item.until_sample:
                continue
            if played_samples <= item.from_sample:
                self._command(partial(self.connection.remove, item.item_id))
                continue
            played_ms = (played_samples - item.from_sample) // SAMPLES_PER_MS
            self._command(partial(self.connection.truncate, item.item_id, played_ms))

    def remove_turn(self, item_id: str) -> None:
        """Remove a turn of the caller that contains no words, soon."""
        self._command(partial(self.connection.remove, item_id))

    def _cancel_soon(self, response: Response) -> None:
        """Cancel a response in the background, because its task is being cancelled itself."""
        loop = asyncio.get_running_loop()
        self._cancelled[response.request.tag] = loop.time() + _CANCEL_TIMEOUT_S
        loop.call_later(_CANCEL_TIMEOUT_S + _WAKE_AFTER_S, self._wakeups.notify)
        self._command(self.connection.cancel)

    def _command(self, command: Callable[[], Awaitable[None]]) -> None:
        # A full queue means that the provider accepts nothing: the session is about to fail.
        with suppress(asyncio.QueueFull):
            self._commands.put_nowait(command)

    def _note_spoken(self, response: Response) -> None:
        progress = response.progress
        if progress.items:
            self._spoken.setdefault(progress.reply_id, []).extend(progress.items)
        while len(self._spoken) > _MAX_SPOKEN_REPLIES:
            del self._spoken[next(iter(self._spoken))]

    def _next_id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"

    async def run(self) -> None:
        """Long-lived: handle the session's events and commands, until it ends with ProviderError."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.connection.run(self._on_event), name="receive from the provider")
            tasks.create_task(self._run_commands(), name="send commands")

    async def _run_commands(self) -> None:
        while True:
            await (await self._commands.get())()

    async def _on_event(self, event: RealtimeEvent) -> None:
        match event:
            case AudioDelta() | SpokenTextDelta() | ToolCallReceived() | ResponseDone():
                await self._on_response(event)
            case _:
                await self._on_caller(event)

    async def _on_response(
        self, event: AudioDelta | SpokenTextDelta | ToolCallReceived | ResponseDone
    ) -> None:
        if isinstance(event, ResponseDone) and event.usage != RealtimeUsage():
            self._report_usage(event.tag.partition(".")[0], event.usage)
        response = self._response
        if response is not None and event.tag == response.request.tag:
            if isinstance(event, ToolCallReceived):
                self._note_call(event)
            if isinstance(event, AudioDelta | ToolCallReceived):
                self._output_at_s = asyncio.get_running_loop().time()
            await response.on_event(event)
            if isinstance(event, ResponseDone) and event.status == "failed" and not event.retryable:
                # Every response of the account is refused, so the session is of no use.
                raise ProviderRejected(response.progress.speaker.provider, event.reason)
        elif isinstance(event, ResponseDone) and self._cancelled.pop(event.tag, None) is not None:
            self._wakeups.notify()

    def _note_call(self, event: ToolCallReceived) -> None:
        self._own_calls[event.call.tool_call_id] = None
        while len(self._own_calls) > _MAX_OWN_CALLS:
            del self._own_calls[next(iter(self._own_calls))]
