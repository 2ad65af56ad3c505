"""Appends the events of the caller's turns to the call's log."""

from collections.abc import Sequence

from parley.providers.stt import Word
from parley.v1 import speech_pb2
from services.stt.transcript import Transcript
from services.stt.turn_log import TurnLog


class TurnEvents:
    """The events of one turn after the other; a text that was just published is not published again."""

    def __init__(self, log: TurnLog) -> None:
        self._log = log
        self._published_text = self._eager_text = ""

    def next_turn(self) -> None:
        """The current turn has ended."""
        self._published_text = self._eager_text = ""

    async def transcript(self, transcript: Transcript, *, final: bool, words: Sequence[Word] = ()) -> None:
        """Publish the words so far; `words` are those that have become final."""
        # An empty text withdraws words that have turned out to be an echo.
        if (not transcript.text and final) or (not final and transcript.text == self._published_text):
            return
        self._published_text = transcript.text
        updated = speech_pb2.TranscriptUpdated(
            turn=transcript.turn,
            text=transcript.text,
            final=final,
            audio_end_ms=transcript.final_end_ms if final else transcript.end_ms,
            languages=transcript.languages.tags,
        )
        for word in words:
            updated.words.add(
                text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
            )
        await self._log.append(updated)

    async def eager_end(self, transcript: Transcript, speech_end_ms: int) -> None:
        """Publish that the turn is probably over."""
        if not transcript.text or transcript.text == self._eager_text:
            return
        self._eager_text = transcript.text
        eager = speech_pb2.EagerEndOfTurn(
            turn=transcript.turn,
            text=transcript.text,
            speech_end_ms=speech_end_ms,
            languages=transcript.languages.tags,
        )
        await self._log.append(eager)

    async def resumed(self, transcript: Transcript) -> None:
        """Publish that the turn continues after its probable end."""
        self._eager_text = ""
        await self._log.append(speech_pb2.TurnResumed(turn=transcript.turn))

    async def ended(
        self, transcript: Transcript, speech_end_ms: int, decided_by: str, transcribed_by: tuple[str, str]
    ) -> None:
        """Publish the end of the turn; `transcribed_by` are the provider and the model."""
        provider, model = transcribed_by
        ended = speech_pb2.TurnEnded(
            turn=transcript.turn,
            text=transcript.text,
            speech_end_ms=speech_end_ms,
            audio_end_ms=transcript.end_ms,
            decided_by=decided_by,
            provider=provider,
            model=model,
            languages=transcript.languages.tags,
        )
        await self._log.append(ended)
