"""Emoji, control characters and signs."""

import pytest

from services.tts.spoken_text.language import find_language
from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.symbols import plain_characters, remove_emoticons, speak_signs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a👍🏽b", "a  b"),
        ("👨\u200d👩\u200d👧", "   "),
        ("🇩🇪", "  "),
        ("1️⃣ x", "1 x"),
        ("a\u200bb\ufeff\u00ad", "ab"),
        ("a\x00\x1b\ud800", "a"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("क्\u200dष", "क्\u200dष"),
        ("Ça va, ñandú – “so” …", "Ça va, ñandú – “so” …"),
        ("你好。谢谢", "你好。谢谢"),
        ("① ★ ✓ • ■", "1        "),
        ("20 °C, 5 €, m²", "20 °C, 5 €, m²"),
    ],
)
def test_inaudible_characters_are_removed(text: str, expected: str) -> None:
    """Letters of all scripts are left."""
    assert plain_characters(MappedText.of(text)).text == expected


def test_emoticons_are_removed() -> None:
    """Times and ratios are not emoticons."""
    assert remove_emoticons(MappedText.of("Hi :-) and :smile: at 9:30 :D <3")).text == "Hi  and  at 9:30  "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a & b, AT&T", "a  and  b, AT&T"),
        ("5 * 3 = 15", "5 times 3 equals 15"),
        ("x < 5 >= 3", "x less than 5 at least 3"),
        ("~5 and C++", "about 5 and C++"),
        ("press # now, press *.", "press  pound  now, press  star ."),
    ],
)
def test_signs_between_words_are_spoken(text: str, expected: str) -> None:
    """Signs within names are left."""
    found = speak_signs(MappedText.of(text), find_language("en").words).text
    assert found.split() == expected.split()
