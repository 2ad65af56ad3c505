"""Reply, be silent, or go on speaking: who has the floor. A fold and a decision; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain import speculation
from services.brain.backchannels import is_backchannel
from services.brain.conversation import Conversation
from services.brain.reply import Reply

FALSE_ALARM_MS = 550
"""A voice that has stopped this long without a word was none: longer than a provider's guess takes."""
NOISE_MS = 2000
"""A sound that has gone on this long without a word is no speech: a street, a television."""
_WORDS_AFTER_KEYS_MS = 3000
"""Who speaks and presses keys at once is answered to both; for so long after the last key."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What is known of the caller's voice and keys."""

    speaking: bool = False
    since_ms: int = 0
    """When that began: call time."""
    words: str = ""
    words_turn: int = 0
    held_at_ms: int = 0
    """When a reply was last held."""
    key_at_ms: int = 0
    """When a key was last pressed."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """These replies are over: the caller has taken the turn, or the guess was wrong."""

    reply_ids: tuple[str, ...]
    reason: str = "barge_in"


@dataclass(frozen=True, slots=True)
class Resume:
    """A false alarm: play on."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Think about this turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class Speculate:
    """Think about this turn, which is probably over; nothing may be heard yet."""

    turn: int


@dataclass(frozen=True, slots=True)
class Release:
    """The guess was right: its answer may be heard."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class EnterKeys:
    """No more keys are awaited."""

    digits: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing to do before this call time, unless something is heard."""

    at_ms: int


Decision = Drop | Resume | Answer | Speculate | Release | EnterKeys | WaitUntil


def evolve(floor: Floor, event: Event, *, now_ms: int) -> Floor:
    """What is known after the event, which came at `now_ms` (call time)."""
    match event_body(event):
        case speech_pb2.SpeechStarted():
            return replace(floor, speaking=True, since_ms=now_ms)
        case speech_pb2.SpeechStopped(at_ms=at_ms):
            # The detector is sure of an end some time after it.
            return replace(floor, speaking=False, since_ms=min(at_ms or now_ms, now_ms))
        case speech_pb2.TranscriptUpdated(turn=turn, text=text) if text.strip():
            return replace(floor, words=text, words_turn=turn)
        case speech_pb2.TurnEnded(turn=turn, text=text):
            return replace(floor, words=text, words_turn=turn)
        case call_pb2.DtmfPressed(digit=digit):
            return replace(floor, key=digit, key_at_ms=now_ms)
        case playback_pb2.PlaybackPaused():
            return replace(floor, held_at_ms=now_ms)
        case _:
            return floor


def decide(floor: Floor, known: Conversation, agent: AgentConfig, *, now_ms: int) -> Decision | None:
    """What to do now; None when nothing need be done before the next event."""
    if known.ended:
        return None
    if known.keys:
        return _keys(floor, known, agent, now_ms=now_ms)
    guessed = known.speculation
    if guessed is not None and not speculation.may_be_right(guessed, known):
        return Drop((guessed.reply_id,), "speculation")
    turn = known.unanswered_turn
    if turn is not None:
        words_ms = floor.key_at_ms + _WORDS_AFTER_KEYS_MS
        if known.keys_unanswered and floor.words_turn > turn and now_ms < words_ms:
            return WaitUntil(words_ms)
        return _answer(turn, guessed, known)
    active = tuple(reply for reply in known.active_replies if not reply.held_back)
    overheard = any(known.turn_of(reply) < floor.words_turn for reply in active)
    if overheard and not is_backchannel(floor.words):
        return _drop(active)
    if known.guess is not None and speculation.is_worth_it(known, agent):
        return Speculate(known.guess.turn)
    return _held(floor, known, now_ms=now_ms)


def _answer(turn: int, guessed: Reply | None, known: Conversation) -> Decision:
    if known.outdated_replies:
        return _drop(known.outdated_replies)
    if guessed is not None and guessed.turn != turn:
        return Drop((guessed.reply_id,), "speculation")
    return Release(guessed.reply_id) if guessed is not None else Answer(turn)


def _keys(floor: Floor, known: Conversation, agent: AgentConfig, *, now_ms: int) -> Decision:
    """A key stops the agent; what is said meanwhile is answered together with the keys."""
    if active := tuple(reply for reply in known.active_replies if not reply.held_back):
        return _drop(active)
    end = agent.dtmf.terminator
    if end and floor.key == end:
        return EnterKeys(known.keys.removesuffix(end), "terminator")
    until_ms = floor.key_at_ms + agent.dtmf.inter_digit_timeout_ms
    return EnterKeys(known.keys, "timeout") if now_ms >= until_ms else WaitUntil(until_ms)


def _drop(active: tuple[Reply, ...]) -> Drop:
    # The last first: otherwise the next would be heard for the moment until it is dropped as well.
    return Drop(tuple(reply.reply_id for reply in reversed(active)))


def _held(floor: Floor, known: Conversation, *, now_ms: int) -> Decision | None:
    held = next((reply for reply in known.active_replies if reply.held), None)
    if held is None:
        return None
    aside = known.turn(floor.words_turn)
    if aside is not None and aside.aside and not floor.speaking and floor.held_at_ms <= floor.since_ms:
        return Resume(held.reply_id)
    patience_ms = NOISE_MS if floor.speaking else FALSE_ALARM_MS
    until_ms = max(floor.since_ms, floor.held_at_ms) + patience_ms
    return Resume(held.reply_id) if now_ms >= until_ms else WaitUntil(until_ms)
