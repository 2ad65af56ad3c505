"""Turn taking: when to answer, cancel, resume, speculate or collect DTMF. No I/O, no clock."""

from dataclasses import dataclass

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.policies import speculation, tool_results
from services.brain.policies.floor_state import (
    FALSE_BARGE_IN_TIMEOUT_MS,
    NOISE_TIMEOUT_MS,
    REALTIME_NOISE_TIMEOUT_MS,
    FloorState,
)
from services.brain.reply import Reply
from services.brain.turn_roles import takes_turn

MORE_WORDS_MS, MORE_WORDS_TIMEOUT_MS = 400, 3000
"""An early answer is answered this long after the end of the question, if the caller adds nothing; words that
have begun to follow are waited for."""
_SPEECH_AFTER_DTMF_TIMEOUT_MS = 3000
"""A turn that continues within this time after the last key is answered together with the DTMF input."""


@dataclass(frozen=True, slots=True)
class CancelReplies:
    """Cancel replies, because the caller took the turn or the prediction was wrong."""

    reply_ids: tuple[str, ...]
    reason: str = "barge_in"


@dataclass(frozen=True, slots=True)
class Resume:
    """Resume playback after a false barge-in."""

    reply_id: str
    reason: str
    """`backchannel` or `noise`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Generate an answer to this turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class Speculate:
    """Generate an answer to a turn that has probably ended, without playing it."""

    turn: int


@dataclass(frozen=True, slots=True)
class Release:
    """Allow playback of a speculative reply, because the prediction was correct."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class SubmitDtmf:
    """Submit the collected digits as one input."""

    digits: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Decide again at this call time, or at the next event if that is earlier."""

    at_ms: int


Decision = CancelReplies | Resume | Answer | Speculate | Release | SubmitDtmf | WaitUntil


def decide(
    floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """Return the next action; None to wait for the next event."""
    if conversation.ended:
        return None
    if conversation.pending_digits:
        return _decide_dtmf(floor, conversation, agent, now_ms=now_ms)
    speculative = conversation.speculative_reply
    if speculative is not None and not speculation.still_matches(speculative, conversation):
        return CancelReplies((speculative.reply_id,), "speculation")
    turn = conversation.unanswered_turn
    if turn is not None and conversation.must_finish:
        # The answer follows what must be played whole, in place of the greeting.
        if waiting := tuple(reply for reply in _interruptible(conversation) if not reply.audible):
            return _cancel(waiting)
        return _decide_paused(floor, conversation, agent, now_ms=now_ms)
    due_ms = tool_results.due_ms(floor, conversation, now_ms=now_ms)
    if turn is not None and due_ms is not None and due_ms <= now_ms:
        return _decide_input(turn, speculative, floor, conversation, now_ms=now_ms)
    active = _interruptible(conversation)
    interrupted = any(conversation.turn_of(reply) < floor.words_turn for reply in active)
    if interrupted and _takes_turn(floor, conversation, now_ms):
        return _cancel(active)
    if conversation.predicted_turn is not None and speculation.should_speculate(conversation, agent):
        return Speculate(conversation.predicted_turn.turn)
    decision = _decide_paused(floor, conversation, agent, now_ms=now_ms)
    if decision is None and turn is not None and due_ms is not None:
        return WaitUntil(due_ms)
    return decision


def _interruptible(conversation: Conversation) -> tuple[Reply, ...]:
    return tuple(
        reply for reply in conversation.active_replies if not (reply.speculative or reply.uninterruptible)
    )


def _takes_turn(floor: FloorState, conversation: Conversation, now_ms: int) -> bool:
    """Whether the latest words interrupt; a turn that has ended keeps its role while the agent continues."""
    ended = conversation.turn(floor.words_turn)
    if ended is not None:
        return ended.role in ("turn", "hold")
    # The log has a position only every few seconds.
    replies = [reply.at(now_ms) for reply in conversation.active_replies]
    return takes_turn(floor.words, replies, conversation.phrases)


def _more_words_until_ms(floor: FloorState, conversation: Conversation, turn: int) -> int:
    """Return how long to wait for more words after an early answer; they belong to it."""
    answer = conversation.turn(turn)
    if answer is None or answer.role != "early_answer":
        return 0
    if floor.words_turn > turn:
        return floor.words_at_ms + MORE_WORDS_TIMEOUT_MS
    after_ms = floor.played_at_ms + MORE_WORDS_MS
    return max(after_ms, floor.speech_until_ms()) if floor.speaking else after_ms


def _decide_input(
    turn: int, speculative: Reply | None, floor: FloorState, conversation: Conversation, *, now_ms: int
) -> Decision:
    """Answer an input of the caller, or the result of a tool, unless the input may continue."""
    more_until_ms = _more_words_until_ms(floor, conversation, turn)
    if now_ms < more_until_ms:
        return WaitUntil(more_until_ms)
    speech_until_ms = floor.last_digit_at_ms + _SPEECH_AFTER_DTMF_TIMEOUT_MS
    if conversation.dtmf_unanswered and floor.words_turn > turn and now_ms < speech_until_ms:
        return WaitUntil(speech_until_ms)
    return _decide_answer(turn, speculative, conversation)


def _decide_answer(turn: int, speculative: Reply | None, conversation: Conversation) -> Decision:
    if conversation.stale_replies:
        return _cancel(conversation.stale_replies)
    if speculative is not None and speculative.turn != turn:
        return CancelReplies((speculative.reply_id,), "speculation")
    return Release(speculative.reply_id) if speculative is not None else Answer(turn)


def _decide_dtmf(
    floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision:
    """Collect digits: the first cancels the agent's replies; speech is answered together with the input."""
    if active := _interruptible(conversation):
        return _cancel(active)
    terminator = agent.dtmf.terminator
    if terminator and floor.last_digit == terminator:
        return SubmitDtmf(conversation.pending_digits.removesuffix(terminator), "terminator")
    until_ms = floor.last_digit_at_ms + agent.dtmf.inter_digit_timeout_ms
    return SubmitDtmf(conversation.pending_digits, "timeout") if now_ms >= until_ms else WaitUntil(until_ms)


def _cancel(active: tuple[Reply, ...]) -> CancelReplies:
    # In reverse order: otherwise a later reply would start to play when the one before it is cancelled.
    return CancelReplies(tuple(reply.reply_id for reply in reversed(active)))


def _decide_paused(
    floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    paused = next((reply for reply in conversation.active_replies if reply.paused), None)
    if paused is None:
        return None
    turn = conversation.turn(floor.words_turn)
    silent_since_pause = not floor.speaking and floor.paused_at_ms <= floor.since_ms
    heeded = turn is not None and turn.role in ("backchannel", "early_answer")
    if heeded and silent_since_pause:
        return Resume(paused.reply_id, "backchannel")
    noise_ms = REALTIME_NOISE_TIMEOUT_MS if agent.is_realtime else NOISE_TIMEOUT_MS
    timeout_ms = noise_ms if floor.speaking else FALSE_BARGE_IN_TIMEOUT_MS
    until_ms = max(floor.since_ms, floor.paused_at_ms) + timeout_ms
    return Resume(paused.reply_id, "noise") if now_ms >= until_ms else WaitUntil(until_ms)
