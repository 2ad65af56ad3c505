"""Marks that do not return, or return late: replies end by the clock, and the call continues."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from parley.agent_config import AgentConfig
from parley.events.envelope import Body, event_name
from parley.v1.call_pb2 import StreamStarted
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackProgressed
from parley.v1.reply_pb2 import HangUpRequested, ReplyClause, ReplyFinished, ReplyStarted
from services.brain.policies import idle_policy
from services.brain.policies.idle_policy import IdlePrompt
from services.brain.state import BrainState
from services.edge.outbound.commands import Command
from services.edge.outbound.hang_up import PendingHangUp
from services.edge.outbound.playback import Playback
from tests.event_factories import event
from tests.field.rows import Seen, row
from tests.unit.edge.outbound.twilio_buffer import TwilioBuffer, appended

AGENT = AgentConfig(name="clinic", prompt="You answer the phone.")
REPLY_MS = 4000

Returns = Callable[[int], float]
"""How late (ms) the mark with this number returns; infinite for never."""
NEVER = float("inf")

LOST_OR_LATE: dict[str, Returns] = {
    "none returns": lambda _number: NEVER,
    "only the first returns": lambda number: 0 if number == 1 else NEVER,
    "the last is lost": lambda number: NEVER if number == REPLY_MS // 100 else 0,
    "every other is lost": lambda number: NEVER if number % 2 else 0,
    "all are 1 s late": lambda _number: 1000,
    "all are 4 s late": lambda _number: 4000,
    "they stop after 2 s": lambda number: 0 if number <= 20 else NEVER,
}


@dataclass
class Line:
    """An edge that plays one reply on a line whose marks return as `returns` states."""

    returns: Returns
    playback: Playback = field(default_factory=Playback)
    twilio: TwilioBuffer = field(default_factory=TwilioBuffer)
    log: list[tuple[int, Body]] = field(default_factory=list)
    _marks: deque[tuple[float, str]] = field(default_factory=deque)
    _count: int = 0

    def play(self, reply_id: str = "r1", length_ms: int = REPLY_MS) -> None:
        """Start a reply with all of its audio."""
        now_ms, audio = self.twilio.now_ms, b"x" * 8 * length_ms
        self.perform(self.playback.start(reply_id, speculative=False, now_ms=now_ms))
        self.perform(self.playback.audio_received(reply_id, 0, audio, last=True, now_ms=now_ms))

    def perform(self, commands: list[Command]) -> None:
        """Send audio to Twilio, and store the events."""
        self.twilio.receive(commands)
        self.log += [(self.twilio.now_ms, body) for body in appended(commands)]

    def run(self, until_ms: int) -> None:
        """Let time pass: audio plays, marks return, and the player's timer runs."""
        while self.twilio.now_ms < until_ms:
            for mark in self.twilio.step():
                self._count += 1
                self._marks.append((self.twilio.now_ms + self.returns(self._count), mark))
            for _, mark in self._due_marks():
                self.perform(self.playback.mark_returned(mark, self.twilio.now_ms))
            if self.twilio.now_ms % 240 == 0:
                self.perform(self.playback.check_marks(self.twilio.now_ms))

    def _due_marks(self) -> Iterator[tuple[float, str]]:
        due = [mark for mark in self._marks if mark[0] <= self.twilio.now_ms]
        self._marks = deque(mark for mark in self._marks if mark[0] > self.twilio.now_ms)
        return iter(due)

    def end_of(self, reply_id: str) -> tuple[int, PlaybackFinished]:
        """When the reply ended according to the log."""
        ends = ((at_ms, body) for at_ms, body in self.log if isinstance(body, PlaybackFinished))
        return next((at_ms, body) for at_ms, body in ends if body.reply_id == reply_id)


every_fault = pytest.mark.parametrize("returns", LOST_OR_LATE.values(), ids=LOST_OR_LATE.keys())


@row("P2", "marks of a reply of 4 s get lost or are late", "the reply ends within 2 s of its audio")
@every_fault
def test_a_reply_ends(returns: Returns, seen: Seen) -> None:
    """It never ends before its audio has been played, and progress never goes backwards."""
    line = Line(returns)
    line.play()
    line.run(12_000)
    at_ms, finished = line.end_of("r1")
    seen(f"ended after {at_ms} ms, {'by the clock' if finished.estimated else 'by a mark'}")

    assert REPLY_MS <= at_ms <= REPLY_MS + 2000
    assert finished.played_samples == 8 * REPLY_MS
    moving = PlaybackProgressed | PlaybackFinished
    positions = [body.played_samples for _, body in line.log if isinstance(body, moving)]
    assert positions == sorted(positions)


@row("P2", "no mark returns and the caller is silent", "the idle prompt comes after the silence")
@every_fault
def test_the_idle_prompt_comes(returns: Returns, seen: Seen) -> None:
    """The brain learns of the reply's end from the log only."""
    line = Line(returns)
    line.play()
    line.run(10_000)
    before: list[tuple[int, Body]] = [
        (0, StreamStarted(stream_sid="MZ1")),
        (0, ReplyStarted(reply_id="r1")),
        (0, ReplyClause(reply_id="r1", text="Hello, how can I help you?")),
        (0, ReplyFinished(reply_id="r1", clauses=1)),
    ]
    state = BrainState()
    for at_ms, body in (*before, *line.log):
        state = state.evolve(event(body, at_ms=at_ms), at_ms)
    due_ms = line.end_of("r1")[0] + round(AGENT.idle.timeout_s * 1000)
    seen(f"prompt {due_ms} ms after the start")

    decision = idle_policy.decide(state.idle, state.floor, state.conversation, AGENT, now_ms=due_ms)
    assert isinstance(decision, IdlePrompt)


@row("P2", "no mark returns after the goodbye", "the call is ended once the goodbye has been played")
@every_fault
def test_the_call_is_ended(returns: Returns, seen: Seen) -> None:
    """The wait of 10 s for a goodbye that never ends is not needed."""
    line, hang_up = Line(returns), PendingHangUp()
    line.play()
    hang_up.apply(HangUpRequested(reason="agent", after_reply_id="r1"), 0)
    line.run(REPLY_MS - 20)
    assert not hang_up.is_due(line.playback, line.twilio.now_ms)
    while not hang_up.is_due(line.playback, line.twilio.now_ms):
        line.run(line.twilio.now_ms + 20)
    seen(f"ended {line.twilio.now_ms - REPLY_MS} ms after the last word")

    assert line.twilio.now_ms <= REPLY_MS + 2000


@row("P2", "no mark returns and the caller speaks at 3 s", "the reply is paused where it is, to 250 ms")
@pytest.mark.parametrize("spoke_ms", [2200, 3000, 3900])
def test_an_interruption_states_the_played_position(spoke_ms: int, seen: Seen) -> None:
    """With the position of the last mark, the model would believe that nothing was played."""
    line = Line(LOST_OR_LATE["none returns"])
    line.play()
    line.run(spoke_ms)
    line.perform(line.playback.pause(line.twilio.now_ms))
    [paused] = [body for _, body in line.log if isinstance(body, PlaybackPaused)]
    seen(f"{event_name(paused)} at {paused.played_samples // 8} ms")

    assert abs(paused.played_samples // 8 - spoke_ms) <= 250
