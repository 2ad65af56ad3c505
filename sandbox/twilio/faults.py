"""Faults injected between a caller and Twilio. No I/O, no clock."""

import random
from collections import deque
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, Field

from parley.audio.g711 import QUIET_BYTES

_FRAMES_BEFORE_SUPPRESSION = 10


class Faults(BaseModel):
    """Network and API faults; all are off by default, except that some webhooks arrive twice."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seed: int = 1
    """Seed of the random faults; the same seed gives the same faults."""
    lost: float = Field(default=0.0, ge=0, le=1)
    """Share of the caller's frames that are lost."""
    doubled: float = Field(default=0.0, ge=0, le=1)
    """Share of the frames that are sent twice."""
    reordered: float = Field(default=0.0, ge=0, le=1)
    """Share of the frames that are sent after the next one."""
    jitter_ms: float = Field(default=0.0, ge=0)
    """Maximum random delay of a message."""
    freeze_every_ms: float = Field(default=0.0, ge=0)
    """Period of freezes; 0 for none."""
    freeze_ms: float = Field(default=0.0, ge=0)
    """Length of a freeze; the messages due in it follow all at once."""
    lost_marks: float = Field(default=0.0, ge=0, le=1)
    """Share of the marks that never return; 1 for a server that does not support them."""
    late_marks_ms: float = Field(default=0.0, ge=0)
    """Time between the end of the audio before a mark and its return."""
    drift_ppm: float = Field(default=0.0, ge=-50000, le=50000)
    """Amount by which the caller's clock is slow."""
    silence_suppression: bool = False
    """No frames are sent while the caller is silent, after 200 ms of silence."""
    drop_sockets_at_ms: tuple[float, ...] = ()
    """Times since their start at which the first, second, ... media socket is dropped."""
    no_fall_through: bool = False
    """A lost socket does not end <Connect>: 5 s of silence follow, then the call ends."""
    refused_streams: int = Field(default=0, ge=0)
    """Number of the call's media streams, from the first, whose handshake fails (31920)."""
    trial_account: bool = False
    """The account is a trial account: an announcement of it is played first."""
    webhook_delay_ms: float = Field(default=0.0, ge=0)
    """Delay of status callbacks."""
    lost_callbacks: bool = False
    """No status callback arrives; requests for TwiML do."""
    webhook_duplicates: int = Field(default=0, ge=0, le=5)
    """Number of additional requests to each webhook."""
    repeated_webhooks: float = Field(default=0.05, ge=0, le=1)
    """Share of webhooks that are requested twice, with the same idempotency token."""
    rest_429: float = Field(default=0.0, ge=0, le=1)
    """Share of REST requests that are rejected with HTTP 429."""
    rest_500: float = Field(default=0.0, ge=0, le=1)
    """Share of REST requests that fail with HTTP 500."""


class FrameFaults:
    """Applies frame faults to one stream, frame by frame; the same seed gives the same faults."""

    __slots__ = ("_delayed_frame", "_faults", "_rng", "_silent_frames", "active")

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._rng = random.Random(faults.seed)
        self._delayed_frame: tuple[int, bytes] | None = None
        self._silent_frames = 0
        self.active = faults.silence_suppression or any(
            (faults.lost, faults.doubled, faults.reordered, faults.jitter_ms, faults.freeze_ms)
        )

    def apply(self, timestamp_ms: int, frame: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames to send in place of this one, each with its timestamp."""
        faults, rng = self._faults, self._rng
        is_silent = not frame.translate(None, QUIET_BYTES)
        self._silent_frames = self._silent_frames + 1 if is_silent else 0
        if faults.silence_suppression and self._silent_frames > _FRAMES_BEFORE_SUPPRESSION:
            return
        if rng.random() < faults.lost:
            return
        if self._delayed_frame is None and rng.random() < faults.reordered:
            self._delayed_frame = (timestamp_ms, frame)
            return
        yield timestamp_ms, frame
        if rng.random() < faults.doubled:
            yield timestamp_ms, frame
        if self._delayed_frame is not None:
            yield self._delayed_frame
            self._delayed_frame = None

    def delay_ms(self, timestamp_ms: float) -> float:
        """The delay of a message due at this time of the stream."""
        faults = self._faults
        late_ms = self._rng.random() * faults.jitter_ms
        if faults.freeze_every_ms > 0:
            into_ms = timestamp_ms % faults.freeze_every_ms
            thaw_ms = faults.freeze_ms - (into_ms - (faults.freeze_every_ms - faults.freeze_ms))
            frozen = into_ms >= faults.freeze_every_ms - faults.freeze_ms
            late_ms = max(late_ms, thaw_ms) if frozen else late_ms
        return late_ms


class MarkFaults:
    """Applies mark faults to one stream, mark by mark; the same seed gives the same faults."""

    __slots__ = ("_due", "_faults", "_rng")

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._rng = random.Random(faults.seed)
        self._due: deque[tuple[float, str]] = deque()

    def reached(self, names: Iterable[str], elapsed_ms: float) -> None:
        """Accept marks whose audio has been played, or cleared, at this time of the stream."""
        for name in names:
            if self._rng.random() >= self._faults.lost_marks:
                self._due.append((elapsed_ms + self._faults.late_marks_ms, name))

    def returned(self, elapsed_ms: float) -> Iterator[str]:
        """The marks to return at this time of the stream."""
        while self._due and self._due[0][0] <= elapsed_ms:
            yield self._due.popleft()[1]


def webhook_requests(rng: random.Random, faults: Faults) -> int:
    """The number of times that a webhook is requested."""
    return 1 + faults.webhook_duplicates + (rng.random() < faults.repeated_webhooks)


def rest_error_status(rng: random.Random, faults: Faults) -> int | None:
    """The HTTP status of an injected REST error, or None."""
    drawn = rng.random()
    if drawn < faults.rest_429:
        return 429
    return 500 if drawn < faults.rest_429 + faults.rest_500 else None
