"""The default texts of all languages."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from parley.agent_config import AgentConfig, default_texts, languages, text_of
from parley.agent_config.texts.defaults import english_phrases, english_text, flatten, primary_language

SCRIPTS = {
    "hi": ("DEVANAGARI",),
    "ar": ("ARABIC",),
    "ru": ("CYRILLIC",),
    "uk": ("CYRILLIC",),
    "ko": ("HANGUL",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK", "IDEOGRAPHIC"),
    "zh": ("CJK",),
    "zh-Hant": ("CJK",),
}
OTHERS = [language for language in languages() if language != "en"]
ENGLISH_WORDS = set("the you your are please what that could will now again there something".split())  # noqa: SIM905 - readable


def texts(language: str) -> dict[str, Any]:
    """The texts of a language by dotted key."""
    return dict(flatten(default_texts(language) or {}))


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Each text with its key; phrases one by one."""
    for key, value in texts(language).items():
        yield from ((key, text) for text in ([value] if isinstance(value, str) else value))


def test_the_promised_languages_have_texts() -> None:
    """The documentation names them."""
    promised = "en de es fr pt hi it nl ar cs da fi id ja ko no pl ru sv tr uk zh zh-Hant"
    assert set(languages()) == set(promised.split())


@pytest.mark.parametrize("language", languages())
def test_each_language_has_every_text(language: str) -> None:
    """A missing one would be spoken in English; an empty one would be silence."""
    assert texts(language).keys() == texts("en").keys()
    for key, value in texts(language).items():
        assert type(value) is type(texts("en")[key])
        assert value
    for _, text in sentences(language):
        assert text == text.strip() != ""


@pytest.mark.parametrize("language", languages())
def test_each_text_is_one_that_can_be_spoken(language: str) -> None:
    """A phrase ends like one, and has no digits or signs whose reading depends on the voice."""
    for _, text in sentences(language):
        assert text[-1] in ".?!,।。？，、؟،"  # noqa: RUF001 - the marks of other scripts
        assert not re.search(r"[\d%&/<>{}*_#]", text)


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_another_language(language: str) -> None:
    """No sentence is the English one, and no word is one of its most frequent."""
    english = {text for _, text in sentences("en")}
    for key, text in sentences(language):
        assert text not in english, key
        assert not ENGLISH_WORDS & set(re.findall(r"\w+", text.lower())), (key, text)


@pytest.mark.parametrize("language", languages())
def test_a_language_is_written_in_its_own_script(language: str) -> None:
    """A voice for Hindi would spell out transliterated words."""
    script = SCRIPTS.get(language, ("LATIN",))
    for _, text in sentences(language):
        letters = [letter for letter in text if letter.isalpha()]
        assert all(unicodedata.name(letter).startswith(script) for letter in letters)


@pytest.mark.parametrize("language", languages())
def test_an_agent_of_the_language_has_these_texts(language: str) -> None:
    """Each key is one of the agent file."""
    agent = AgentConfig(prompt="x", language=language)

    assert {key: text_of(agent, key) for key in texts(language)} == texts(language)


@pytest.mark.parametrize(
    ("tag", "language"), [("pt-BR", "pt"), ("de_AT", "de"), ("EN-gb", "en"), ("hi-Latn", "hi")]
)
def test_a_region_has_the_texts_of_its_language(tag: str, language: str) -> None:
    """No region has texts of its own."""
    assert primary_language(tag) == language
    assert default_texts(tag) == default_texts(language)


@pytest.mark.parametrize("tag", ["zh-TW", "zh_HK", "zh-Hant", "zh-Hant-HK"])
def test_traditional_chinese_has_texts_of_its_own(tag: str) -> None:
    """Its characters are others."""
    assert default_texts(tag) == default_texts("zh-Hant") != default_texts("zh")


def test_norwegian_has_two_tags() -> None:
    """Bokmål is what speech providers call Norwegian."""
    assert default_texts("nb-NO") == default_texts("no") is not None


def test_a_language_without_texts_has_none() -> None:
    """The caller of the function decides what to speak instead."""
    assert default_texts("sw") is None
    assert default_texts("../en") is None


def test_english_texts_are_read_by_key() -> None:
    """They are the defaults of the sections."""
    assert english_text("idle.goodbye") == "I will hang up now. Goodbye."
    assert english_phrases("idle.prompts") == ("Are you still there?",)
