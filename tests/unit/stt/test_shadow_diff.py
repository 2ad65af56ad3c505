"""Two transcribers' turns of one call."""

from parley.v1.speech_pb2 import TurnEnded
from services.stt.shadow_diff import ShadowDiff, TurnDifference


def turn(text: str, end_ms: int) -> TurnEnded:
    """The same from either."""
    return TurnEnded(turn=1, text=text, speech_end_ms=end_ms)


def test_equal_turns_are_no_difference() -> None:
    """Whoever is first, within a tenth of a second."""
    compared = ShadowDiff()

    assert compared.on_live(turn("hello there", 1000), 1250) == []
    assert compared.on_shadow(turn("Hello there", 1020), 1300) == []
    assert compared.on_shadow(turn("bye", 5000), 5250) == []
    assert compared.on_live(turn("bye", 5000), 5250) == []
    assert compared.close() == []


def test_words_and_time_that_differ_are_told() -> None:
    """By how much, and never which words."""
    compared = ShadowDiff()
    compared.on_live(turn("my number is five", 1000), 1250)

    assert compared.on_shadow(turn("my number is nine", 1000), 2250) == [
        TurnDifference("words", 1000, 2),
        TurnDifference("slower", 1000, 1000),
    ]


def test_turns_that_only_one_has_heard_are_told_at_the_end() -> None:
    """Each by its time."""
    compared = ShadowDiff()
    compared.on_live(turn("hello", 1000), 1250)
    compared.on_shadow(turn("hm", 9000), 9250)

    assert compared.close() == [TurnDifference("missed", 1000), TurnDifference("extra", 9000)]
