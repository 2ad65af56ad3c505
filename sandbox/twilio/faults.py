"""What goes wrong on demand between a caller and Twilio. No I/O, no clock."""

import random
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """How bad the network is; all off unless set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    lost: float = Field(default=0.0, ge=0, le=1, description="share of the caller's frames that never come")
    doubled: float = Field(default=0.0, ge=0, le=1, description="share that comes twice")
    reordered: float = Field(default=0.0, ge=0, le=1, description="share that comes after its successor")
    jitter_ms: float = Field(default=0.0, ge=0, description="each message is late by up to this")
    freeze_every_ms: float = Field(default=0.0, ge=0, description="how often nothing comes for a while")
    freeze_ms: float = Field(default=0.0, ge=0, description="for how long; then all comes at once")
    drift_ppm: float = Field(default=0.0, ge=-50000, le=50000, description="the caller's clock is this slow")
    drop_sockets_at_ms: tuple[float, ...] = Field(
        default=(), description="cut the n-th media socket this long after its start"
    )
    no_fall_through: bool = Field(
        default=False, description="a lost socket does not end <Connect>: silence, then the end of the call"
    )
    webhook_delay_ms: float = Field(default=0.0, ge=0, description="status callbacks are late by this")
    webhook_duplicates: int = Field(default=0, ge=0, le=5, description="times each webhook is sent again")
    rest_429: float = Field(default=0.0, ge=0, le=1, description="share of REST requests refused with 429")
    rest_500: float = Field(default=0.0, ge=0, le=1, description="share of REST requests failed with 500")


class FrameFaults:
    """Applies frame faults to one stream's frames, one after another; the same seed does the same."""

    __slots__ = ("_chance", "_faults", "_held", "active")

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._chance = random.Random(faults.seed)
        self._held: tuple[int, bytes] | None = None
        self.active = any((faults.lost, faults.doubled, faults.reordered, faults.jitter_ms, faults.freeze_ms))

    def pass_on(self, timestamp_ms: int, frame: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames to be sent instead of this one, each with its timestamp."""
        faults, chance = self._faults, self._chance
        if chance.random() < faults.lost:
            return
        if self._held is None and chance.random() < faults.reordered:
            self._held = (timestamp_ms, frame)
            return
        yield timestamp_ms, frame
        if chance.random() < faults.doubled:
            yield timestamp_ms, frame
        if self._held is not None:
            yield self._held
            self._held = None

    def delay_ms(self, timestamp_ms: float) -> float:
        """How late a message is that is due at this time of the stream."""
        faults = self._faults
        late_ms = self._chance.random() * faults.jitter_ms
        if faults.freeze_every_ms > 0:
            into_ms = timestamp_ms % faults.freeze_every_ms
            thaw_ms = faults.freeze_ms - (into_ms - (faults.freeze_every_ms - faults.freeze_ms))
            frozen = into_ms >= faults.freeze_every_ms - faults.freeze_ms
            late_ms = max(late_ms, thaw_ms) if frozen else late_ms
        return late_ms


def refuses(chance: random.Random, faults: Faults) -> int | None:
    """The status with which a REST request fails, if it does."""
    drawn = chance.random()
    if drawn < faults.rest_429:
        return 429
    return 500 if drawn < faults.rest_429 + faults.rest_500 else None
