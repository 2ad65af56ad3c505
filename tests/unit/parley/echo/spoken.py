"""Factories of speech whose words all take the same time."""

from collections.abc import Iterator

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body
from parley.providers.stt import Word
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming

WORD_MS = 300


def played(
    text: str, *, at_ms: int, reply_id: str = "r1", played_ms: int | None = None, timed: bool = True
) -> Iterator[Body]:
    """The events of a reply that is synthesized and played from `at_ms` on, perhaps up to `played_ms`."""
    words = text.split()
    length_ms = len(words) * WORD_MS
    timings = [
        WordTiming(text=word, start_ms=n * WORD_MS, end_ms=(n + 1) * WORD_MS) for n, word in enumerate(words)
    ]
    yield ReplyClause(reply_id=reply_id, text=text)
    yield ClauseSynthesized(
        reply_id=reply_id, end_sample=length_ms * BYTES_PER_MS, words=timings if timed else []
    )
    yield PlaybackStarted(reply_id=reply_id, at_ms=at_ms)
    end = PlaybackFinished if played_ms is None else PlaybackPaused
    samples = (length_ms if played_ms is None else played_ms) * BYTES_PER_MS
    yield end(reply_id=reply_id, played_samples=samples, at_ms=at_ms + samples // BYTES_PER_MS)


def words_at(text: str, at_ms: int, word_ms: int = WORD_MS) -> list[Word]:
    """The words of a text as a provider transcribes them."""
    return [
        Word(word, at_ms + n * word_ms, at_ms + (n + 1) * word_ms, 0.9) for n, word in enumerate(text.split())
    ]
