"""The parts of a call that its verbs use."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from sandbox.twilio.call_flow import EndedBy, Source
from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg


@dataclass(slots=True)
class VerbContext:
    """One call as seen by its verbs."""

    emulator: EmulatorContext
    leg: Leg
    faults: Faults
    tasks: asyncio.TaskGroup
    end: Callable[[EndedBy], None]
    document_url: str = ""
    """The URL of the current document; relative URLs are resolved against it."""
    socket_count: int = 0
    """Media sockets opened so far."""
    forks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Running forked streams, by name."""
    on_digit: Callable[[str], None] | None = None
    """Receives the digits that the caller presses."""

    def absolute_url(self, url: str) -> str:
        """A URL resolved against the current document."""
        return urljoin(self.document_url, url)

    def action_source(self, url: str | None, method: str, params: dict[str, str]) -> Source | None:
        """The source of a verb's action URL, if it has one."""
        return None if url is None else Source(self.absolute_url(url), method, tuple(params.items()))

    def is_socket_refused(self) -> bool:
        """Whether the last media socket cannot be opened."""
        return self.socket_count <= self.faults.refused_streams

    def next_drop_ms(self) -> float | None:
        """When to drop the next media socket, or None."""
        drops = self.faults.drop_sockets_at_ms
        self.socket_count += 1
        return drops[self.socket_count - 1] if self.socket_count <= len(drops) else None
