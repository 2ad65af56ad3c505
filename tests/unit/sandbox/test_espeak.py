"""Tests of speech synthesis by espeak-ng."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.caller.loudness import audible_bounds
from sandbox.espeak import VOICE, speak, voice_of


def test_words_are_in_order_within_the_audio() -> None:
    """Each of the text's words has its times."""
    text = "It costs $3.50, Dr. Miller said; e-mail ann@example.com."
    speech = speak(text)

    assert [word.text for word in speech.words] == text.split()
    assert all(a.end_ms <= b.start_ms for a, b in zip(speech.words, speech.words[1:], strict=False))
    assert speech.words[-1].end_ms <= len(speech.mulaw) / 8
    start, end = audible_bounds(speech.mulaw)
    assert start < 800
    assert end > len(speech.mulaw) / 2


def test_a_text_without_letters_is_silent() -> None:
    """Punctuation alone produces empty audio rather than an error."""
    assert speak("... !").mulaw == b""


def test_synthesis_is_much_faster_than_playback() -> None:
    """Synthesis takes less than a quarter of the audio's length, so that no separate process is needed."""
    began = time.perf_counter()
    speech = speak("This sentence was never spoken before, and it is a rather long one.")

    assert time.perf_counter() - began < len(speech.mulaw) / 8000 / 4


def test_threads_can_synthesise_concurrently() -> None:
    """The library's state is global."""
    texts = [f"Sentence number {number} is spoken by a thread of its own." for number in range(16)]
    speak.cache_clear()
    alone = [speak(text) for text in texts]
    speak.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(speak, texts))

    assert [s.words for s in together] == [s.words for s in alone]


@pytest.mark.parametrize(
    "tag", ["de-DE", "es-MX", "fr-FR", "hi-IN", "it-IT", "nl-NL", "pl-PL", "pt-BR", "pt-PT"]
)
def test_a_language_has_a_voice_of_its_own(tag: str) -> None:
    """The text is pronounced differently than in English."""
    assert speak("La casa 1234", voice_of(tag)).mulaw != speak("La casa 1234").mulaw


@pytest.mark.parametrize("tag", ["", "en-GB", "sw"])
def test_other_languages_use_the_english_voice(tag: str) -> None:
    """Recognisers are fitted to it."""
    assert voice_of(tag) == VOICE
