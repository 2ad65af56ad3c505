"""AUDIO, CALLS, WORK: the three streams that hold all state; what each keeps, and how long. No I/O."""

from dataclasses import dataclass
from typing import Literal

from parley.bus import subjects


@dataclass(frozen=True, slots=True)
class Stream:
    """What the server shall keep of some subjects."""

    name: str
    subjects: tuple[str, ...]
    retention: Literal["limits", "work"]
    storage: Literal["file", "memory"]
    max_age_s: float
    max_bytes: int
    duplicate_window_s: float


AUDIO = Stream(
    name="AUDIO",
    subjects=(subjects.ALL_AUDIO,),
    retention="limits",
    storage="file",
    # Long enough for the recorder to be away for a while; 16 kB a second and call.
    max_age_s=15 * 60,
    max_bytes=2 * 1024**3,
    duplicate_window_s=1,
)

CALLS = Stream(
    name="CALLS",
    subjects=(subjects.ALL_CALLS,),
    retention="limits",
    storage="file",
    max_age_s=30 * 24 * 3600,
    max_bytes=4 * 1024**3,
    # An event whose ack was lost is said again within seconds.
    duplicate_window_s=120,
)

WORK = Stream(
    name="WORK",
    subjects=(subjects.ALL_WORK,),
    retention="work",
    storage="file",
    # Twilio ends any call after a day at the latest.
    max_age_s=25 * 3600,
    max_bytes=256 * 1024**2,
    duplicate_window_s=120,
)

STREAMS = (AUDIO, CALLS, WORK)

ACK_WAIT_S = 1.0
"""A worker silent for this long has lost its calls."""

HEARTBEAT_S = 0.3
"""How often an owner says that it still works: thrice within ACK_WAIT_S."""
