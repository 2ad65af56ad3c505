"""Dependencies of a Deepgram session."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.recognition.recogniser import Recogniser
from sandbox.recognition.stream import StreamContext

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SocketContext:
    """The dependencies of one socket's session."""

    recogniser: Recogniser
    runtime_settings: RuntimeSettings[DeepgramSandboxSettings]
    journal: Journal
    tag: str
    """The socket's `tag` parameter: the call it belongs to."""
    send: Send
    tasks: asyncio.TaskGroup

    @property
    def stream(self) -> StreamContext:
        """The part that recognition needs."""
        settings = self.runtime_settings
        return StreamContext(self.recogniser, lambda: settings.current, self.journal, self.tag, self.tasks)
