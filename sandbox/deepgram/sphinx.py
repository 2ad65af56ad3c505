"""Real recognition by pocketsphinx, in processes of their own."""

import asyncio
import multiprocessing
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import numpy as np
import soxr
from pocketsphinx import Decoder

from parley.mulaw import DECODE, FRAME_BYTES, silence
from sandbox.deepgram.language import bigram_model, telephone_sentences
from sandbox.deepgram.recogniser import Word
from sandbox.deepgram.speech_finder import SpeechFinder

_RATE_HZ = 16_000
_FRAME_MS = 10
_PAD_MS = 150
"""Silence around a stretch: the recogniser takes the level of the line from it."""
_PAUSE_MS = 300
"""A silence that parts two stretches of a recording."""
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


def decode(mulaw: bytes, sentences: tuple[str, ...]) -> tuple[Word, ...]:
    """Recognise a stretch, expecting something like the sentences. Takes some 5 % of the sound's length."""
    decoder = _decoder(sentences)
    padded = silence(_PAD_MS) + mulaw + silence(_PAD_MS)
    wave = soxr.resample(_LINEAR[np.frombuffer(padded, dtype=np.uint8)], 8000, _RATE_HZ)
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
            words += [
                Word(w.text, w.start_ms + speech.start_ms, w.end_ms + speech.start_ms, w.confidence)
                for w in decode(bytes(speech.sound), sentences)
            ]
    return words


def _begin(sentences: tuple[str, ...]) -> None:
    # Ctrl-C is the parent's to deal with.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    decode(silence(200), sentences)


class Sphinx:
    """A Recogniser."""

    def __init__(self, pool: ProcessPoolExecutor, sentences: tuple[str, ...], workers: int) -> None:
        self._pool = pool
        self._sentences = sentences
        self._workers = workers
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """As many stretches are in work as there are processes."""
        return self._waiting >= self._workers

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a stretch."""
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, decode, mulaw, self._sentences)
        finally:
            self._waiting -= 1


@asynccontextmanager
async def open_sphinx(workers: int, sentences: Sequence[str] = ()) -> AsyncIterator[Sphinx]:
    """Processes that are warm when this is entered, and gone when it is left."""
    expected = tuple(sentences or telephone_sentences())
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(expected,)
    )
    try:
        sphinx = Sphinx(pool, expected, workers)
        await asyncio.gather(*(sphinx.recognise(silence(100)) for _ in range(workers)))
        yield sphinx
    finally:
        await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
