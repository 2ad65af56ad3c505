"""A model of the buffer in which Twilio keeps audio until it is played."""

from collections import deque
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body
from parley.v1.playback_pb2 import PlaybackStarted
from services.edge.outbound.commands import Append, Clear, Command, Play


def appended(commands: list[Command]) -> list[Body]:
    """The events among a list of commands."""
    return [command.event for command in commands if isinstance(command, Append)]


@dataclass
class TwilioBuffer:
    """Twilio's playback buffer, played in real time in steps of 20 ms."""

    now_ms: int = 0
    queue: deque[tuple[str, int, int, str]] = field(default_factory=deque)
    returned: list[str] = field(default_factory=list)
    played: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    announced: bool = False
    silent: bool = True

    def receive(self, commands: list[Command]) -> None:
        """Process what the edge sends."""
        for command in commands:
            match command:
                case Play(mulaw=mulaw, mark=mark):
                    assert self.announced or not self.silent, "audio after silence was not announced"
                    reply_id, _, end = mark.split(":")
                    self.queue.append((reply_id, int(end) - len(mulaw), int(end), mark))
                case Clear():
                    self.returned += [mark for *_, mark in self.queue]
                    self.queue.clear()
                    self.announced, self.silent = False, True
                case Append(event=PlaybackStarted()):
                    self.announced = True
                case _:
                    pass

    def step(self) -> list[str]:
        """Play 20 ms; returns the marks that Twilio sends back."""
        self.now_ms += 20
        left, marks = 20 * BYTES_PER_MS, self.returned
        self.returned = []
        self.silent = not self.queue
        while left and self.queue:
            reply_id, start, end, mark = self.queue.popleft()
            length = min(left, end - start)
            self.played.setdefault(reply_id, []).append((start, start + length))
            left -= length
            if start + length < end:
                self.queue.appendleft((reply_id, start + length, end, mark))
            else:
                marks.append(mark)
        if not self.queue:
            self.announced = False
        return marks
