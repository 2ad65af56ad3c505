"""Transcripts in the order of the audio."""

import pytest

from parley.providers.stt import FinalTranscript, UtteranceEnd
from services.stt.providers.openai.commits import Commit
from services.stt.providers.openai.items import Items, commit_number, estimated_words

FIRST = Commit(0, 1000, 200, pause_ms=200)
SECOND = Commit(1000, 2000, 1200, pause_ms=200)


def test_deltas_are_an_interim_transcript() -> None:
    """Before the commit and after it; the transcript replaces them."""
    items = Items()

    first = items.add_text("i1", "Hello", 100, 600)
    items.committed(FIRST)
    items.named("i1")
    second = items.add_text("i1", " there", 1000, 1000)
    [final] = items.complete("i1", " Hello there.")

    assert first
    assert (first.text, first.words[0].start_ms, first.words[0].end_ms) == ("Hello", 100, 600)
    assert second
    assert (second.text, second.words[-1].end_ms) == ("Hello there", 800)
    assert isinstance(final, FinalTranscript)
    assert (final.text, final.end_ms, final.speech_final) == ("Hello there.", 1000, True)
    assert not items.outstanding


def test_a_later_transcript_waits_for_an_earlier_one() -> None:
    """Interim transcripts contain both."""
    items = Items()
    for name, commit in (("i1", FIRST), ("i2", SECOND)):
        items.committed(commit)
        items.named(name)

    assert items.complete("i2", "world") == []
    interim = items.add_text("i1", "Hello", 2000, 2000)
    assert interim
    assert interim.text == "Hello world"
    finals = items.complete("i1", "Hello")
    assert [final.text for final in finals if isinstance(final, FinalTranscript)] == ["Hello", "world"]


def test_the_end_of_words_in_noise_is_an_utterance_end() -> None:
    """Which ends the turn although the detector reports speech."""
    items = Items()
    items.committed(Commit(0, 3000, 200, no_more_words=True))

    final, end = items.complete("i1", "Hello")
    assert isinstance(final, FinalTranscript)
    assert not final.speech_final
    assert end == UtteranceEnd(3000)


def test_a_refused_commit_is_dropped() -> None:
    """The transcripts after it are sent."""
    items = Items()
    number = commit_number(items.committed(FIRST))
    items.committed(SECOND)
    items.refused(number or 0)
    items.named("i2")

    [final] = items.complete("i2", "world")
    assert isinstance(final, FinalTranscript)
    assert final.end_ms == 2000


def test_events_of_unknown_items_are_ignored() -> None:
    """And texts without words have no times."""
    items = Items()
    items.named("x")
    items.add_text("i1", "a", 0, 10)

    assert items.add_text("i2", "b", 0, 10) is None
    assert items.complete("i3", "b") == []
    assert estimated_words("  ", 0, 100) == ()


@pytest.mark.parametrize(
    ("text", "number"), [("commit_12", 12), ("commit_", None), ("commit_²", None), ("x", None), (5, None)]
)
def test_the_number_of_a_commit(text: object, number: int | None) -> None:
    """An error names its event."""
    assert commit_number(text) == number


def test_words_have_times_by_their_letters() -> None:
    """In the speech of their item."""
    words = estimated_words("a bbb", 100, 500)

    assert [(word.start_ms, word.end_ms) for word in words] == [(100, 200), (200, 500)]
