"""A telephone line: every 20 ms the simulated caller receives one frame and produces one."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from parley.audio.g711 import FRAME_MS
from sandbox.caller.caller_events import Event
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.simulated_caller import SimulatedCaller


class FrameSource(Protocol):
    """Audio that can be played to the caller."""

    def next_frame(self) -> bytes:
        """The next 20 ms."""


class FrameTap(Protocol):
    """A consumer of both sides' audio."""

    def on_frame(self, caller_frame: bytes, agent_frame: bytes) -> None:
        """Receive 20 ms of both sides."""


class Line:
    """One caller's telephone line; keeps both sides' audio on one clock."""

    def __init__(
        self, caller: SimulatedCaller, on_event: Callable[[Event], None], drift_ppm: float = 0.0
    ) -> None:
        self.caller = caller
        self.agent_audio = bytearray()
        self.caller_audio = bytearray()
        self.began_at: float | None = None
        """Wall-clock time of the first frame."""
        self._on_event = on_event
        self._source: FrameSource | None = None
        self._taps: tuple[FrameTap, ...] = ()
        self._started = False
        self._first_frame_s: float | None = None
        self._ticks = 0
        self._frame_s = FRAME_MS / 1000 * (1 + drift_ppm / 1e6)

    @property
    def now_ms(self) -> float:
        """The line's time: 20 ms for each frame since the first."""
        return self.caller.detector.now_ms

    def start(self) -> None:
        """Start the line's time; further calls have no effect."""
        self._started = True

    def play(self, source: FrameSource) -> None:
        """Play this source to the caller instead of any other."""
        self._source = source
        self.start()

    def stop_playing(self, source: FrameSource) -> None:
        """Play silence, unless another source has replaced this one."""
        if self._source is source:
            self._source = None

    def add_tap(self, tap: FrameTap) -> None:
        """Send all further frames to a tap."""
        self._taps = (*self._taps, tap)
        self.start()

    def remove_tap(self, tap: FrameTap) -> None:
        """Stop sending frames to a tap."""
        self._taps = tuple(other for other in self._taps if other is not tap)

    def catch_up(self, now_s: float) -> None:
        """Tick once for every 20 ms elapsed, so that a busy machine loses no frames."""
        if not self._started:
            return
        if self._first_frame_s is None:
            # The clock jitters: without half a frame of slack, an early tick would miss its frame.
            self._first_frame_s = now_s - self._frame_s / 2
            self.began_at = time.time()
        while self._first_frame_s + self._ticks * self._frame_s <= now_s:
            self._ticks += 1
            self.tick()

    def tick(self) -> None:
        """Process one 20 ms frame in each direction."""
        source = self._source
        agent_frame = SILENT_FRAME if source is None else source.next_frame()
        result = self.caller.tick(agent_frame)
        self.agent_audio += agent_frame
        self.caller_audio += result.frame
        for tap in self._taps:
            tap.on_frame(result.frame, agent_frame)
        for event in result.events:
            self._on_event(event)


class Bridge:
    """One direction of a bridge: audio of one line's caller, played on another line."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=10)

    def on_frame(self, caller_frame: bytes, agent_frame: bytes) -> None:  # noqa: ARG002 - as in FrameTap
        """Queue the caller's frame."""
        self._frames.append(caller_frame)

    def next_frame(self) -> bytes:
        """The next queued frame, or silence."""
        return self._frames.popleft() if self._frames else SILENT_FRAME
