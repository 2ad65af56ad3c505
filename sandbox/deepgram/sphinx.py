"""Real recognition by pocketsphinx, in processes of their own."""

import asyncio
import multiprocessing
import os
import re
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import numpy as np
import soxr
from pocketsphinx import Decoder

from parley.mulaw import DECODE, FRAME_BYTES, bytes_of, silence
from sandbox.deepgram.language import bigram_model, telephone_sentences
from sandbox.deepgram.recogniser import RecogniserFailed, Word
from sandbox.deepgram.speech_finder import Speech, SpeechFinder

_RATE_HZ = 16_000
_FRAME_MS = 10
_PAD_MS = 150
"""Silence around a stretch: the recogniser takes the level of the line from it."""
_PAUSE_MS = 300
"""A silence that parts two stretches of a recording."""
_MARGIN_MS = 100
"""Kept of the silence on either side of a recording's stretch."""
_HISS = 3.0
"""Amplitude, of 32768, of the noise laid over a recording. Digital silence spoils the recogniser's measure of
a line: without the hiss it found 77 % of espeak's words, with it 91 %. The callers' voice, with a hiss of its
own, gains nothing by it (99.3 and 98.9 %), so live sound is left as it is."""
_TIMEOUT_S = 60.0
"""For one stretch, with all that waits before it: far beyond any queue that a call survives."""
_FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT = re.compile(r"\(\d+\)$")
_LINEAR = np.array(DECODE, dtype=np.float32)


@cache
def _decoder(sentences: tuple[str, ...]) -> Decoder:
    with tempfile.TemporaryDirectory() as folder:
        known = Decoder(samprate=_RATE_HZ, loglevel="FATAL", lm=None)
        sayable = [s for s in sentences if all(known.lookup_word(word) for word in s.split())]
        model = Path(folder) / "telephone.lm"
        model.write_text(bigram_model(sayable), "utf-8")
        return Decoder(samprate=_RATE_HZ, loglevel="FATAL", lm=str(model))


def decode(mulaw: bytes, sentences: tuple[str, ...], hiss: float = 0.0) -> tuple[Word, ...]:
    """Recognise a stretch, expecting something like the sentences. Takes some 5 % of the sound's length."""
    decoder = _decoder(sentences)
    padded = silence(_PAD_MS) + mulaw + silence(_PAD_MS)
    wave = soxr.resample(_LINEAR[np.frombuffer(padded, dtype=np.uint8)], 8000, _RATE_HZ)
    if hiss:
        # Always the same noise: a recording is heard alike each time.
        wave = wave + np.random.default_rng(0).normal(0, hiss, len(wave))
    decoder.start_utt()
    decoder.process_raw(np.clip(wave, -32768, 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return ()
    return tuple(
        Word(
            _VARIANT.sub("", segment.word),
            max(0, segment.start_frame * _FRAME_MS - _PAD_MS),
            max(0, (segment.end_frame + 1) * _FRAME_MS - _PAD_MS),
        )
        for segment in decoder.seg()
        if not _FILLER.fullmatch(segment.word)
    )


def decode_long(mulaw: bytes, sentences: tuple[str, ...]) -> list[Word]:
    """Recognise a whole recording, stretch by stretch."""
    finder = SpeechFinder()
    words: list[Word] = []
    for at in range(0, len(mulaw), FRAME_BYTES):
        finder.hear(mulaw[at : at + FRAME_BYTES])
        over = at + FRAME_BYTES >= len(mulaw) or finder.silent_ms >= _PAUSE_MS
        speech = finder.take() if over else None
        if speech is not None:
            words += _decode_speech(speech, sentences)
    return words


def _decode_speech(speech: Speech, sentences: tuple[str, ...]) -> list[Word]:
    begin_ms = max(speech.start_ms, speech.voice_start_ms - _MARGIN_MS)
    end_ms = speech.voice_end_ms + _MARGIN_MS
    sound = speech.sound[bytes_of(begin_ms - speech.start_ms) : bytes_of(end_ms - speech.start_ms)]
    return [
        Word(word.text, word.start_ms + begin_ms, word.end_ms + begin_ms, word.confidence)
        for word in decode(bytes(sound), sentences, _HISS)
    ]


def _begin(sentences: tuple[str, ...]) -> None:
    # Ctrl-C is the parent's to deal with.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    decode(silence(200), sentences)


def _die_with_parent() -> None:
    """A parent that was killed cannot tell its children to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Sphinx:
    """A Recogniser."""

    def __init__(
        self, make_pool: Callable[[], ProcessPoolExecutor], sentences: tuple[str, ...], workers: int
    ) -> None:
        self._make_pool = make_pool
        self._pool = make_pool()
        self._sentences = sentences
        self._workers = workers
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Only one process, or none, is left for what must not wait."""
        return self._waiting >= max(1, self._workers - 1)

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a stretch.

        Raises:
            RecogniserFailed: the processes died twice, or do not answer.
        """
        self._waiting += 1
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._decode(mulaw)
        except TimeoutError:
            raise RecogniserFailed(f"no answer within {_TIMEOUT_S:g} s") from None
        except BrokenProcessPool as error:
            raise RecogniserFailed(str(error)) from None
        finally:
            self._waiting -= 1

    async def _decode(self, mulaw: bytes) -> tuple[Word, ...]:
        loop, pool = asyncio.get_running_loop(), self._pool
        try:
            return await loop.run_in_executor(pool, decode, mulaw, self._sentences)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._make_pool()
            return await loop.run_in_executor(self._pool, decode, mulaw, self._sentences)

    async def close(self) -> None:
        """End the processes."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


@asynccontextmanager
async def open_sphinx(workers: int, sentences: Sequence[str] = ()) -> AsyncIterator[Sphinx]:
    """Processes that are warm when this is entered, and gone when it is left."""
    expected = tuple(sentences or telephone_sentences())

    def make_pool() -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(expected,))

    sphinx = Sphinx(make_pool, expected, workers)
    try:
        await asyncio.gather(*(sphinx.recognise(silence(100)) for _ in range(workers)))
        yield sphinx
    finally:
        await sphinx.close()
