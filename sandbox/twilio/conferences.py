"""Conference rooms: the participants hear each other; callbacks report who joins and leaves."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from parley.audio.g711 import FRAME_BYTES, SAMPLE_RATE_HZ
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.pcm import from_mulaw, to_mulaw
from sandbox.twilio.records import new_sid
from sandbox.twilio.verbs import Conference

_MAX_QUEUED_FRAMES = 10
_MUSIC_HZ, _MUSIC_LEVEL = 440.0, 1500.0
_MIN_PARTICIPANTS = 2
"""A conference does not start before."""
_MAX_ENDED = 1000


@dataclass(slots=True)
class Participant:
    """One call in a conference; it is a source of audio for its line and a tap on it."""

    call_sid: str
    options: Conference
    room: "Room"
    left: asyncio.Event = field(default_factory=asyncio.Event)
    received: dict[str, deque[bytes]] = field(default_factory=dict)
    """Frames of the others that were not played yet, by CallSid."""
    _music_sample: int = 0

    def on_frame(self, caller_frame: bytes, agent_frame: bytes) -> None:  # noqa: ARG002 - as in FrameTap
        """Send 20 ms of this participant to the others."""
        if not self.room.started:
            return
        for other in self.room.participants.values():
            if other is not self:
                queue = other.received.setdefault(self.call_sid, deque(maxlen=_MAX_QUEUED_FRAMES))
                queue.append(caller_frame)

    def next_frame(self) -> bytes:
        """The next 20 ms played to this participant."""
        if not self.room.started:
            return SILENT_FRAME if self.options.wait_url == "" else self._music()
        frames = [queue.popleft() for queue in self.received.values() if queue]
        if len(frames) < _MIN_PARTICIPANTS:
            return frames[0] if frames else SILENT_FRAME
        total = sum(from_mulaw(frame).astype(np.int32) for frame in frames)
        return to_mulaw(np.clip(np.asarray(total), -32768, 32767).astype(np.int16))

    def _music(self) -> bytes:
        t = (np.arange(FRAME_BYTES) + self._music_sample) / SAMPLE_RATE_HZ
        self._music_sample += FRAME_BYTES
        return to_mulaw((np.sin(2 * np.pi * _MUSIC_HZ * t) * _MUSIC_LEVEL).astype(np.int16))


@dataclass(slots=True)
class Room:
    """A conference, in progress or ended."""

    name: str
    created_at: float
    sid: str = field(default_factory=lambda: new_sid("CF"))
    participants: dict[str, Participant] = field(default_factory=dict)
    started: bool = False
    status: str = "init"
    callback: Conference | None = None
    """The attributes of the participant that joined first; its callback is used."""
    updated_at: float = 0.0
    sequence: int = 0

    @property
    def is_live(self) -> bool:
        """Whether participants may join."""
        return self.status != "completed"


class Conferences:
    """All conferences of the account."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        """By ConferenceSid, oldest first."""

    def live(self, name: str) -> Room | None:
        """The conference of this name that has not ended."""
        return next((room for room in self.rooms.values() if room.name == name and room.is_live), None)

    def join(self, call_sid: str, options: Conference) -> tuple[Participant, list[str]]:
        """Add a call to the conference of a name; return it with the names of the events."""
        room = self.live(options.name)
        if room is None:
            room = Room(options.name, time.time(), callback=options)
            self.rooms[room.sid] = room
            if len(self.rooms) > _MAX_ENDED:
                del self.rooms[next(iter(self.rooms))]
        participant = room.participants[call_sid] = Participant(call_sid, options, room)
        room.updated_at = time.time()
        events = ["participant-join"]
        may_start = any(p.options.start_on_enter for p in room.participants.values())
        if not room.started and may_start and len(room.participants) >= _MIN_PARTICIPANTS:
            room.started, room.status = True, "in-progress"
            events.append("conference-start")
        return participant, events

    def leave(self, participant: Participant) -> list[str]:
        """Remove a call from its conference; return the names of the events."""
        room = participant.room
        if room.participants.pop(participant.call_sid, None) is None:
            return []
        room.updated_at = time.time()
        participant.left.set()
        for other in room.participants.values():
            other.received.pop(participant.call_sid, None)
        events = ["participant-leave"]
        if participant.options.end_on_exit or not room.participants:
            events += self.end(room)
        return events

    def end(self, room: Room) -> list[str]:
        """End a conference: all its participants leave; return the names of the events."""
        if not room.is_live:
            return []
        was_started, room.started, room.status = room.started, False, "completed"
        for participant in room.participants.values():
            participant.left.set()
        return ["conference-end"] if was_started else []
