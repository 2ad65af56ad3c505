"""Tests of dividing the caller's audio."""

import itertools

from services.stt.providers.whisper.utterances import Utterance, Utterances
from tests.unit.stt.providers.whisper.audio import detect, silence, speech

_FRAME_BYTES = 160


def _push(utterances: Utterances, audio: bytes, at_ms: int | None = None) -> None:
    at_ms = utterances.end_ms if at_ms is None else at_ms
    for begin in range(0, len(audio), _FRAME_BYTES):
        utterances.push(audio[begin : begin + _FRAME_BYTES], at_ms + begin // 8)


def _spoken(audio: bytes, at_ms: int = 0) -> list[Utterance]:
    utterances = Utterances(detect, silence_ms=300)
    _push(utterances, audio, at_ms)
    return utterances.waiting


def test_silence_ends_an_utterance() -> None:
    """It begins with some of the silence before it, and a short pause does not end it."""
    first, second = _spoken(
        silence(1000) + speech(800) + silence(200) + speech(500) + silence(1000) + speech(400) + silence(400),
        at_ms=5000,
    )
    assert 5650 <= first.start_ms <= 5800
    assert abs(first.speech_end_ms - 7500) < 60
    assert 7780 <= first.end_ms <= 7860
    assert 900 <= first.speech_ms <= 1600
    assert second.start_ms >= 8200
    assert first.complete
    assert first.after_pause


def test_silence_alone_is_no_utterance() -> None:
    """The audio before it need not be sent again."""
    utterances = Utterances(detect, silence_ms=300)
    assert utterances.silent_since_ms is None
    _push(utterances, silence(5000))
    assert utterances.waiting == []
    assert utterances.current is None
    assert utterances.silent_since_ms == 4700
    _push(utterances, speech(500))
    assert utterances.silent_since_ms is None


def test_a_long_utterance_is_cut_at_a_pause() -> None:
    """The work for one piece does not grow with the length of the turn, and no audio is lost."""
    sentence = speech(2500) + silence(140)
    audio = sentence * 12
    pieces = _spoken(audio + silence(500))
    assert len(pieces) > 2
    assert all(piece.end_ms - piece.start_ms <= 14_100 for piece in pieces)
    for before, after in itertools.pairwise(pieces):
        assert before.end_ms == after.start_ms
        assert not before.after_pause
        assert before.end_ms % 2640 < 140 or before.end_ms % 2640 > 2500
    joined = b"".join(bytes(piece.audio) for piece in pieces)
    assert audio[: len(audio) - 2000] in joined


def test_speech_without_any_pause_is_cut_at_its_quietest_place() -> None:
    """A caller who does not breathe is transcribed as well."""
    pieces = _spoken(speech(11_000) + silence(30) + speech(6000) + silence(500))
    assert len(pieces) == 2
    assert abs(pieces[0].end_ms - 11_015) < 60
    assert pieces[0].speech_end_ms <= pieces[0].end_ms


def test_a_gap_ends_an_utterance() -> None:
    """Audio that was not received is not silence."""
    utterances = Utterances(detect, silence_ms=300)
    _push(utterances, silence(400) + speech(600), at_ms=0)
    _push(utterances, speech(600), at_ms=4000)
    (first,) = utterances.waiting
    assert first.end_ms == 1000
    assert utterances.current is not None
    assert utterances.current.start_ms >= 3990


def test_the_size_of_the_messages_does_not_matter() -> None:
    """A backlog arrives in messages of a second."""
    audio = silence(400) + speech(300) + silence(1000) + speech(700) + silence(600)
    frames, whole = Utterances(detect, silence_ms=300), Utterances(detect, silence_ms=300)
    _push(frames, audio)
    whole.push(audio, 0)
    assert len(whole.waiting) == 2
    assert whole.waiting == frames.waiting


def test_speech_continues_after_an_utterance_that_was_ended_within_it() -> None:
    """A final transcript may be requested while the caller speaks: no audio after it is lost."""
    utterances = Utterances(detect, silence_ms=300)
    _push(utterances, silence(500) + speech(1000))
    utterances.complete_current()
    _push(utterances, speech(1000) + silence(400))

    first, second = utterances.waiting
    assert first.end_ms == second.start_ms == 1500
    assert abs(second.speech_end_ms - 2500) < 60
    assert second.speech_ms >= 900
