"""Plays a caller's words to turn recognition in the time of the audio, and collects the turns that end."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent, UtteranceEnd, Word
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


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """A turn of the caller."""

    text: str
    silence_ms: int
    """From the end of the speech to the end of the turn."""


class CallerTurns:
    """A caller, transcribed as by Deepgram's nova: interims, a final with speech_final, UtteranceEnd."""

    def __init__(self, language: str = "en", agent_text: str = "How can I help you?") -> None:
        self._log = FakeLog()
        self._buffer = AudioBuffer(0)
        self._recognizer = TurnRecognizer(
            self._log,
            SttConfig(language=language),
            SttState(last_agent_text=agent_text),
            self._buffer,
            lambda chunk: float(chunk.startswith(_LOUD)),
            provider_detects_turns=False,
            request_finalize=lambda: None,
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
        words = group.split()
        self._group_words = [
            Word(word, self.at_ms + index * _WORD_MS, self.at_ms + (index + 1) * _WORD_MS, 0.9)
            for index, word in enumerate(words)
        ]
        for index in range(len(words)):
            await self.audio(_LOUD, _WORD_MS)
            spoken = self._group_words[: index + 1]
            await self.event(InterimTranscript(" ".join(words[: index + 1]), tuple(spoken), self.at_ms))

    async def pause(self, group: str, pause_ms: int) -> None:
        """Be silent; the provider sends the group's final transcript, later UtteranceEnd."""
        speech_end_ms = self.at_ms
        for silence_ms in range(FRAME_MS, pause_ms + FRAME_MS, FRAME_MS):
            ended = len(self._turns())
            await self.audio(SILENCE, FRAME_MS)
            if silence_ms == _FINAL_AFTER_MS:
                final = FinalTranscript(group, tuple(self._group_words), self.at_ms, speech_final=True)
                await self.event(final)
            if silence_ms == _UTTERANCE_END_AFTER_MS:
                await self.event(UtteranceEnd(speech_end_ms))
            self.ended += [EndedTurn(turn.text, silence_ms) for turn in self._turns()[ended:]]

    async def audio(self, byte: bytes, ms: int) -> None:
        """Receive audio of one loudness."""
        for _ in range(0, ms, FRAME_MS):
            spans = self._buffer.add(byte * 8 * FRAME_MS, self._log.time_ms)
            self._log.time_ms += FRAME_MS
            await self._recognizer.on_audio(spans)

    async def event(self, event: SttEvent) -> None:
        """Receive an event of the provider."""
        await self._recognizer.on_stt_event(event)

    def _turns(self) -> list[speech_pb2.TurnEnded]:
        return [body for body in self._log.bodies if isinstance(body, speech_pb2.TurnEnded)]
