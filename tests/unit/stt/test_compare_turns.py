"""Two transcribers' turns of one call."""

from parley.v1.speech_pb2 import TurnEnded
from services.stt.compare_turns import Comparison, TurnDifference


def turn(text: str, end_ms: int) -> TurnEnded:
    """The same from either."""
    return TurnEnded(turn=1, text=text, speech_end_ms=end_ms)


def test_equal_turns_are_no_difference() -> None:
    """Whoever is first, within a tenth of a second."""
    compared = Comparison()

    assert compared.live(turn("hello there", 1000), 1250) == []
    assert compared.shadow(turn("Hello there", 1020), 1300) == []
    assert compared.shadow(turn("bye", 5000), 5250) == []
    assert compared.live(turn("bye", 5000), 5250) == []
    assert compared.over() == []


def test_words_and_time_that_differ_are_told() -> None:
    """By how much, and never which words."""
    compared = Comparison()
    compared.live(turn("my number is five", 1000), 1250)

    assert compared.shadow(turn("my number is nine", 1000), 2250) == [
        TurnDifference("words", 1000, 2),
        TurnDifference("slower", 1000, 1000),
    ]


def test_turns_that_only_one_has_heard_are_told_at_the_end() -> None:
    """Each by its time."""
    compared = Comparison()
    compared.live(turn("hello", 1000), 1250)
    compared.shadow(turn("hm", 9000), 9250)

    assert compared.over() == [TurnDifference("missed", 1000), TurnDifference("extra", 9000)]
