"""The local voice."""

import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.caller.loudness import voiced_bounds
from sandbox.espeak import speak


def test_words_follow_one_another_within_the_sound() -> None:
    """Each of the text's words, in order."""
    text = "It costs $3.50, Dr. Miller said; e-mail ann@example.com."
    speech = speak(text)

    assert [word.text for word in speech.words] == text.split()
    assert all(a.end_ms <= b.start_ms for a, b in zip(speech.words, speech.words[1:], strict=False))
    assert speech.words[-1].end_ms <= len(speech.mulaw) / 8
    start, end = voiced_bounds(speech.mulaw)
    assert start < 800
    assert end > len(speech.mulaw) / 2


def test_a_text_that_holds_nothing_to_say_is_silent() -> None:
    """No error."""
    assert speak("... !").mulaw == b""


def test_it_speaks_much_faster_than_it_is_heard() -> None:
    """So that it needs no process of its own."""
    began = time.perf_counter()
    speech = speak("This sentence was never spoken before, and it is a rather long one.")

    assert time.perf_counter() - began < len(speech.mulaw) / 8000 / 4


def test_threads_that_speak_at_once_do_not_mix() -> None:
    """The library itself keeps one state for all."""
    texts = [f"Sentence number {number} is spoken by a thread of its own." for number in range(16)]
    speak.cache_clear()
    alone = [speak(text) for text in texts]
    speak.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(speak, texts))

    assert [s.words for s in together] == [s.words for s in alone]
