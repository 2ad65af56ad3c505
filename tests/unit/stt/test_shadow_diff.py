"""Differences between the turns of the owner and of a shadow."""

from parley.v1.speech_pb2 import TurnEnded
from services.stt.shadow_diff import ShadowDiff, TurnDifference


def turn(text: str, end_ms: int) -> TurnEnded:
    """The first turn of a call."""
    return TurnEnded(turn=1, text=text, speech_end_ms=end_ms)


def test_equal_turns_have_no_differences() -> None:
    """Either turn may come first, by up to 100 ms."""
    diff = ShadowDiff()

    assert diff.on_live(turn("hello there", 1000), 1250) == []
    assert diff.on_shadow(turn("Hello there", 1020), 1300) == []
    assert diff.on_shadow(turn("bye", 5000), 5250) == []
    assert diff.on_live(turn("bye", 5000), 5250) == []
    assert diff.close() == []


def test_different_words_and_times_are_reported() -> None:
    """Differences are numbers and contain no words."""
    diff = ShadowDiff()
    diff.on_live(turn("my number is five", 1000), 1250)

    assert diff.on_shadow(turn("my number is nine", 1000), 2250) == [
        TurnDifference("words", 1000, 2),
        TurnDifference("slower", 1000, 1000),
    ]


def test_turns_that_only_one_of_them_detected_are_reported_at_the_end() -> None:
    """The report contains the call time of the end of speech."""
    diff = ShadowDiff()
    diff.on_live(turn("hello", 1000), 1250)
    diff.on_shadow(turn("hm", 9000), 9250)

    assert diff.close() == [TurnDifference("missed", 1000), TurnDifference("extra", 9000)]
