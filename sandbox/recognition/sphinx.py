"""Speech recognition by pocketsphinx, in worker processes."""

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

from parley.audio.g711 import DECODE, FRAME_BYTES, make_silence, ms_to_bytes
from sandbox.recognition.language_model import bigram_model, telephone_sentences
from sandbox.recognition.recogniser import RecognitionError, Word
from sandbox.recognition.speech_segmenter import SpeechSegment, SpeechSegmenter

_RATE_HZ = 16_000
_FRAME_MS = 10
_PAD_MS = 150
"""Silence added around a segment; the recogniser estimates the noise level from it."""
_PAUSE_MS = 300
"""Silence that separates two segments of a recording."""
_MARGIN_MS = 100
"""Silence kept on either side of a recording's segment."""
_NOISE_AMPLITUDE = 3.0
"""Amplitude, of 32768, of the noise added to a recording.

Digital silence spoils the recogniser's noise estimate: without added noise it found 77 % of espeak's words,
with it 91 %. The callers' recordings contain noise already and gain nothing (99.3 and 98.9 %), so live audio
is not changed.
"""
_TIMEOUT_S = 60.0
"""For one segment, time in the queue included; a call would have failed long before."""
_FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT = re.compile(r"\(\d+\)$")
_LINEAR = np.array(DECODE, dtype=np.float32)


@cache
def _decoder(sentences: tuple[str, ...]) -> Decoder:
    with tempfile.TemporaryDirectory() as folder:
        dictionary = Decoder(samprate=_RATE_HZ, loglevel="FATAL", lm=None)
        in_vocabulary = [s for s in sentences if all(dictionary.lookup_word(word) for word in s.split())]
        model = Path(folder) / "telephone.lm"
        model.write_text(bigram_model(in_vocabulary), "utf-8")
        return Decoder(samprate=_RATE_HZ, loglevel="FATAL", lm=str(model))


def decode(mulaw: bytes, sentences: tuple[str, ...], noise_amplitude: float = 0.0) -> tuple[Word, ...]:
    """Recognise a segment with a language model made of the sentences; takes about 5 % of its duration."""
    decoder = _decoder(sentences)
    padded = make_silence(_PAD_MS) + mulaw + make_silence(_PAD_MS)
    wave = soxr.resample(_LINEAR[np.frombuffer(padded, dtype=np.uint8)], 8000, _RATE_HZ)
    if noise_amplitude:
        # A fixed seed keeps results reproducible.
        wave = wave + np.random.default_rng(0).normal(0, noise_amplitude, len(wave))
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


def decode_recording(mulaw: bytes, sentences: tuple[str, ...]) -> list[Word]:
    """Recognise a whole recording, segment by segment."""
    segmenter = SpeechSegmenter()
    words: list[Word] = []
    for at in range(0, len(mulaw), FRAME_BYTES):
        segmenter.push(mulaw[at : at + FRAME_BYTES])
        ended = at + FRAME_BYTES >= len(mulaw) or segmenter.silence_ms >= _PAUSE_MS
        segment = segmenter.take() if ended else None
        if segment is not None:
            words += _decode_segment(segment, sentences)
    return words


def _decode_segment(segment: SpeechSegment, sentences: tuple[str, ...]) -> list[Word]:
    begin_ms = max(segment.start_ms, segment.speech_start_ms - _MARGIN_MS)
    end_ms = segment.speech_end_ms + _MARGIN_MS
    audio = segment.audio[ms_to_bytes(begin_ms - segment.start_ms) : ms_to_bytes(end_ms - segment.start_ms)]
    return [
        Word(word.text, word.start_ms + begin_ms, word.end_ms + begin_ms, word.confidence)
        for word in decode(bytes(audio), sentences, _NOISE_AMPLITUDE)
    ]


def _init_worker(sentences: tuple[str, ...]) -> None:
    # The parent process handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    decode(make_silence(200), sentences)


def _exit_with_parent() -> None:
    """End this process when its parent was killed and could not shut it down."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Sphinx:
    """A Recogniser that runs pocketsphinx in a pool of worker processes."""

    def __init__(
        self, make_pool: Callable[[], ProcessPoolExecutor], sentences: tuple[str, ...], workers: int
    ) -> None:
        self._make_pool = make_pool
        self._pool = make_pool()
        self._sentences = sentences
        self._workers = workers
        self._pending = 0

    @property
    def busy(self) -> bool:
        """True if at most one process is free; it is kept for final results."""
        return self._pending >= max(1, self._workers - 1)

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a segment.

        Raises:
            RecognitionError: the processes died twice, or did not answer in time.
        """
        self._pending += 1
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._decode(mulaw)
        except TimeoutError:
            raise RecognitionError(f"no answer within {_TIMEOUT_S:g} s") from None
        except BrokenProcessPool as error:
            raise RecognitionError(str(error)) from None
        finally:
            self._pending -= 1

    async def _decode(self, mulaw: bytes) -> tuple[Word, ...]:
        loop, pool = asyncio.get_running_loop(), self._pool
        try:
            return await loop.run_in_executor(pool, decode, mulaw, self._sentences)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._make_pool()
            return await loop.run_in_executor(self._pool, decode, mulaw, self._sentences)

    async def close(self) -> None:
        """Shut down the worker processes."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


@asynccontextmanager
async def open_sphinx(workers: int, sentences: Sequence[str] = ()) -> AsyncIterator[Sphinx]:
    """Run the worker processes; they are warmed up on entry and shut down on exit."""
    model_sentences = tuple(sentences or telephone_sentences())

    def make_pool() -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, initializer=_init_worker, initargs=(model_sentences,))

    sphinx = Sphinx(make_pool, model_sentences, workers)
    try:
        await asyncio.gather(*(sphinx.recognise(make_silence(100)) for _ in range(workers)))
        yield sphinx
    finally:
        await sphinx.close()
