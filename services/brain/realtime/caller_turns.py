"""Builds the caller's turns from a session's events, as stt does in a cascade. No I/O, no clock.

A turn whose words decide nothing is answered as soon as it has ended; its words follow. While the agent
speaks, the words decide whether the turn is one, so the turn ends when they are known.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from parley.agent_config import RealtimeConfig
from parley.events.envelope import Body
from parley.providers.realtime import (
    RealtimeEvent,
    SpeechStarted,
    SpeechStopped,
    TranscriptCompleted,
    TranscriptDelta,
    TranscriptFailed,
    TurnCommitted,
)
from parley.v1 import speech_pb2
from services.brain.realtime.caller_audio import CallerAudio
from services.brain.realtime_state import RealtimeState

log = structlog.get_logger()

_TRANSCRIPT_TIMEOUT_MS = 2000
"""A turn ends this long after its audio even if its transcript is missing."""
_FORGOTTEN_AFTER_MS = 20_000
"""A transcript that is later than this is no longer expected."""
_COMMIT_TIMEOUT_MS = 1000
"""The end of speech is at once followed by its item; later, the item is taken to exist."""
_MAX_TURNS = 16
_MAX_EARLY_TRANSCRIPTS = 4
_UNNAMED = "turn "
_WORD_MS = 350
"""Assumed length of a word whose time is not reported."""
_MAX_TEXT_CHARS = 20_000


WithoutEcho: TypeAlias = Callable[[str, int, bool], str]
"""Removes echo from a text that ends at a call time; the last argument is whether it is final."""


@dataclass(slots=True)
class _Turn:
    """A turn of the caller: its speech, and then its transcript."""

    item_id: str = ""
    """Empty until the session has named it."""
    number: int = 0
    """0 until it has ended."""
    text: str = ""
    speech_start_ms: int = 0
    speech_end_ms: int = 0
    audio_end_ms: int = 0
    """0 until its speech has ended."""
    reported: bool = False
    """Whether interim words of it are in the log."""
    stopped: bool = False
    """Whether the log shows the end of its speech."""
    waits_until_ms: int = 0
    """While its end waits for its words: the call time at which it ends without them."""
    repeated: bool = False
    """Whether it ended before this session, which transcribes it again."""


class CallerTurns:
    """The turns of one session; each input returns events for the log."""

    def __init__(
        self,
        config: RealtimeConfig,
        state: RealtimeState,
        audio: CallerAudio,
        *,
        words_decide: Callable[[], bool],
        source: tuple[str, str],
        without_echo: WithoutEcho = lambda text, _end_ms, _final: text,
        discard: Callable[[str], None] = lambda _item_id: None,
    ) -> None:
        """Create it; `words_decide` returns whether the words of a turn decide if it is one.

        `source` is the provider and its model, `without_echo` removes the agent's own words from transcripts,
        and `discard` receives items without words of the caller.
        """
        self._config = config
        self._audio = audio
        self._words_decide = words_decide
        self._without_echo = without_echo
        self._discard = discard
        self._provider, self._model = source
        self._last_turn = state.last_turn
        self._pending_turn, self._pending_until_ms = state.pending_turn, state.pending_until_ms
        self._current: _Turn | None = None
        self._turns: OrderedDict[str, _Turn] = OrderedDict()
        """The turns that wait for their transcript, by the id of their item."""
        self.item_of_turn: dict[int, str] = {}
        """The item of each of the latest turns."""
        self._committed: OrderedDict[str, None] = OrderedDict()
        """The latest items, of which the session may report anything twice."""
        self._early: OrderedDict[str, RealtimeEvent] = OrderedDict()
        """Transcripts that precede their item."""

    @property
    def is_quiet(self) -> bool:
        """Whether no turn is in progress or waits for its words."""
        return self._current is None and not self._turns

    @property
    def speech_in_progress(self) -> bool:
        """Whether the caller speaks, as far as the session has reported."""
        return self._current is not None

    def apply(self, event: RealtimeEvent, now_ms: int) -> list[Body]:
        """Return the events that an event of the session leads to; others than the caller's lead to none."""
        match event:
            case SpeechStarted(audio_ms=audio_ms, item_id=item_id):
                return self._on_speech_started(audio_ms, item_id, now_ms)
            case SpeechStopped(audio_ms=audio_ms, item_id=item_id):
                return self._on_speech_stopped(audio_ms, item_id, now_ms)
            case TurnCommitted(item_id=item_id):
                return self._on_committed(item_id, now_ms)
            case TranscriptCompleted(item_id=item_id) | TranscriptFailed(item_id=item_id) if (
                item_id not in self._turns
            ):
                return self._on_early_transcript(item_id, event)
            case TranscriptDelta(item_id=item_id, text=text):
                return self._on_words(item_id, text, now_ms)
            case TranscriptCompleted(item_id=item_id, text=text):
                words = self._without_echo(text.strip(), self._turns[item_id].speech_end_ms, True)
                return self._on_transcript(item_id, words, has_words=bool(words))
            case TranscriptFailed(item_id=item_id, reason=reason):
                log.warning("turn_not_transcribed", reason=reason)
                return self._on_missing_transcript(item_id)
            case _:
                return []

    def on_tick(self, now_ms: int) -> list[Body]:
        """End turns whose words have not arrived in time."""
        bodies: list[Body] = []
        current = self._current
        if current is not None and 0 < current.audio_end_ms <= now_ms - _COMMIT_TIMEOUT_MS:
            bodies += self._on_committed(current.item_id, now_ms)
        for item_id, turn in list(self._turns.items()):
            if not turn.number and 0 < turn.waits_until_ms <= now_ms:
                bodies += self._end(item_id, turn, pending=True)
            elif turn.audio_end_ms + _FORGOTTEN_AFTER_MS <= now_ms:
                bodies += self._on_missing_transcript(item_id)
        return bodies

    def _on_speech_started(self, audio_ms: int, item_id: str, now_ms: int) -> list[Body]:
        if item_id and item_id in self._committed:
            return []
        bodies: list[Body] = []
        if (current := self._current) is not None:
            if not current.audio_end_ms or (item_id and item_id == current.item_id):
                return []
            # Its item was not reported, and the next turn begins.
            bodies += self._on_committed(current.item_id, now_ms)
        at_ms = self._audio.call_time(audio_ms)
        if self._config.turn_detection.type == "server_vad":
            at_ms += self._config.turn_detection.prefix_padding_ms
        repeated = bool(self._pending_turn) and at_ms < self._pending_until_ms
        self._current = _Turn(item_id, speech_start_ms=min(at_ms, now_ms), repeated=repeated)
        return bodies if repeated else [*bodies, speech_pb2.SpeechStarted(at_ms=min(at_ms, now_ms))]

    def _on_speech_stopped(self, audio_ms: int, item_id: str, now_ms: int) -> list[Body]:
        turn = self._current
        if turn is None or turn.audio_end_ms or (item_id and turn.item_id not in ("", item_id)):
            return []
        turn.audio_end_ms = min(self._audio.call_time(audio_ms), now_ms)
        detection = self._config.turn_detection
        silence_ms = detection.silence_ms if detection.type == "server_vad" else 0
        turn.speech_end_ms = max(0, turn.audio_end_ms - silence_ms)
        if turn.repeated or self._words_decide():
            # Until its words are known, it counts as speech.
            return []
        return self._stop(turn)

    def _on_committed(self, item_id: str, now_ms: int) -> list[Body]:
        if item_id in self._committed or not (item_id or self._current):
            return []
        turn, self._current = self._current or _Turn(), None
        # Without any id, it cannot have a transcript.
        item_id = item_id or turn.item_id or f"{_UNNAMED}{self._last_turn + 1}"
        self._note_committed(item_id)
        turn.audio_end_ms = turn.audio_end_ms or now_ms
        turn.speech_end_ms = turn.speech_end_ms or now_ms
        self._turns[item_id] = turn
        while len(self._turns) > _MAX_TURNS:
            self._turns.popitem(last=False)
        early = self._early.pop(item_id, None)
        return [*self._begin_wait(item_id, turn, now_ms), *(self.apply(early, now_ms) if early else [])]

    def _begin_wait(self, item_id: str, turn: _Turn, now_ms: int) -> list[Body]:
        """Wait for the transcript of a turn; return the events of its end, unless its words decide."""
        if turn.repeated:
            turn.number = self._pending_turn
            self._note_item(item_id, turn.number)
            return []
        if self._words_decide():
            turn.waits_until_ms = now_ms + _TRANSCRIPT_TIMEOUT_MS
            return []
        return self._end(item_id, turn, pending=True)

    def _note_committed(self, item_id: str) -> None:
        self._committed[item_id] = None
        while len(self._committed) > _MAX_TURNS:
            self._committed.popitem(last=False)

    def _on_early_transcript(self, item_id: str, event: RealtimeEvent) -> list[Body]:
        """Keep a transcript whose item has not been reported; one of an item that had one is dropped."""
        if item_id and item_id not in self._committed:
            self._early[item_id] = event
            while len(self._early) > _MAX_EARLY_TRANSCRIPTS:
                self._early.popitem(last=False)
        return []

    def _on_missing_transcript(self, item_id: str) -> list[Body]:
        """Use the words that a turn has; without any it stays a turn, because the model has its audio."""
        turn = self._turns[item_id]
        if turn.number and not turn.text.strip():
            del self._turns[item_id]
            return []
        return self._on_transcript(item_id, turn.text, has_words=True)

    def _on_words(self, item_id: str, text: str, now_ms: int) -> list[Body]:
        turn = self._turns.get(item_id) or self._current
        if turn is None or not text or len(turn.text) > _MAX_TEXT_CHARS:
            return []
        turn.text += text
        if turn.number or turn.repeated:
            return []
        spoken_ms = turn.speech_start_ms + len(turn.text.split()) * _WORD_MS
        words = self._without_echo(turn.text.strip(), min(spoken_ms, now_ms), False)
        if not words and not turn.reported:
            return []
        turn.reported = True
        return [speech_pb2.TranscriptUpdated(turn=self._last_turn + 1, text=words, audio_end_ms=now_ms)]

    def _on_transcript(self, item_id: str, text: str, *, has_words: bool) -> list[Body]:
        turn = self._turns[item_id]
        turn.text = text.strip()[:_MAX_TEXT_CHARS]
        if turn.number:
            del self._turns[item_id]
            return [
                speech_pb2.TranscriptUpdated(
                    turn=turn.number, text=turn.text, final=True, audio_end_ms=turn.audio_end_ms
                )
            ]
        if has_words:
            # Without words its words are missing, which is not the same as a turn of noise.
            bodies = self._end(item_id, turn, pending=not turn.text)
            self._turns.pop(item_id, None)
            return bodies
        del self._turns[item_id]
        self._discard(item_id)
        withdrawn: list[Body] = []
        if turn.reported:
            withdrawn = [speech_pb2.TranscriptUpdated(turn=self._last_turn + 1, text="")]
        return [*withdrawn, *self._stop(turn)]

    def _end(self, item_id: str, turn: _Turn, *, pending: bool) -> list[Body]:
        self._last_turn += 1
        turn.number = self._last_turn
        self._note_item(item_id, turn.number)
        ended = speech_pb2.TurnEnded(
            turn=turn.number,
            text=turn.text.strip(),
            speech_end_ms=turn.speech_end_ms,
            audio_end_ms=turn.audio_end_ms,
            decided_by=self._config.turn_detection.type,
            provider=self._provider,
            model=self._model,
            transcript_pending=pending,
        )
        return [*self._stop(turn), ended]

    def _stop(self, turn: _Turn) -> list[Body]:
        if turn.stopped:
            return []
        turn.stopped = True
        return [speech_pb2.SpeechStopped(at_ms=turn.speech_end_ms)]

    def _note_item(self, item_id: str, number: int) -> None:
        if item_id.startswith(_UNNAMED):
            return
        self.item_of_turn[number] = item_id
        while len(self.item_of_turn) > _MAX_TURNS:
            del self.item_of_turn[min(self.item_of_turn)]
