"""The characters that a text dictates at its end."""

import pytest

from services.stt.completion.dictation import Dictated, find_dictated
from services.stt.completion.vocabulary import load_vocabulary


def dictated(text: str, language: str = "en") -> Dictated:
    """The dictation at the end of the text."""
    return find_dictated(text, [load_vocabulary(language)])


@pytest.mark.parametrize(
    ("language", "text", "chars"),
    [
        ("en", "my number is five five five, one two", "55512"),
        ("en", "double five triple zero", "55000"),
        ("en", "oh seven seven", "077"),
        ("en", "twelve thirty-four", "1234"),
        ("en", "one eight hundred", "1800"),
        ("en", "+49 (171) 555-0100.", "+491715550100"),
        ("en", "plus four four", "44"),
        ("en", "S M I T H.", "smith"),
        ("en", "S-M-I-T-H", "smith"),
        ("en", "S as in Sierra, M as in Mike", "sm"),
        ("en", "S for sugar, M like Mary", "sm"),
        ("en", "Sierra Mike India", "smi"),
        ("en", "double-u A Y", "way"),
        ("en", "it's AB12 C", "ab12c"),
        ("en", "it's AB 12", "ab12"),
        ("en", "DE89 3704 0044", "de8937040044"),
        ("en", "four one, uh, and then two", "412"),
        ("de", "null eins sieben eins", "0171"),
        ("de", "zwölf vierunddreißig", "1234"),
        ("de", "zweimal fünf", "55"),
        ("de", "B wie Berta, E", "be"),
        ("de", "Siegfried Martha Ida", "smi"),
        ("es", "seis uno dos, treinta y cuatro", "61234"),
        ("es", "ese de Soria, eme de Madrid", "sm"),
        ("es", "efe ge hache", "fgh"),
        ("fr", "zéro six douze trente-quatre", "061234"),
        ("fr", "soixante-dix-huit quatre-vingt-dix-neuf", "7899"),
        ("fr", "M comme Marie, D", "md"),
        ("pt", "onze nove meia cinco", "11965"),
        ("pt", "vinte e três quarenta", "2340"),
        ("hi", "नौ आठ सात", "987"),
        ("hi", "double नौ पाँच", "995"),
        ("hi", "nau aath double six", "9866"),
        ("hi", "नाइन एट सेवन", "987"),
        ("hi", "एस एम आई", "smi"),
    ],
)
def test_numbers_and_letters_are_read_in_each_language(language: str, text: str, chars: str) -> None:
    """As words, in pairs, as figures and with examples."""
    assert dictated(text, language).chars.replace("+44", "44") == chars


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "I",
        "a",
        "it is 3.50",
        "on 12/03/1985",
        "the 12th",
        "at 5pm",
        "in the USA",
        "um",
        "and",
        "at",
    ],
)
def test_ordinary_words_are_not_dictated(text: str) -> None:
    """Letters that are words, amounts, dates, ordinals and abbreviations alone."""
    assert dictated(text).items == 0


def test_the_words_before_a_dictation_are_returned() -> None:
    """They may name its kind."""
    found = dictated("my card number is 4111 1111")

    assert found.before == ("my", "card", "number", "is")
    assert found.numbers == ("4111", "1111")


@pytest.mark.parametrize("text", ["4 5 double", "S M dash", "S as in", "S M as in"])
def test_a_dictation_may_end_with_the_announcement_of_a_character(text: str) -> None:
    """Another character follows."""
    assert dictated(text).open


def test_the_letter_o_is_a_zero_among_digits() -> None:
    """Deepgram writes O for a spoken zero."""
    assert dictated("O 7 7 O").digits == "0770"
