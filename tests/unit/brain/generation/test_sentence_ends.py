"""Full stops after numbers and abbreviations."""

import pytest

from services.brain.generation.sentence_ends import inside_markup, sentence_rules


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "It is 9.| Come", True),
        ("en", "1.| Monday", False),
        ("en", "as follows: 1.| Monday", False),
        ("en", "No.| That", True),
        ("en", "No.| 5", False),
        ("en", "I said no.| ", None),
        ("en", "at 9 a.m.| on", False),
        ("en", "at 9 a.m.| ", None),
        ("en", "at 9 a.m.| “We", True),
        ("en", "Dr.| Lee", False),
        ("en", "J.| R.", False),
        ("en", "the U.S.| Army", False),
        ("en", "Well...| and", True),
        ("de", "der 3.| Stock", False),
        ("de", "5.| Mai", False),
        ("de", "um 9.| Danach ", True),
        ("de", "um 9.| Dana", None),
        ("de", "um 9.| und", False),
        ("de", "die Musterstr.| 5", False),
        ("de", "am 28.11.| um", False),
        ("cs", "dne 5.| května", False),
        ("es", "la Sra.| García", False),
        ("es", "No.| Claro", True),
        ("fr", "à 9 h.| Bien", True),
        ("pt", "a Dra.| Ana", False),
        ("hi", "डॉ.| शर्मा", False),
    ],
)
def test_a_full_stop_may_belong_to_a_word(language: str, text: str, expected: bool | None) -> None:
    """The next token decides where None is expected."""
    end = text.index("|")
    assert sentence_rules(language).ends_sentence(text.replace("|", ""), end) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Nov 28,| 2026", False), ("Nov 28,| we", True), ("Nov 28,| ", None), ("Sure,| we", True)],
)
def test_a_comma_may_belong_to_a_date(text: str, expected: bool | None) -> None:
    """The next token decides where None is expected."""
    end = text.index("|")
    assert sentence_rules("en").ends_at_pause(text.replace("|", ""), end) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<break time="0.5s', True),
        ("<break time=", True),
        ("<b", True),
        ("<b>", False),
        ("x < y.", False),
        ("x <y. Then", False),
        ("[see this. ", True),
        ("[a](http://b.c/d e", True),
        ("[a](http://b.c)", False),
    ],
)
def test_tags_and_links_are_recognized(text: str, expected: bool) -> None:
    """A comparison is not a tag."""
    assert inside_markup(text) is expected
