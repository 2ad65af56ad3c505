"""Wall-clock time (UTC, microseconds) and call time (milliseconds since the call started)."""

import time
from dataclasses import dataclass


def now_us() -> int:
    """UTC wall clock, microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class CallClock:
    """Call time: milliseconds since the call started, the same for every stage and stream."""

    started_at_us: int

    def ms_at(self, wall_us: int) -> int:
        """Call time of a wall-clock moment (UTC, microseconds)."""
        return max(0, (wall_us - self.started_at_us) // 1000)

    def us_at(self, call_ms: int) -> int:
        """Wall-clock moment (UTC, microseconds) of a call time."""
        return self.started_at_us + call_ms * 1000
