"""The audio of a realtime call as the log shows it: turns, and replies without audio. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event

_MAX_UNFINISHED = 20
_LEAD_MS = 500
"""Audio before the beginning of speech, from which the provider detects it."""


@dataclass(frozen=True, slots=True)
class RealtimeState:
    """How far the caller's audio has become turns, and which replies have no complete audio."""

    last_turn: int = 0
    """Number of the last turn that has ended."""
    transcribed_ms: int = 0
    """Call time up to which the caller's audio has become turns with words; a session starts from here."""
    pending_turn: int = 0
    """The last turn, if its transcript is missing; otherwise 0."""
    pending_from_ms: int = 0
    pending_until_ms: int = 0
    """Call times at which the speech of that turn began, and at which it ended."""
    speech_from_ms: int = 0
    """Call time at which the caller's latest speech began."""
    speaking: bool = False
    """Whether that speech has neither ended nor become a turn."""
    unfinished: tuple[str, ...] = ()
    """Replies whose audio is not complete, in order."""

    def needed_from_ms(self, processed_until_ms: int) -> int:
        """Return the call time from which a new session needs the caller's audio.

        An earlier session has processed everything up to `processed_until_ms`, and reported speech in it.
        """
        from_ms = processed_until_ms
        if self.speaking:
            from_ms = min(from_ms, self.speech_from_ms)
        if self.pending_turn:
            from_ms = min(from_ms, self.pending_from_ms)
        return max(self.transcribed_ms, from_ms - _LEAD_MS)


def evolve(state: RealtimeState, event: Event) -> RealtimeState:
    """Return the state after an event."""
    match event_body(event):
        case speech_pb2.SpeechStarted(at_ms=at_ms):
            return state if state.speaking else replace(state, speaking=True, speech_from_ms=at_ms)
        case speech_pb2.SpeechStopped():
            return replace(state, speaking=False)
        case speech_pb2.TurnEnded() as ended if ended.turn > state.last_turn:
            return _with_turn(state, ended)
        case speech_pb2.TranscriptUpdated(final=True, turn=turn) if turn and turn == state.pending_turn:
            return replace(state, pending_turn=0, transcribed_ms=state.pending_until_ms)
        case reply_pb2.ReplyStarted(reply_id=reply_id) if reply_id not in state.unfinished:
            return replace(state, unfinished=(*state.unfinished, reply_id)[-_MAX_UNFINISHED:])
        case synthesis_pb2.SynthesisFinished(reply_id=reply_id) | reply_pb2.ReplyCancelled(reply_id=reply_id):
            return replace(state, unfinished=tuple(each for each in state.unfinished if each != reply_id))
        case reply_pb2.ReplyFinished(reply_id=reply_id, clauses=0):
            return replace(state, unfinished=tuple(each for each in state.unfinished if each != reply_id))
        case _:
            return state


def _with_turn(state: RealtimeState, ended: speech_pb2.TurnEnded) -> RealtimeState:
    # The words of an earlier turn are not waited for any longer: its audio is not sent again.
    transcribed_ms = max(state.transcribed_ms, state.pending_until_ms)
    if ended.transcript_pending:
        return replace(
            state,
            last_turn=ended.turn,
            transcribed_ms=transcribed_ms,
            speaking=False,
            pending_turn=ended.turn,
            pending_from_ms=state.speech_from_ms,
            pending_until_ms=ended.audio_end_ms,
        )
    return replace(
        state,
        last_turn=ended.turn,
        speaking=False,
        transcribed_ms=ended.audio_end_ms,
        pending_turn=0,
        pending_until_ms=0,
    )
