"""Times of characters become times of words. No I/O, no clock."""

from parley.providers.tts import CharTiming
from parley.v1.synthesis_pb2 import WordTiming


def weight(text: str) -> int:
    """Letters and digits: what a provider's alignment and our text surely have in common."""
    return sum(map(str.isalnum, text))


def timed_words(
    text: str, characters: tuple[CharTiming, ...], start_ms: float, end_ms: float
) -> list[WordTiming]:
    """The words of `text` with their times between `start_ms` and `end_ms`.

    Words are found among the characters by counting letters and digits, as providers trim spaces and change
    quotes. Words that the characters do not cover share the time that is left, by their length.
    """
    sounding = [c for c in characters if c.text.isalnum()]
    words = text.split()
    unspoken = sum(map(len, words))
    found: list[WordTiming] = []
    now_ms = start_ms
    for word in words:
        count = weight(word)
        spoken, sounding = sounding[:count], sounding[count:]
        if not count:
            begin_ms = stop_ms = now_ms
        elif len(spoken) == count:
            begin_ms, stop_ms = spoken[0].start_ms, spoken[-1].end_ms
        else:
            begin_ms, stop_ms = now_ms, now_ms + (end_ms - now_ms) * len(word) / unspoken
        begin_ms = min(max(begin_ms, now_ms), end_ms)
        now_ms = min(max(stop_ms, begin_ms), end_ms)
        found.append(WordTiming(text=word, start_ms=round(begin_ms), end_ms=round(now_ms)))
        unspoken -= len(word)
    return found
