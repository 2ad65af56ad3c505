"""Tests of the scores of ends of turns."""

from bench.speech.turn_ends import Point, _required, _shares


def point(silence_ms: float, text: str, words_ms: float) -> Point:
    return Point(silence_ms, text, {"words": words_ms, "model": 350, "both": 1200})


def test_ends_and_pauses_are_counted_apart() -> None:
    """A pause is not cut if the rule waits longer."""
    points = [
        point(float("inf"), "Thank you.", 350),
        point(float("inf"), "and then", 1200),
        point(400, "Please hold the line.", 350),
        point(900, "Press one or", 1200),
    ]

    assert _shares(points, "words") == {
        "finished": 2,
        "ended_within_700_ms": 1,
        "pauses": 2,
        "pauses_not_cut": 1,
    }
    assert _shares(points, "model")["pauses_not_cut"] == 0


def test_the_model_only_lengthens_a_pause() -> None:
    """Words that are incomplete wait, whatever the audio."""
    complete, unfinished = _required("Thank you very much.", 0.1), _required("i would like to", 0.9)

    assert complete["words"] < complete["both"]
    assert unfinished["both"] == unfinished["words"] > unfinished["model"]
