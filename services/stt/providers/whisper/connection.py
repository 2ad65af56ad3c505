"""Transcribes one call with the Whisper model of the process; implements SttConnection."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parley.audio.g711 import ms_to_bytes
from parley.errors import ProviderRateLimited, ProviderTimeout
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    KeepAlive,
    SttEvent,
    UtteranceEnd,
    Word,
)
from parley.whisper.model import Recognition
from parley.whisper.recognizer import RecognitionPreempted, Recognizer, RecognizerBusy
from parley.whisper.wording import spoken
from services.stt.providers.whisper.utterances import Utterance, Utterances
from services.stt.speech_probability import Detector

PROVIDER = "whisper"
_MIN_FINAL_SILENCE_MS = 300
"""Utterances that end at each short pause would be too short for the model: it uses what is around a word."""
_FIRST_INTERIM_MS = 600
_INTERIM_MS, _INTERIM_SHARE = 1000, 0.25
"""Interval of interim transcripts, and as a share of the utterance: the work per second stays the same."""
_EARLY_SILENCE_MS = 100
"""Silence after which the words so far are recognized, so that they are known when the final is due."""
_MIN_SPEECH_MS = 80
"""Less is a click."""
_EMPTY_FINAL_MS = 2000
"""Interval of empty final transcripts in silence, after which the audio before need not be sent again."""
_HEARTBEAT_S = 0.3
"""Shorter than the stage waits for an overdue transcript."""
_TIMEOUT_S = 6.0
"""For one piece of audio, waiting included."""
_MAX_BEHIND_MS = 75_000
"""More than a new connection receives at once."""
_BACKLOG_BYTES = ms_to_bytes(200)
"""Audio that arrives in larger pieces is a backlog, sent to a new connection at once."""
_BACKLOG_SETTLE_S = 0.05
"""Time without such a piece after which the backlog is complete."""

OnEvent = Callable[[SttEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Recognized:
    """A recognition of the beginning of an utterance."""

    utterance: Utterance
    end_ms: int
    """Call time of the end of the recognized audio."""
    found: Recognition
    thorough: bool

    def covers(self, utterance: Utterance) -> bool:
        """Whether it contains all speech of an utterance."""
        return self.utterance is utterance and self.end_ms >= utterance.speech_end_ms


@dataclass(frozen=True, slots=True)
class _Interim:
    """A recognition in progress, of an utterance that may not have ended."""

    utterance: Utterance
    end_ms: int
    thorough: bool
    working: "asyncio.Future[Recognition]"


class WhisperConnection:
    """Transcription of one call."""

    def __init__(
        self,
        recognizer: Recognizer,
        detector: Detector,
        language: str,
        *,
        endpointing_ms: int,
        utterance_end_ms: int,
        interim: bool = True,
    ) -> None:
        self._recognizer = recognizer
        self._language = language
        self._utterance_end_ms = utterance_end_ms
        self._interim = interim
        self._utterances = Utterances(detector, max(endpointing_ms, _MIN_FINAL_SILENCE_MS))
        self._wake = asyncio.Event()
        self._finalize_requested = False
        self._backlog: asyncio.TimerHandle | None = None
        """Ends the backlog that is arriving; None while audio arrives in real time."""
        self._interim_in_progress: _Interim | None = None
        self._last: _Recognized | None = None
        """The latest recognition of the current utterance."""
        self._final_end_ms = 0
        self._last_word_end_ms: int | None = None
        """End of the last word, until its UtteranceEnd is sent."""

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Add audio (mu-law, 8 kHz) that begins at call time `at_ms`."""
        if not audio:
            return
        self._utterances.push(audio, at_ms)
        waiting = self._utterances.waiting
        if waiting and self._utterances.end_ms - waiting[0].start_ms > _MAX_BEHIND_MS:
            raise ProviderTimeout(PROVIDER, f"transcription is {_MAX_BEHIND_MS / 1000:g} s behind")
        self._abandon_outdated()
        self._wake.set()
        if len(audio) > _BACKLOG_BYTES:
            self._backlog_received()
            # The detector takes 3 ms per second of audio: a backlog must not hold up other calls.
            await asyncio.sleep(0)

    async def finalize(self) -> None:
        """Request a final transcript of the audio sent so far."""
        self._finalize_requested = True
        self._abandon_outdated()
        self._wake.set()

    async def keep_alive(self) -> None:
        """Do nothing: there is no connection that could be closed."""

    async def run(self, on_event: OnEvent) -> None:
        """Deliver transcripts until the call ends or a ProviderError is raised."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while await self._advance(on_event):
                    pass
        finally:
            if self._backlog is not None:
                self._backlog.cancel()

    async def _advance(self, on_event: OnEvent) -> bool:
        """Do what is most urgent; false if nothing is due."""
        if self._utterances.waiting:
            await self._transcribe(self._utterances.waiting.pop(0), on_event)
            return True
        if self._finalize_requested:
            self._finalize_requested = False
            await self._finalize(on_event)
            return True
        utterance = self._utterances.current
        if utterance is None:
            await self._report_silence(on_event)
            return False
        if self._backlog is not None:
            # Words so far would be outdated before they are recognized, and delay the final transcript.
            return False
        due = self._early_due(utterance) or (self._interim_due(utterance) and self._recognizer.idle)
        return due and await self._report_interim(utterance, on_event)

    def _backlog_received(self) -> None:
        if self._backlog is not None:
            self._backlog.cancel()
        self._backlog = asyncio.get_running_loop().call_later(_BACKLOG_SETTLE_S, self._backlog_complete)

    def _backlog_complete(self) -> None:
        self._backlog = None
        self._wake.set()

    def _abandon_outdated(self) -> None:
        """Stop an interim recognition if the final one is due, or soon will be, and needs other words."""
        interim = self._interim_in_progress
        if interim is None:
            return
        utterance = interim.utterance
        if utterance.complete or self._finalize_requested:
            outdated = not interim.thorough or interim.end_ms < utterance.speech_end_ms
        else:
            outdated = not interim.thorough and self._early_due(utterance)
        if outdated:
            interim.working.cancel()

    def _early_due(self, utterance: Utterance) -> bool:
        """Whether the words before a pause are still missing: they are probably those of the final."""
        silence_ms = utterance.end_ms - utterance.speech_end_ms
        if silence_ms < _EARLY_SILENCE_MS or utterance.speech_ms < _MIN_SPEECH_MS:
            return False
        return self._last is None or not self._last.covers(utterance)

    def _interim_due(self, utterance: Utterance) -> bool:
        if not self._interim:
            return False
        last_end_ms = self._last.end_ms if self._last and self._last.utterance is utterance else 0
        duration_ms = utterance.end_ms - utterance.start_ms
        if not last_end_ms:
            return utterance.speech_ms >= _FIRST_INTERIM_MS
        return utterance.end_ms - last_end_ms >= max(_INTERIM_MS, duration_ms * _INTERIM_SHARE)

    async def _report_interim(self, utterance: Utterance, on_event: OnEvent) -> bool:
        """Report the words so far; false if their recognition was abandoned."""
        at_pause = self._early_due(utterance)
        recognized = await self._recognize(utterance, on_event, thorough=at_pause, interim=True)
        self._last = recognized or self._last
        if recognized is not None and recognized.found.text:
            found = recognized.found
            await on_event(InterimTranscript(found.text, _words(recognized), recognized.end_ms))
        else:
            await on_event(KeepAlive())
        return recognized is not None

    async def _finalize(self, on_event: OnEvent) -> None:
        self._utterances.complete_current()
        if self._utterances.waiting:
            await self._transcribe(self._utterances.waiting.pop(0), on_event)
            return
        await self._report_final("", (), self._utterances.end_ms, on_event, speech_final=False)

    async def _transcribe(self, utterance: Utterance, on_event: OnEvent) -> None:
        """Report the final transcript of a complete utterance."""
        last = self._last
        recognized = last if last and last.covers(utterance) and last.thorough else None
        if utterance.speech_ms >= _MIN_SPEECH_MS:
            recognized = recognized or await self._recognize(utterance, on_event, thorough=True)
        self._last = None
        text, words = (recognized.found.text, _words(recognized)) if recognized else ("", ())
        await self._report_final(text, words, utterance.end_ms, on_event, speech_final=utterance.after_pause)

    async def _report_final(
        self, text: str, words: tuple[Word, ...], end_ms: int, on_event: OnEvent, *, speech_final: bool
    ) -> None:
        self._final_end_ms = end_ms
        if words:
            self._last_word_end_ms = words[-1].end_ms
        await on_event(FinalTranscript(text, words, end_ms, speech_final and bool(text)))

    async def _report_silence(self, on_event: OnEvent) -> None:
        silent_ms = self._utterances.silent_since_ms
        if silent_ms is None:
            return
        last_word_end_ms = self._last_word_end_ms
        if last_word_end_ms is not None and silent_ms - last_word_end_ms >= self._utterance_end_ms:
            self._last_word_end_ms = None
            await on_event(UtteranceEnd(last_word_end_ms))
        if silent_ms - self._final_end_ms >= _EMPTY_FINAL_MS:
            await self._report_final("", (), silent_ms, on_event, speech_final=False)

    async def _recognize(
        self, utterance: Utterance, on_event: OnEvent, *, thorough: bool, interim: bool = False
    ) -> _Recognized | None:
        """Recognize an utterance so far, while more of its audio may arrive; None if it was abandoned.

        Raises:
            ProviderTimeout: the model is too slow, or has too much to do.
        """
        audio, end_ms, speech_ms = bytes(utterance.audio), utterance.end_ms, utterance.speech_ms
        working = asyncio.ensure_future(self._recognizer.recognize(audio, self._language, thorough=thorough))
        if interim:
            self._interim_in_progress = _Interim(utterance, end_ms, thorough, working)
        try:
            found = await _wait(working, on_event)
        except RecognizerBusy as error:
            raise ProviderRateLimited(PROVIDER, str(error)) from None
        finally:
            self._interim_in_progress = None
            working.cancel()
        return None if found is None else _Recognized(utterance, end_ms, spoken(found, speech_ms), thorough)


async def _wait(working: "asyncio.Future[Recognition]", on_event: OnEvent) -> Recognition | None:
    """Wait for a result, None if it was abandoned; the stage learns every 0.3 s that the model works."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + _TIMEOUT_S
    while (left_s := deadline_s - loop.time()) > 0:
        done, _ = await asyncio.wait([working], timeout=min(_HEARTBEAT_S, left_s))
        if done:
            abandoned = working.cancelled() or isinstance(working.exception(), RecognitionPreempted)
            return None if abandoned else working.result()
        await on_event(KeepAlive())
    raise ProviderTimeout(
        PROVIDER, f"no transcript within {_TIMEOUT_S:g} s: the machine is too slow or too busy"
    )


def _words(recognized: _Recognized) -> tuple[Word, ...]:
    start_ms = recognized.utterance.start_ms
    return tuple(
        Word(word.text, start_ms + word.start_ms, start_ms + word.end_ms, word.confidence)
        for word in recognized.found.words
    )
