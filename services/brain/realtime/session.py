"""One session at the provider: its conversation, and the response in progress."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeAlias

import structlog

from parley.audio.g711 import SAMPLES_PER_MS
from parley.errors import (
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.realtime import (
    AudioDelta,
    ItemProgressed,
    RealtimeConnection,
    RealtimeEvent,
    RealtimeUsage,
    ResponseDone,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
)
from services.brain.conversation import Conversation
from services.brain.realtime.late_calls import LateCalls
from services.brain.realtime.progress import SpokenItem
from services.brain.realtime.responses import Response
from services.brain.realtime.session_health import SessionHealth
from services.brain.realtime.session_items import SessionItems
from services.brain.realtime.wakeups import Wakeups

log = structlog.get_logger()

_POLL_INTERVAL_S = 0.2
_MAX_SPOKEN_REPLIES = 50
_CANCEL_TIMEOUT_S = 1.5
"""Time for the provider to confirm that a response is cancelled; then another is requested anyway."""
_CONFIRM_S = 0.7
"""The same after a response that hangs; then another session is opened."""
_MAX_COMMANDS = 200
_WAKE_AFTER_S = 0.01

ResponseEvent: TypeAlias = (
    AudioDelta | SpokenTextDelta | SpokenText | ItemProgressed | ToolCallReceived | ResponseDone
)


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
        has_alternative: bool = False,
    ) -> None:
        """Create it for a connection.

        `on_caller` receives what concerns the caller, `report_usage` the reply and the tokens of a response.
        With an alternative, such as a second model, responses that fail end the session.
        """
        self.connection = connection
        self._wakeups = wakeups
        self._on_caller = on_caller
        self._report_usage = report_usage
        self._health = SessionHealth(has_alternative=has_alternative)
        self._handling = asyncio.Lock()
        self.items = SessionItems(connection, conversation)
        self._late = LateCalls(self.items.note_call, self._stop_late)
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

    async def respond(self, response: Response, timeout_s: float) -> None:
        """Request a response and wait until it has ended; a cancellation cancels it.

        Its first output may take `timeout_s` seconds, and less where another model can answer.

        Raises:
            ProviderError: it failed, or was silent for too long.
        """
        await self._end_late()
        self._response = response
        try:
            await self.connection.respond(response.request)
            await self._wait(response, timeout_s)
            self._health.response_succeeded()
        except ProviderError as error:
            self._note_failure(response, error)
            raise
        finally:
            self._note_spoken(response)
            if self._response is response:
                self._response = None
            if not response.progress.ended.done():
                self._cancel_soon(response)
            self._wakeups.notify()

    async def _wait(self, response: Response, timeout_s: float) -> None:
        progress, now_s = response.progress, asyncio.get_running_loop().time
        is_text = bool(response.request.exact_text)
        first = progress.speaker.limits.first(is_text=is_text)
        first_s = min(timeout_s, first.short_limit_s()) if self._health.has_alternative else timeout_s
        while not progress.ended.done():
            left_s = progress.deadline_s(first_s, timeout_s, is_text=is_text) - now_s()
            if left_s > 0:
                # The limit becomes shorter when the items are complete.
                await progress.wait(min(left_s, _POLL_INTERVAL_S))
            elif progress.is_complete:
                await self._end_complete(response)
            else:
                progress.hangs(first, first_s)
                raise ProviderTimeout(progress.speaker.provider, "no output within the time limit")
        progress.ended.result()
        if progress.first_output_s is not None:
            first.observe(progress.first_output_s)

    async def _end_complete(self, response: Response) -> None:
        """End a response whose items are all complete, although the provider has not reported its end."""
        log.warning("response_without_end", reply_id=response.progress.reply_id)
        if response.may_call_tools:
            self._late.expect(response)
        else:
            self._cancel_soon(response)
        await self._handle(response, ResponseDone(response.request.tag, "completed"))

    async def _end_late(self) -> None:
        """Cancel a response that continues after its reply, before another is requested."""
        response = self._late.take()
        if response is None:
            return
        self._cancel_soon(response)
        while not self.is_free:
            await self._wakeups.wait()

    def _stop_late(self, response: Response) -> None:
        """Cancel a response that speaks again after its reply has ended, and forget its words."""
        self._cancel_soon(response)
        spoken = {item.item_id for item in response.progress.items}
        for item_id in response.progress.completed.keys() - spoken:
            self._command(partial(self.connection.remove, item_id))

    def _note_failure(self, response: Response, error: ProviderError) -> None:
        if response.progress.stopped:
            return
        self._health.response_failed(error)
        if isinstance(error, ProviderTimeout):
            asyncio.get_running_loop().call_later(_CONFIRM_S, self._check_cancelled, response, error)

    def _check_cancelled(self, response: Response, error: ProviderError) -> None:
        """End a session in which even the cancellation of a response is not confirmed."""
        if response.request.tag in self._cancelled:
            self._health.end(error)

    def stop(self, reply_id: str) -> None:
        """Cancel the response in progress if it speaks this reply; its task gets a ProviderError."""
        response = self._response
        if response is not None and response.progress.reply_id == reply_id:
            if not response.progress.ended.done():
                self._cancel_soon(response)
            response.progress.stopped = True
            response.progress.fail(ProviderUnavailable(response.progress.speaker.provider, "cancelled"))
        if self._late.reply_id == reply_id and (late := self._late.take()) is not None:
            self._cancel_soon(late)

    def end(self, error: ProviderError) -> None:
        """Fail the response in progress, because the session has ended."""
        if self._response is not None:
            self._response.progress.stopped = True
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

    def update_items(self, conversation: Callable[[], Conversation]) -> None:
        """Add results of tools and keys soon, before what the caller says next."""
        self._command(partial(self.items.update, conversation))

    def remove_turn(self, item_id: str) -> None:
        """Remove a turn of the caller that contains no words, soon."""
        self._command(partial(self.connection.remove, item_id))

    def _cancel_soon(self, response: Response) -> None:
        """Cancel a response in the background, because its task is being cancelled itself."""
        loop = asyncio.get_running_loop()
        self._cancelled[response.request.tag] = loop.time() + _CANCEL_TIMEOUT_S
        loop.call_later(_CANCEL_TIMEOUT_S + _WAKE_AFTER_S, self._wakeups.notify)
        self._command(partial(self.connection.cancel, response.request.tag))

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

    async def run(self) -> None:
        """Long-lived: handle the session's events and commands, until it ends with ProviderError."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.connection.run(self._on_event), name="receive from the provider")
            tasks.create_task(self._run_commands(), name="send commands")
            tasks.create_task(self._health.watch(), name="watch failures")

    async def _run_commands(self) -> None:
        while True:
            await (await self._commands.get())()

    async def _on_event(self, event: RealtimeEvent) -> None:
        match event:
            case (
                AudioDelta()
                | SpokenTextDelta()
                | SpokenText()
                | ItemProgressed()
                | ToolCallReceived()
                | ResponseDone()
            ):
                await self._on_response(event)
            case _:
                await self._on_caller(event)

    async def _on_response(self, event: ResponseEvent) -> None:
        if isinstance(event, ResponseDone):
            if event.usage != RealtimeUsage():
                self._report_usage(event.tag.partition(".")[0], event.usage)
            if self._cancelled.pop(event.tag, None) is not None:
                self._wakeups.notify()
        response = self._response
        if response is not None and event.tag == response.request.tag:
            response.progress.note(event)
            await self._handle(response, event)
        else:
            await self._late.on_event(event)

    async def _handle(self, response: Response, event: ResponseEvent) -> None:
        """Pass an event on to its response, unless that has ended."""
        async with self._handling:
            if response.progress.ended.done():
                await self._late.on_event(event)
                return
            if isinstance(event, ResponseDone) and event.status == "completed":
                for call in response.progress.open_calls.values():
                    await self._handle_call(response, ToolCallReceived(event.tag, call))
            if isinstance(event, ToolCallReceived):
                await self._handle_call(response, event)
            else:
                await response.on_event(event)

    async def _handle_call(self, response: Response, event: ToolCallReceived) -> None:
        """Pass a tool call on, once."""
        call_id, calls = event.call.tool_call_id, response.progress.calls
        if call_id in calls:
            return
        if call_id:
            calls.add(call_id)
        self.items.note_call(call_id)
        await response.on_event(event)
