"""Tests of the dialogue of the chaos runs."""

import random

from bench.chaos.dialogue import GOODBYE, answer_to, expected_words, script
from bench.turns.scripts import QUESTIONS


def test_every_sentence_is_distinguishable() -> None:
    """Each has distinctive words, so that it can be counted."""
    for text in (*QUESTIONS, GOODBYE):
        for sentence in answer_to(text):
            assert len(expected_words(sentence)) >= 2, sentence


def test_questions_are_distinct() -> None:
    """Each sentence is expected once."""
    texts = script(6, random.Random(1)).texts

    assert len(set(texts)) == len(texts) == 7
    assert texts[-1] == GOODBYE
