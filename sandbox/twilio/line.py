"""A telephone line: every 20 ms the person hears a frame and says one, by a clock that never drifts."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from parley.mulaw import FRAME_MS
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.person import Event, Person
from sandbox.twilio.playback import Playback


class Ear(Protocol):
    """Something the person can hear."""

    def next_frame(self) -> bytes:
        """The next 20 ms of it."""


class Tap(Protocol):
    """Something that listens to the line."""

    def offer(self, said: bytes, heard: bytes) -> None:
        """Take 20 ms of both sides."""


class Line:
    """One person's telephone; keeps all that was said and heard on one clock."""

    def __init__(self, person: Person, on_event: Callable[[Event], None], drift_ppm: float = 0.0) -> None:
        self.person = person
        self.heard = bytearray()
        self.said = bytearray()
        self.began_at: float | None = None
        self._on_event = on_event
        self._ear: Ear | None = None
        self._taps: tuple[Tap, ...] = ()
        self._began = asyncio.Event()
        self._tick_s = FRAME_MS / 1000 * (1 + drift_ppm / 1e6)

    @property
    def now_ms(self) -> float:
        """The line's time: 20 ms for each frame since the first."""
        return self.person.hearing.now_ms

    def begin(self) -> None:
        """Start the clock; the second time does nothing."""
        if self.began_at is None:
            self.began_at = time.time()
            self._began.set()

    def listen_to(self, ear: Ear) -> None:
        """Hear this, and nothing else, from now on."""
        self._ear = ear
        self.begin()

    def stop_listening_to(self, ear: Ear) -> None:
        """Hear silence, unless something else is heard already."""
        if self._ear is ear:
            self._ear = None

    def tap(self, tap: Tap) -> None:
        """Let somebody listen in."""
        self._taps = (*self._taps, tap)
        self.begin()

    def untap(self, tap: Tap) -> None:
        """End that."""
        self._taps = tuple(other for other in self._taps if other is not tap)

    async def run(self) -> None:
        """Tick until cancelled; a late tick is made up for, so that time is never lost."""
        await self._began.wait()
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.tick()
            due += self._tick_s
            await asyncio.sleep(max(0.0, due - loop.time()))

    def tick(self) -> None:
        """Let 20 ms pass."""
        ear = self._ear
        heard = SILENT_FRAME if ear is None else ear.next_frame()
        turn = self.person.tick(heard)
        self.heard += heard
        self.said += turn.said
        for tap in self._taps:
            tap.offer(turn.said, heard)
        for event in turn.events:
            self._on_event(event)


class Announcement:
    """A sound that is heard once; `over` is set when it has been."""

    def __init__(self, mulaw: bytes) -> None:
        self._playback = Playback()
        self._playback.queue(mulaw)
        self.over = asyncio.Event()

    def next_frame(self) -> bytes:
        """The next 20 ms of it."""
        frame, _ = self._playback.take()
        if not self._playback.queued_bytes:
            self.over.set()
        return frame


class Bridge:
    """One direction between two lines: what one side says, the other hears."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=10)

    def offer(self, said: bytes, heard: bytes) -> None:  # noqa: ARG002 - a Tap is offered both sides
        """Take what this side says."""
        self._frames.append(said)

    def next_frame(self) -> bytes:
        """Give it to the other side."""
        return self._frames.popleft() if self._frames else SILENT_FRAME
