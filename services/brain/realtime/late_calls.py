"""Tool calls that follow a reply whose end the provider did not report in time.

A model may reason between its words and a tool call for longer than a reply can wait for its end. The reply
ends, so that the conversation continues; the provider continues the response until another is requested.
"""

from collections.abc import Callable

import structlog

from parley.providers.realtime import (
    AudioDelta,
    RealtimeEvent,
    ResponseDone,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
)
from services.brain.realtime.responses import Response

log = structlog.get_logger()


class LateCalls:
    """The response of one session whose reply has ended; there is one at most."""

    def __init__(self, note_call: Callable[[str], None], stop: Callable[[Response], None]) -> None:
        """Create it; `note_call` receives the id of a call, `stop` a response that speaks again."""
        self._note_call = note_call
        self._stop = stop
        self._response: Response | None = None

    @property
    def reply_id(self) -> str:
        """The reply whose response continues; empty for none."""
        return self._response.progress.reply_id if self._response is not None else ""

    def expect(self, response: Response) -> None:
        """Wait for the calls of a response."""
        self._response = response

    def take(self) -> Response | None:
        """Return the response that continues, and expect nothing more of it."""
        response, self._response = self._response, None
        return response

    async def on_event(self, event: RealtimeEvent) -> None:
        """Handle an event of any response: make a tool call, and stop a response that speaks again."""
        response = self._response
        if response is None or getattr(event, "tag", "") != response.request.tag:
            return
        # The limit grows with what is observed here.
        response.progress.note(event)
        match event:
            case ToolCallReceived():
                await self._make(response, event)
            case ResponseDone(status=status):
                self._response = None
                if status == "completed":
                    for call in response.progress.open_calls.values():
                        await self._make(response, ToolCallReceived(event.tag, call))
            case AudioDelta() | SpokenTextDelta() | SpokenText() if not _was_spoken(response, event):
                self._response = None
                self._stop(response)
            case _:
                pass

    async def _make(self, response: Response, event: ToolCallReceived) -> None:
        call_id, calls = event.call.tool_call_id, response.progress.calls
        if call_id in calls:
            return
        calls.add(call_id)
        self._note_call(call_id)
        log.info("late_tool_call", reply_id=response.progress.reply_id, tool=event.call.name[:60])
        await response.on_late_call(event.call)


def _was_spoken(response: Response, event: AudioDelta | SpokenTextDelta | SpokenText) -> bool:
    """Whether the item had been spoken before the reply ended: its text may be repeated."""
    return event.item_id in {item.item_id for item in response.progress.items}
