"""Real recognition of the callers' voice."""

from typing import Any

import pytest

from cli.word_match import match_texts
from parley.mulaw import silence
from sandbox.caller.voice_bank import load_bank
from sandbox.deepgram.language import bigram_model, telephone_sentences
from sandbox.deepgram.sphinx import decode, decode_long

TEXTS = (
    "hello i would like to book an appointment with the doctor",
    "tuesday afternoon would be good",
    "my name is robert miller",
    "no thank you that is all goodbye",
)


def nobody(text: str) -> Any:
    raise AssertionError(text)


BANK = load_bank(nobody)


@pytest.mark.slow
def test_the_demos_caller_is_understood() -> None:
    """Nearly word for word, among a hundred and fifty other sentences."""
    sentences = tuple(telephone_sentences())
    for text in TEXTS:
        heard = " ".join(word.text for word in decode(BANK.utterance(text).mulaw, sentences))
        assert match_texts(text, heard).share >= 0.8, heard


@pytest.mark.slow
def test_a_recording_is_heard_stretch_by_stretch() -> None:
    """Words lie where they were spoken."""
    known = BANK.utterance(TEXTS[1])
    words = decode_long(silence(1000) + known.mulaw + silence(1000), tuple(telephone_sentences()))

    assert [word.text for word in words] == TEXTS[1].split()
    assert abs(words[0].start_ms - 1000 - known.words[0].start_ms) < 100


def test_the_language_model_knows_more_than_any_script() -> None:
    """Otherwise a match would mean nothing."""
    sentences = telephone_sentences()

    assert len(sentences) > 100
    assert len({word for sentence in sentences for word in sentence.split()}) > 200


def test_the_model_is_a_probability() -> None:
    """What follows a word adds up to less than one: the rest is kept for what was not seen."""
    model = bigram_model(["a b", "a c"])
    pairs = [line.split() for line in model.split("2-grams:")[1].splitlines() if line.count(" ") == 2]

    assert 0 < sum(10 ** float(p) for p, first, _ in pairs if first == "a") < 1
