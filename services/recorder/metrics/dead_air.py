"""Silences in which the caller waits for an answer. No I/O, no clock.

A silence begins with the caller's last word, if an answer is due: the turn has ended, or its words were
transcribed and its end was never detected. It ends with audio of the agent, including fillers and idle
prompts, when the caller continues after the end of the turn, or with the call. A pause within a turn is the
caller's own, and so is the silence after a question of the agent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.events.envelope import Body
from parley.telemetry.catalogue.quality import DEAD_AIR
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2
from services.recorder.metrics.observation import Observation

DEAD_AIR_MS = 2000
"""Shorter silences are normal."""


@dataclass(slots=True)
class DeadAir:
    """The silence of one call, from its events in the log's order."""

    _turn: int = 0
    """The caller's last finished turn."""
    _due_since_ms: int | None = None
    """Last word of a turn that waits for its answer."""
    _unfinished: bool = False
    """Whether words of an unfinished turn were transcribed that no audio has followed."""
    _speech_started_ms: int = 0
    _speech_stopped_ms: int = 0
    _last_key_ms: int = 0
    _playing: str = ""
    """The reply that plays now."""
    _hung_up: bool = False

    def apply(self, body: Body | None, at_ms: int) -> Sequence[Observation]:
        """Return the silence that an event at call time `at_ms` ends, if it was too long."""
        match body:
            case playback_pb2.PlaybackStarted():
                self._playing = body.reply_id
                return self._end_silence(body.at_ms)
            case playback_pb2.PlaybackFinished() | playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
                self._playback_ends(body.reply_id, body.at_ms)
            case call_pb2.StreamStarted():
                self._hung_up = False
            case call_pb2.StreamStopped():
                self._playing = ""
                self._hung_up = body.reason in ("stop", "closed")
                return self._end_silence(body.at_ms) if self._hung_up else ()
            case reply_pb2.FallbackRequested() | call_pb2.CallEnded():
                return self._end_silence(at_ms)
            case _:
                return self._apply_caller(body, at_ms)
        return ()

    def _apply_caller(self, body: Body | None, at_ms: int) -> Sequence[Observation]:
        match body:
            case speech_pb2.SpeechStarted():
                self._speech_started_ms = body.at_ms
            case speech_pb2.SpeechStopped():
                self._speech_stopped_ms = body.at_ms
            case speech_pb2.TranscriptUpdated() if body.text and body.turn > self._turn:
                return self._caller_speaks(at_ms)
            case speech_pb2.TurnEnded() if body.turn > self._turn:
                self._turn = body.turn
                self._answer_due(body.speech_end_ms)
            case call_pb2.DtmfPressed():
                self._last_key_ms = body.at_ms
            case reply_pb2.DtmfCollected():
                self._answer_due(self._last_key_ms or at_ms)
            case _:
                pass
        return ()

    def _answer_due(self, since_ms: int) -> None:
        self._unfinished = False
        # Words during a reply that continues need no answer, and a caller who has hung up waits no longer.
        self._due_since_ms = None if self._playing or self._hung_up else since_ms

    def _caller_speaks(self, at_ms: int) -> Sequence[Observation]:
        """End the wait for an answer: the caller continues, often with a hello."""
        since_ms, self._due_since_ms = self._due_since_ms, None
        self._unfinished = True
        if since_ms is None:
            return ()
        return self._observed(since_ms, min(at_ms, max(self._speech_started_ms, since_ms)))

    def _playback_ends(self, reply_id: str, at_ms: int) -> None:
        if reply_id == self._playing:
            self._playing = ""
            if self._speech_stopped_ms < at_ms:
                self._unfinished = False

    def _end_silence(self, at_ms: int) -> Sequence[Observation]:
        since_ms, self._due_since_ms = self._due_since_ms, None
        silent = self._speech_stopped_ms > self._speech_started_ms
        if since_ms is None and self._unfinished and silent:
            since_ms = self._speech_stopped_ms
        self._unfinished = False
        return () if since_ms is None else self._observed(since_ms, at_ms)

    def _observed(self, since_ms: int, until_ms: int) -> Sequence[Observation]:
        silence_ms = until_ms - since_ms
        if silence_ms <= DEAD_AIR_MS:
            return ()
        return [Observation(DEAD_AIR, value=silence_ms / 1000, turn=self._turn)]
