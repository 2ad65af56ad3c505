"""Capitals, punctuation and figures of transcripts."""

import pytest

from sandbox.deepgram.formatting import PLAIN_TEXT, TextFormat, write
from sandbox.recognition.recogniser import Word

SMART = TextFormat(smart=True)


def written(text: str, text_format: TextFormat = SMART, *, complete: bool = True) -> str:
    words = [Word(word, 100 * number, 100 * number + 90) for number, word in enumerate(text.split())]
    return " ".join(word.text for word in write(words, text_format, complete=complete))


@pytest.mark.parametrize(
    ("spoken", "text"),
    [
        ("my number is", "My number is."),
        ("my number is eight five one two", "My number is 8512."),
        ("my name is angela collins", "My name is Angela Collins."),
        ("can i come on friday at ten", "Can I come on Friday at 10?"),
        ("one moment please", "One moment please."),
        ("", ""),
    ],
)
def test_smart_format_writes_sentences(spoken: str, text: str) -> None:
    """A full stop follows wherever the caller pauses."""
    assert written(spoken) == text


def test_each_parameter_does_its_part() -> None:
    """Without any the words are as recognised."""
    spoken = "i am twenty five"

    assert written(spoken, PLAIN_TEXT) == spoken
    assert written(spoken, TextFormat(punctuate=True)) == "I am twenty five."
    assert written(spoken, TextFormat(numerals=True)) == "i am 25"


def test_words_before_the_pause_have_no_full_stop() -> None:
    """Interim results of running speech are not complete."""
    assert written("my number is", complete=False) == "My number is"


def test_a_number_has_the_times_of_its_words() -> None:
    """The unformatted word is the number too."""
    words = [Word("nine", 0, 300, 0.8), Word("four", 400, 700, 0.5)]
    [number] = write(words, SMART, complete=True)

    assert number.word == Word("94", 0, 700, 0.5)
    assert number.punctuated == "94."
