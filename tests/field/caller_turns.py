"""Plays a caller's words to turn recognition in the time of the audio, and collects the turns that end."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    ProviderTurn,
    ProviderTurnEvent,
    SttEvent,
    UtteranceEnd,
    Word,
)
from parley.v1 import speech_pb2
from services.stt.audio_buffer import AudioBuffer
from services.stt.restore import SttState
from services.stt.turn_recognizer import TurnRecognizer
from tests.unit.stt.doubles import FakeLog

FRAME_MS = 20
_LOUD = b"\x10"
_WORD_MS = 200
_FINAL_AFTER_MS = 300
_UTTERANCE_END_AFTER_MS = 1000
_MAX_PATIENCE_MS = 11_000
_TICK_MS = 100


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """A turn of the caller."""

    text: str
    silence_ms: int
    """From the end of the speech to the end of the turn."""


class CallerTurns:
    """A caller, transcribed as by Deepgram's nova: interims, a final with speech_final, UtteranceEnd."""

    def __init__(
        self,
        language: str = "en",
        agent_text: str = "How can I help you?",
        *,
        suppress_silence_after_ms: int | None = None,
        flux: bool = False,
    ) -> None:
        """Create a caller; a line may suppress silence, and a Flux model detects the turns itself."""
        self._suppress_after_ms = suppress_silence_after_ms
        self._flux = flux
        self._provider_turn = 0
        self._finalize_requested = False
        self._unfinished = ""
        self._words: list[Word] = []
        self._speech_end_ms = self._audio_end_ms = 0
        self._log = FakeLog()
        self._buffer = AudioBuffer(0)
        self._recognizer = TurnRecognizer(
            self._log,
            SttConfig(language=language),
            SttState(last_agent_text=agent_text),
            self._buffer,
            lambda chunk: float(chunk.startswith(_LOUD)),
            provider_detects_turns=flux,
            request_finalize=self._request_finalize,
        )
        self.ended: list[EndedTurn] = []

    @property
    def at_ms(self) -> int:
        """The end of the audio so far."""
        return self._log.time_ms

    @property
    def eager(self) -> int:
        """The number of announced probable ends; an answer is prepared after each."""
        return sum(isinstance(body, speech_pb2.EagerEndOfTurn) for body in self._log.bodies)

    async def play(self, groups: Sequence[str], pause_ms: int) -> list[EndedTurn]:
        """Speak the groups with pauses, then be silent for longer than any turn may stay open."""
        for group in groups[:-1]:
            await self.speak(group)
            await self.pause(group, pause_ms)
        await self.speak(groups[-1])
        await self.pause(groups[-1], _MAX_PATIENCE_MS)
        return self.ended

    async def speak(self, group: str) -> None:
        """Speak words; the provider sends an interim transcript after each."""
        if self._unfinished:
            # The silence that fills a gap of the line lets the provider finish the group before.
            await self.audio(_LOUD, FRAME_MS)
            await self._transcribe(self._unfinished, self._words, final=True)
        words = group.split()
        self._words = [
            Word(word, self.at_ms + index * _WORD_MS, self.at_ms + (index + 1) * _WORD_MS, 0.9)
            for index, word in enumerate(words)
        ]
        self._speech_end_ms = self.at_ms + len(words) * _WORD_MS
        self._audio_end_ms = self.at_ms
        for index in range(len(words)):
            await self.audio(_LOUD, _WORD_MS)
            await self._transcribe(" ".join(words[: index + 1]), self._words[: index + 1])

    async def pause(self, group: str, pause_ms: int) -> None:
        """Be silent; the provider sends the group's final transcript, later UtteranceEnd."""
        self._unfinished, utterance_end_sent = group, False
        for silence_ms in range(FRAME_MS, pause_ms + FRAME_MS, FRAME_MS):
            ended = len(self._turns())
            await self._silent_frame(silence_ms)
            received_ms = self._audio_end_ms - self._speech_end_ms
            if self._unfinished and (received_ms >= _FINAL_AFTER_MS or self._finalize_requested):
                self._unfinished, self._finalize_requested = "", False
                await self._transcribe(group, self._words, final=True)
            if not utterance_end_sent and received_ms >= _UTTERANCE_END_AFTER_MS and not self._flux:
                utterance_end_sent = True
                await self.event(UtteranceEnd(self._speech_end_ms))
            self.ended += [EndedTurn(turn.text, silence_ms) for turn in self._turns()[ended:]]

    async def _silent_frame(self, silence_ms: int) -> None:
        if self._suppress_after_ms is None or silence_ms <= self._suppress_after_ms:
            await self.audio(SILENCE, FRAME_MS)
            return
        self._log.time_ms += FRAME_MS
        if not silence_ms % _TICK_MS:
            await self._recognizer.on_tick()

    async def _transcribe(self, text: str, words: Sequence[Word], *, final: bool = False) -> None:
        end_ms = self._audio_end_ms
        if self._flux:
            state: ProviderTurnEvent = "end" if final else "update"
            await self.event(ProviderTurn(text, tuple(words), end_ms, state, f"t{self._provider_turn}"))
            self._provider_turn += final
        elif final:
            await self.event(FinalTranscript(text, tuple(words), end_ms, speech_final=True))
        else:
            await self.event(InterimTranscript(text, tuple(words), end_ms))

    def _request_finalize(self) -> None:
        self._finalize_requested = True

    async def audio(self, byte: bytes, ms: int) -> None:
        """Receive audio of one loudness."""
        for _ in range(0, ms, FRAME_MS):
            at_ms = self._log.time_ms
            spans = self._buffer.add(byte * 8 * FRAME_MS, at_ms)
            self._log.time_ms = self._audio_end_ms = at_ms + FRAME_MS
            await self._recognizer.on_audio(spans, at_ms=at_ms)

    async def event(self, event: SttEvent) -> None:
        """Receive an event of the provider."""
        await self._recognizer.on_stt_event(event)

    def _turns(self) -> list[speech_pb2.TurnEnded]:
        return [body for body in self._log.bodies if isinstance(body, speech_pb2.TurnEnded)]
