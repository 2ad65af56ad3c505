"""Reply, be silent, or go on speaking: who has the floor. A fold and a decision; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.policies import speculation
from services.brain.policies.backchannels import is_backchannel
from services.brain.reply import Reply

FALSE_BARGE_IN_TIMEOUT_MS = 550
"""A voice that has stopped this long without a word was none: longer than a provider's guess takes."""
NOISE_TIMEOUT_MS = 2000
"""A sound that has gone on this long without a word is no speech: a street, a television."""
_WORDS_AFTER_KEYS_MS = 3000
"""Who speaks and presses keys at once is answered to both; for so long after the last key."""


@dataclass(frozen=True, slots=True)
class FloorState:
    """What is known of the caller's voice and keys."""

    speaking: bool = False
    since_ms: int = 0
    """When that began: call time."""
    words: str = ""
    words_turn: int = 0
    paused_at_ms: int = 0
    """When a reply was last held."""
    last_digit_at_ms: int = 0
    """When a key was last pressed."""
    last_digit: str = ""


@dataclass(frozen=True, slots=True)
class CancelReplies:
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
class SubmitDtmf:
    """No more keys are awaited."""

    digits: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing to do before this call time, unless something is heard."""

    at_ms: int


Decision = CancelReplies | Resume | Answer | Speculate | Release | SubmitDtmf | WaitUntil


def evolve(floor: FloorState, event: Event, *, now_ms: int) -> FloorState:
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
            return replace(floor, last_digit=digit, last_digit_at_ms=now_ms)
        case playback_pb2.PlaybackPaused():
            return replace(floor, paused_at_ms=now_ms)
        case _:
            return floor


def decide(
    floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """What to do now; None when nothing need be done before the next event."""
    if conversation.ended:
        return None
    if conversation.pending_digits:
        return _decide_dtmf(floor, conversation, agent, now_ms=now_ms)
    guessed = conversation.speculative_reply
    if guessed is not None and not speculation.still_matches(guessed, conversation):
        return CancelReplies((guessed.reply_id,), "speculation")
    turn = conversation.unanswered_turn
    if turn is not None:
        words_ms = floor.last_digit_at_ms + _WORDS_AFTER_KEYS_MS
        if conversation.dtmf_unanswered and floor.words_turn > turn and now_ms < words_ms:
            return WaitUntil(words_ms)
        return _decide_answer(turn, guessed, conversation)
    active = tuple(reply for reply in conversation.active_replies if not reply.speculative)
    overheard = any(conversation.turn_of(reply) < floor.words_turn for reply in active)
    if overheard and not is_backchannel(floor.words):
        return _cancel(active)
    if conversation.predicted_turn is not None and speculation.should_speculate(conversation, agent):
        return Speculate(conversation.predicted_turn.turn)
    return _decide_paused(floor, conversation, now_ms=now_ms)


def _decide_answer(turn: int, guessed: Reply | None, known: Conversation) -> Decision:
    if known.stale_replies:
        return _cancel(known.stale_replies)
    if guessed is not None and guessed.turn != turn:
        return CancelReplies((guessed.reply_id,), "speculation")
    return Release(guessed.reply_id) if guessed is not None else Answer(turn)


def _decide_dtmf(floor: FloorState, known: Conversation, agent: AgentConfig, *, now_ms: int) -> Decision:
    """A key stops the agent; what is said meanwhile is answered together with the keys."""
    if active := tuple(reply for reply in known.active_replies if not reply.speculative):
        return _cancel(active)
    end = agent.dtmf.terminator
    if end and floor.last_digit == end:
        return SubmitDtmf(known.pending_digits.removesuffix(end), "terminator")
    until_ms = floor.last_digit_at_ms + agent.dtmf.inter_digit_timeout_ms
    return SubmitDtmf(known.pending_digits, "timeout") if now_ms >= until_ms else WaitUntil(until_ms)


def _cancel(active: tuple[Reply, ...]) -> CancelReplies:
    # The last first: otherwise the next would be heard for the moment until it is dropped as well.
    return CancelReplies(tuple(reply.reply_id for reply in reversed(active)))


def _decide_paused(floor: FloorState, known: Conversation, *, now_ms: int) -> Decision | None:
    held = next((reply for reply in known.active_replies if reply.paused), None)
    if held is None:
        return None
    aside = known.turn(floor.words_turn)
    if (
        aside is not None
        and aside.is_backchannel
        and not floor.speaking
        and floor.paused_at_ms <= floor.since_ms
    ):
        return Resume(held.reply_id)
    patience_ms = NOISE_TIMEOUT_MS if floor.speaking else FALSE_BARGE_IN_TIMEOUT_MS
    until_ms = max(floor.since_ms, floor.paused_at_ms) + patience_ms
    return Resume(held.reply_id) if now_ms >= until_ms else WaitUntil(until_ms)
