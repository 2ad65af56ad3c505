"""Tags, entities, reasoning and stage directions."""

import pytest

from services.tts.spoken_text import markup
from services.tts.spoken_text.mapped_text import MappedText


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Wait<break time="0.5s"/> here', "Wait here"),
        ("<break time=0.5s>ok", "ok"),
        ("< break />ok", "ok"),
        ('<phoneme alphabet="ipa" ph="x">word</phoneme>', "word"),
        ("<speak><s>Hi</s></speak>", "Hi"),
        ("<unknown>kept</unknown>", "kept"),
        ("<your name>", "your name"),
        ("a <br> b", "a \n b"),
        ("<!-- note -->x", "x"),
        ("x < 5 and y > 3", "x < 5 and y > 3"),
        ("if x<y and z>w", "if x<y and z>w"),
        ("3 <5> 4", "3 <5> 4"),
    ],
)
def test_tags_are_removed_and_comparisons_are_not(text: str, expected: str) -> None:
    """The text inside tags is kept."""
    assert markup.remove_tags(MappedText.of(text)).text == expected


def test_entities_are_decoded() -> None:
    """Unknown ones are left."""
    assert markup.decode_entities(MappedText.of("a &amp; b &#33; &nosuch;")).text == "a & b ! &nosuch;"


def test_reasoning_is_removed() -> None:
    """A clause may leave a tag open that ends in a later one."""
    text, left = markup.remove_hidden(MappedText.of("a<think>b</think>c<thinking>d"), "")
    assert (text.text, left) == ("ac", "thinking")
    text, left = markup.remove_hidden(MappedText.of("e</thinking>f"), left)
    assert (text.text, left) == ("f", "")


def test_an_unclosed_tag_is_cut() -> None:
    """A comparison at the end remains."""
    assert markup.cut_unclosed_tag(MappedText.of("a <break time=")) == (MappedText.of("a "), True)
    assert markup.cut_unclosed_tag(MappedText.of("a < b"))[1] is False
    assert markup.finish_tag(MappedText.of("'1s'/> b")).text == " b"


@pytest.mark.parametrize(
    "text", ["[laughs]", "[clears throat]", "(sighs)", "*chuckles softly*", "[whispering]", "[excited]"]
)
def test_stage_directions_are_removed(text: str) -> None:
    """They describe how to speak."""
    assert markup.remove_directions(MappedText.of(f"a {text} b")).text == "a  b"


def test_ordinary_brackets_are_left() -> None:
    """They contain words."""
    assert (
        markup.remove_directions(MappedText.of("[x](y) (see below) *really*")).text
        == "[x](y) (see below) *really*"
    )


def test_markup_that_the_voice_takes_is_recognized() -> None:
    """HTML is never sent."""
    pattern = markup.passthrough_pattern(keep_ssml=True, keep_audio_tags=True)
    found = pattern.findall('<break time="1s"/> <b>x</b> [long pause] [x](y)')
    assert found == ['<break time="1s"/>', "[long pause]"]
