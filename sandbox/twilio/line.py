"""A telephone line: every 20 ms the person hears a frame and says one."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from parley.mulaw import FRAME_MS
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.simulated_caller import Event, SimulatedCaller


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

    def __init__(
        self, person: SimulatedCaller, on_event: Callable[[Event], None], drift_ppm: float = 0.0
    ) -> None:
        self.person = person
        self.heard = bytearray()
        self.said = bytearray()
        self.began_at: float | None = None
        """Wall-clock time of the first frame."""
        self._on_event = on_event
        self._ear: Ear | None = None
        self._taps: tuple[Tap, ...] = ()
        self._wanted = False
        self._first_tick_s: float | None = None
        self._ticks = 0
        self._tick_s = FRAME_MS / 1000 * (1 + drift_ppm / 1e6)

    @property
    def now_ms(self) -> float:
        """The line's time: 20 ms for each frame since the first."""
        return self.person.detector.now_ms

    def begin(self) -> None:
        """Start the line's time; the second call does nothing."""
        self._wanted = True

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

    def catch_up(self, now_s: float) -> None:
        """Tick as often as time has passed, so that none is lost when the machine was busy."""
        if not self._wanted:
            return
        if self._first_tick_s is None:
            # The clock wobbles: half a frame of slack, or a moment asked a little early would miss its frame.
            self._first_tick_s = now_s - self._tick_s / 2
            self.began_at = time.time()
        while self._first_tick_s + self._ticks * self._tick_s <= now_s:
            self._ticks += 1
            self.tick()

    def tick(self) -> None:
        """Let 20 ms pass."""
        ear = self._ear
        heard = SILENT_FRAME if ear is None else ear.next_frame()
        turn = self.person.tick(heard)
        self.heard += heard
        self.said += turn.frame
        for tap in self._taps:
            tap.offer(turn.frame, heard)
        for event in turn.events:
            self._on_event(event)


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
