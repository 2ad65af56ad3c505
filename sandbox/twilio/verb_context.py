"""What a verb may touch of the call it is performed in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from sandbox.twilio.call_flow import EndedBy, Source
from sandbox.twilio.context import Exchange
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg


@dataclass(slots=True)
class Situation:
    """One call, as its verbs find it."""

    exchange: Exchange
    leg: Leg
    faults: Faults
    tasks: asyncio.TaskGroup
    end: Callable[[EndedBy], None]
    document_url: str = ""
    """Where the TwiML came from; addresses in it are relative to that."""
    sockets: int = 0
    """Media sockets there have been."""
    forks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Streams that go on beside the verbs, by name."""
    on_key: Callable[[str], None] | None = None
    """Takes the keys that the person presses."""

    def absolute(self, url: str) -> str:
        """An address as the current document means it."""
        return urljoin(self.document_url, url)

    def action(self, url: str | None, method: str, params: dict[str, str]) -> Source | None:
        """Where a verb goes on: its action address, if it has one."""
        return None if url is None else Source(self.absolute(url), method, tuple(params.items()))

    def next_drop_ms(self) -> float | None:
        """When the next media socket is to be cut."""
        drops = self.faults.drop_sockets_at_ms
        self.sockets += 1
        return drops[self.sockets - 1] if self.sockets <= len(drops) else None
