"""Reply, be silent, or go on speaking: who has the floor. A fold and a decision; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.envelope import body_of
from parley.v1 import playback_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain.backchannels import is_backchannel
from services.brain.conversation import Conversation
from services.brain.reply import Reply

FALSE_ALARM_MS = 700
"""A voice that has stopped this long without a word was none: longer than a transcript takes."""
NOISE_MS = 2000
"""A sound that has gone on this long without a word is no speech: a street, a television."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What is known of the caller's voice."""

    speaking: bool = False
    since_ms: int = 0
    """When that began: call time."""
    words: str = ""
    words_turn: int = 0
    held_at_ms: int = 0
    """When a reply was last held."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The caller has taken the turn: these replies are over."""

    reply_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """A false alarm: play on."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Think about this turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing to do before this call time, unless something is heard."""

    at_ms: int


Decision = Drop | Resume | Answer | WaitUntil


def evolve(floor: Floor, event: Event, *, now_ms: int) -> Floor:
    """What is known after the event, which came at `now_ms` (call time)."""
    match body_of(event):
        case speech_pb2.SpeechStarted():
            return replace(floor, speaking=True, since_ms=now_ms)
        case speech_pb2.SpeechStopped():
            return replace(floor, speaking=False, since_ms=now_ms)
        case speech_pb2.WordsHeard(turn=turn, text=text) if text.strip():
            return replace(floor, words=text, words_turn=turn)
        case speech_pb2.TurnEnded(turn=turn, text=text):
            return replace(floor, words=text, words_turn=turn)
        case playback_pb2.PlaybackHeld():
            return replace(floor, held_at_ms=now_ms)
        case _:
            return floor


def decide(floor: Floor, known: Conversation, *, now_ms: int) -> Decision | None:
    """What to do now; None when nothing need be done before the next event."""
    if known.ended:
        return None
    active = known.active_replies
    turn = known.unanswered_turn
    if turn is not None and active and any(reply.turn < turn for reply in active):
        return _drop(active)
    if turn is not None:
        return Answer(turn)
    overheard = any(reply.turn < floor.words_turn for reply in active)
    if overheard and not is_backchannel(floor.words):
        return _drop(active)
    return _held(floor, known, now_ms=now_ms)


def _drop(active: tuple[Reply, ...]) -> Drop:
    # The last first: otherwise the next would be heard for the moment until it is dropped as well.
    return Drop(tuple(reply.reply_id for reply in reversed(active)))


def _held(floor: Floor, known: Conversation, *, now_ms: int) -> Decision | None:
    held = next((reply for reply in known.active_replies if reply.held), None)
    if held is None:
        return None
    patience_ms = NOISE_MS if floor.speaking else FALSE_ALARM_MS
    until_ms = max(floor.since_ms, floor.held_at_ms) + patience_ms
    return Resume(held.reply_id) if now_ms >= until_ms else WaitUntil(until_ms)
