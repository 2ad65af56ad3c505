"""Many callers, none like another."""

import itertools
from importlib.resources import files

import pytest

from sandbox.caller.caller_pool import caller_pool, unique_words
from sandbox.caller.script import ExpectHangUp, Say
from sandbox.caller.voice_bank import load_bank
from sandbox.deepgram.language import telephone_sentences
from sandbox.deepgram.sphinx import decode

MOST = 50


def test_a_caller_has_five_turns_and_waits_for_the_end() -> None:
    """Each text is in the voice bank, the last is a goodbye."""
    bank = load_bank()
    for caller in caller_pool(MOST):
        texts = caller.script.texts

        assert len(texts) == 5
        assert texts[-1].endswith("goodbye")
        assert all(text in bank.recordings for text in texts)
        assert isinstance(caller.script.steps[-1], ExpectHangUp)
        assert sum(isinstance(step, Say) for step in caller.script.steps) == 5


def test_words_are_unique_to_a_caller() -> None:
    """No name, first or last, and no number is another's."""
    callers = caller_pool(MOST)
    names = list(itertools.chain.from_iterable(caller.name.split() for caller in callers))

    assert len(set(names)) == 2 * MOST
    assert len({caller.number for caller in callers}) == MOST
    for caller in callers:
        others = " ".join(text for other in callers if other is not caller for text in other.script.texts)
        assert unique_words(caller.script) == (caller.name, caller.number)
        assert all(words not in others for words in unique_words(caller.script))


def test_a_seed_makes_a_crowd_and_another_seed_another() -> None:
    """The same each time."""
    assert caller_pool(20, seed=3) == caller_pool(20, seed=3)
    assert caller_pool(20, seed=3) != caller_pool(20, seed=4)


@pytest.mark.parametrize("count", [0, -1, MOST + 1])
def test_more_than_there_are_is_refused(count: int) -> None:
    """With how many there are."""
    with pytest.raises(ValueError, match=f"{MOST} callers"):
        caller_pool(count)


@pytest.mark.slow
def test_the_recogniser_understands_whoever_calls() -> None:
    """Every name and number word for word, among all that is said on the telephone."""
    bank, sentences = load_bank(), tuple(telephone_sentences())
    own = [f"my {what} is" for what in ("name", "number")]
    missed: dict[str, str] = {}
    for text, sound in bank.recordings.items():
        if any(text.startswith(f"{start} ") for start in own):
            heard = " ".join(word.text for word in decode(sound.mulaw, sentences))
            missed |= {} if heard == text else {text: heard}

    assert missed == {}


@pytest.mark.slow
def test_the_demos_caller_is_understood_word_for_word() -> None:
    """All four turns."""
    bank, sentences = load_bank(), tuple(telephone_sentences())
    for text in (files("sandbox.caller.voice") / "texts.txt").read_text("utf-8").splitlines()[:4]:
        heard = [word.text for word in decode(bank.utterance(text).mulaw, sentences)]

        assert heard == text.split()
