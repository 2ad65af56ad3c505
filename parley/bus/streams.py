"""The streams AUDIO, CALLS, STATE, WORK and KV_AGENTS: what each retains, and for how long. No I/O."""

from dataclasses import dataclass, replace
from typing import Literal

from parley.bus import subjects


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's subjects and how long it retains their messages."""

    name: str
    subjects: tuple[str, ...]
    retention: Literal["limits", "work", "latest", "bucket"]
    """`work`: until a worker acknowledges it; `latest`: only the newest message of each subject; `bucket`:
    a bucket of NATS' key-value store, with the newest messages of each subject, none dropped for space."""
    storage: Literal["file", "memory"]
    max_age_s: float
    max_bytes: int
    duplicate_window_s: float


AUDIO = Stream(
    name="AUDIO",
    subjects=(subjects.ALL_AUDIO,),
    retention="limits",
    storage="file",
    # The recorder may be down for up to 15 minutes; a call takes 16 kB a second.
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
    # An event whose ack was lost is resent within seconds.
    duplicate_window_s=120,
)

STATE = Stream(
    name="STATE",
    subjects=(subjects.ALL_STATE,),
    retention="latest",
    storage="file",
    # A snapshot is stored again at least every 30 minutes. It can be lost: then the whole log is read.
    max_age_s=2 * 3600,
    max_bytes=1024**3,
    duplicate_window_s=1,
)

WORK = Stream(
    name="WORK",
    subjects=(subjects.ALL_WORK,),
    retention="work",
    storage="file",
    # Twilio ends a call after at most 24 hours.
    max_age_s=25 * 3600,
    max_bytes=256 * 1024**2,
    duplicate_window_s=120,
)

AGENTS = Stream(
    name="KV_AGENTS",
    subjects=(subjects.ALL_AGENTS,),
    retention="bucket",
    storage="file",
    max_age_s=0,
    # Thousands of versions: an agent file has a few kilobytes.
    max_bytes=64 * 1024**2,
    duplicate_window_s=120,
)
"""The bucket `AGENTS` of NATS' key-value store."""

STREAMS = (AUDIO, CALLS, STATE, WORK, AGENTS)


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Limits of the streams that an operator decides."""

    audio_max_bytes: int = AUDIO.max_bytes
    calls_max_bytes: int = CALLS.max_bytes
    calls_max_age_s: float = CALLS.max_age_s

    def apply(self) -> tuple[Stream, ...]:
        """The streams with these limits."""
        audio = replace(AUDIO, max_bytes=self.audio_max_bytes)
        calls = replace(CALLS, max_bytes=self.calls_max_bytes, max_age_s=self.calls_max_age_s)
        return audio, calls, STATE, WORK, AGENTS
