"""Commands of playback to the player: send to Twilio, append to the log, or publish."""

from dataclasses import dataclass

from parley.events.envelope import Body
from parley.v1.playback_pb2 import PlaybackProgressed


@dataclass(frozen=True, slots=True)
class Play:
    """Send this audio to Twilio, then the mark."""

    mulaw: bytes
    mark: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Make Twilio discard the audio that it has not played."""


@dataclass(frozen=True, slots=True)
class Append:
    """Append this event to the call's log."""

    event: Body


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish this position as the call's latest; it is not stored in the log."""

    position: PlaybackProgressed


Command = Play | Clear | Append | Publish
