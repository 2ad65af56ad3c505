"""What callers ask in the chaos runs."""

import random

from bench.chaos.dialogue import GOODBYE, answer_to, expected_words, script
from bench.turns.scripts import QUESTIONS


def test_every_sentence_can_be_told_from_all_others() -> None:
    """By words that are its own, or the judge could not count it."""
    for text in (*QUESTIONS, GOODBYE):
        for sentence in answer_to(text):
            assert len(expected_words(sentence)) >= 2, sentence


def test_nothing_is_asked_twice() -> None:
    """So that each sentence is due once."""
    texts = script(6, random.Random(1)).texts

    assert len(set(texts)) == len(texts) == 7
    assert texts[-1] == GOODBYE
