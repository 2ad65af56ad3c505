"""Converts character timings to word timings. No I/O, no clock."""

import re
from bisect import bisect_right

from parley.providers.tts import CharTiming
from parley.v1.synthesis_pb2 import WordTiming
from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.normalizer import SpokenText

_WORD = re.compile(r"\S+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def without_tags(text: str) -> str:
    """Remove SSML tags, which are not spoken."""
    return _TAG.sub("", text)


def alnum_count(text: str) -> int:
    """Number of letters and digits, the part of a text that every provider's alignment contains."""
    return sum(map(str.isalnum, text))


def word_timings(
    text: str, characters: tuple[CharTiming, ...], start_ms: float, end_ms: float
) -> list[WordTiming]:
    """Return the words of `text` with their times between `start_ms` and `end_ms`.

    Words are located among the characters by counting letters and digits, because providers trim spaces and
    change quotes. Words that the characters do not cover share the remaining time in proportion to their
    length.
    """
    audible = [c for c in characters if c.text.isalnum()]
    words = text.split()
    untimed_chars = sum(map(len, words))
    found: list[WordTiming] = []
    position_ms = start_ms
    for word in words:
        count = alnum_count(word)
        timed, audible = audible[:count], audible[count:]
        if not count:
            begin_ms = stop_ms = position_ms
        elif len(timed) == count:
            begin_ms, stop_ms = timed[0].start_ms, timed[-1].end_ms
        else:
            share = len(word) / untimed_chars
            begin_ms, stop_ms = position_ms, position_ms + (end_ms - position_ms) * share
        begin_ms = min(max(begin_ms, position_ms), end_ms)
        position_ms = min(max(stop_ms, begin_ms), end_ms)
        found.append(WordTiming(text=word, start_ms=round(begin_ms), end_ms=round(position_ms)))
        untimed_chars -= len(word)
    return found


def clause_word_timings(
    clause: str, spoken: SpokenText, characters: tuple[CharTiming, ...], start_ms: float, end_ms: float
) -> list[WordTiming]:
    """Return the words of a clause with the times of what was spoken for them.

    A word that was not spoken, such as a list marker, has the times of the next one that was; at the end of
    the clause, those of the last one.
    """
    audible = MappedText(spoken.text, spoken.offsets).remove(_TAG)
    timings = word_timings(audible.text, characters, start_ms, end_ms)
    if audible.text == clause:
        return timings
    words = list(_WORD.finditer(clause))
    starts = [word.start() for word in words]
    times: list[tuple[int, int] | None] = [None] * len(words)
    for match, timing in zip(_WORD.finditer(audible.text), timings, strict=True):
        number = max(0, bisect_right(starts, audible.offsets[match.start()]) - 1)
        earlier = times[number]
        times[number] = (earlier[0] if earlier else timing.start_ms, timing.end_ms)
    last = next((found for found in reversed(times) if found), (round(start_ms), round(end_ms)))
    result: list[WordTiming] = []
    for word, found in zip(reversed(words), reversed(times), strict=True):
        last = found or last
        result.append(WordTiming(text=word.group(), start_ms=last[0], end_ms=last[1]))
    return result[::-1]
