"""The text of clauses that the provider receives."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.agent_config import default_texts, languages
from parley.agent_config.texts.defaults import flatten
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer

LANGUAGES = ("en", "en-GB", "de", "es", "fr", "pt-BR", "hi", "nl", "multi", "")


def spoken(text: str, language: str = "en", *, numbers: bool = True) -> str:
    """The spoken text of a reply with one clause."""
    return ReplyNormalizer(NormalizerOptions(language, numbers=numbers)).feed(text).text


def clauses(*texts: str) -> list[str]:
    """The spoken texts of a reply with several clauses."""
    normalizer = ReplyNormalizer(NormalizerOptions("en"))
    return [normalizer.feed(text).text.strip() for text in texts]


@given(
    st.lists(st.from_regex(r"[A-Za-zäöüéñ]{1,9}[,.]?", fullmatch=True), max_size=12),
    st.sampled_from(LANGUAGES),
)
def test_ordinary_sentences_are_unchanged(words: list[str], language: str) -> None:
    """Letters, commas and full stops need no normalization."""
    text = " ".join(words)
    # "a.com" cannot occur: a mark is followed by a space.
    assert spoken(text, language) == text


@pytest.mark.parametrize("language", languages())
def test_the_default_texts_of_an_agent_are_unchanged(language: str) -> None:
    """They contain nothing that needs normalization."""
    for _, value in flatten(default_texts(language) or {}):
        for text in (value,) if isinstance(value, str) else value:
            assert spoken(text, language) == text


FRAGMENTS = (
    "**",
    "*",
    "_",
    "__",
    "~~",
    "`",
    "```",
    "```py\n",
    "\n",
    "\n\n",
    "# ",
    "- ",
    "1. ",
    "> ",
    "[x](http://a.com/b)",
    "![i](u)",
    "|",
    "---",
    "<b>",
    "</b>",
    "<break time='1s'/>",
    "<think>",
    "</think>",
    "&amp;",
    "&lt;",
    "😀",
    "👩‍👩‍👧",
    "🇩🇪",
    "1️⃣",
    "→",
    "•",
    "$12.50",
    "1.234,56 €",
    "12/31/2026",
    "31.12.",
    "9:30",
    "9 a.m.",
    "8-18",
    "555-1234",
    "+49 30 123456",
    "½",
    "5%",
    "°",
    "§",
    "#",
    "@",
    "&",
    "example.com",
    "a@b.co",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x1b",
    "\ud800",
    "\\(",
    "\\frac{1}{2}",
    "$",
    "{",
    "}",
    "=",
    "<",
    ">",
    "^",
    " ",
    " ",
    "the",
    "Monday",
    "um",
    "5. Mai",
    "x",
    "2",
    "00",
    ".",
    ",",
    "!",
    "१२",
    "٣",
    "²",
    "①",
    "‮",
    "ß",
    "が",
    "0",
    "-",
    "–",
    ":",
    "/",
)
mixed = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=25).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(mixed, min_size=1, max_size=4), st.sampled_from(LANGUAGES), st.booleans(), st.booleans())
@example(["<", "break time", "="], "en", True, False)
def test_any_text_is_normalized(texts: list[str], language: str, numbers: bool, markup: bool) -> None:
    """No input raises; the offsets are in order and in range; a second process gets the same result."""
    options = NormalizerOptions(language, numbers=numbers, keep_ssml=markup, keep_audio_tags=markup)
    first, second = ReplyNormalizer(options), ReplyNormalizer(options)
    for text in texts:
        found = first.feed(text)
        assert found == second.feed(text)
        assert len(found.text) == len(found.offsets)
        assert list(found.offsets) == sorted(found.offsets)
        assert all(0 <= offset < len(text) for offset in found.offsets)
        assert not any(
            unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co", "So") for c in found.text if c not in "\n\t°"
        )


@settings(max_examples=300, deadline=None)
@given(mixed, st.sampled_from(("en", "de", "fr")))
def test_no_markup_is_spoken(text: str, language: str) -> None:
    """No emphasis, code, heading, link target, tag or emoji is left."""
    found = spoken(text, language)

    assert not any(mark in found for mark in ("**", "`", "]("))
    assert not re.search(r"</?(?:b|break|think)\b[^<>]*>", found)
    assert not re.search(r"[\U0001f000-\U0001faff\u2600-\u27bf\u200b\ufeff\ufe0f]", found)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                "It costs",
                "$12.50",
                "on",
                "12/31/2026",
                "at",
                "9:30",
                "and",
                "5%",
                "of",
                "Nov 28",
                "**now**",
                "1,234",
            )
        ),
        max_size=8,
    )
)
def test_a_spoken_text_is_not_changed_again(words: list[str]) -> None:
    """Normalization is idempotent where its result contains words only."""
    once = spoken(" ".join(words)).strip()
    assert spoken(once).strip() == once


@pytest.mark.parametrize(
    "text",
    ["---", "😀", "**", "| --- | --- |", "```", "<break time='1s'/>", "…", "\n", "\u200b", "•", "![]()"],
)
def test_a_clause_without_anything_to_speak_is_empty(text: str) -> None:
    """It is not sent to the voice."""
    assert spoken(text) == ""


def test_code_in_a_fence_is_not_spoken() -> None:
    """The fence may extend over several clauses."""
    assert clauses("See this:\n", "```python\n", "print('hi')\n", "```\n", "Done.") == [
        "See this:",
        "",
        "",
        "",
        "Done.",
    ]


def test_text_in_a_fence_is_spoken() -> None:
    """Some models wrap the whole answer."""
    assert clauses("```\n", "We open at nine.\n", "```") == ["", "We open at nine.", ""]


def test_reasoning_is_not_spoken() -> None:
    """It may extend over several clauses."""
    assert clauses("<think>The caller wants", " a visit. ", "</think>Sure. ", "When?") == [
        "",
        "",
        "Sure.",
        "When?",
    ]


def test_emphasis_may_begin_and_end_in_different_clauses() -> None:
    """Each mark is removed on its own."""
    assert clauses("This is **important. ", "Really** so. ", "*Yes, ", "it is.*") == [
        "This is important.",
        "Really so.",
        "Yes,",
        "it is.",
    ]


def test_a_tag_may_be_split() -> None:
    """The rest of it is removed from the next clause."""
    assert clauses("Wait <break time=", '"0.5s"/> here.') == ["Wait", "here."]


def test_a_bullet_needs_the_beginning_of_a_line() -> None:
    """A dash within a sentence remains."""
    assert clauses("Two days - ", "- Monday") == ["Two days -", "- Monday"]
    assert clauses("Two days:\n", "- Monday\n", "* Tuesday") == ["Two days:", "Monday.", "Tuesday"]


def test_numbers_keep_their_digits_where_the_voice_reads_them() -> None:
    """Markup is removed all the same."""
    assert spoken("**$12.50** on 12/31/2026", numbers=False) == "$12.50 on 12/31/2026"


def test_numbers_keep_their_digits_in_an_unknown_language() -> None:
    """Words of another language would be wrong."""
    assert spoken("It costs $12.50.", "multi") == "It costs $12.50."
    assert spoken("Inagharimu 12,50.", "sw") == "Inagharimu 12,50."


def test_ssml_passes_through_for_voices_that_take_it() -> None:
    """Its numbers are not spoken."""
    normalizer = ReplyNormalizer(NormalizerOptions("en", keep_ssml=True))
    assert (
        normalizer.feed('At 9 <break time="0.5s"/> **sharp** <b>now</b>.').text
        == 'At nine <break time="0.5s"/> sharp now.'
    )


def test_audio_tags_pass_through_for_voices_that_take_them() -> None:
    """Other voices would read them aloud."""
    normalizer = ReplyNormalizer(NormalizerOptions("en", keep_audio_tags=True))
    assert normalizer.feed("[laughs] At 9.").text == "[laughs] At nine."
    assert spoken("[laughs] At 9.").strip() == "At nine."


def test_the_map_leads_back_to_the_words_of_the_clause() -> None:
    """All words of an amount come from its place in the clause."""
    clause = "It costs $12.50 on 12/31/2026."
    found = ReplyNormalizer(NormalizerOptions("en")).feed(clause)
    sources = {
        found.text[m.start() : m.end()]: clause[found.offsets[m.start()]]
        for m in re.finditer(r"\S+", found.text)
    }

    assert found.offsets[found.text.index("twelve")] == clause.index("$")
    assert clause.index("$") <= found.offsets[found.text.index("cents")] < clause.index(" on")
    assert found.offsets[found.text.index("December")] == clause.index("12/31")
    assert sources["costs"] == "c"


@pytest.mark.parametrize(
    "unit", ["*", "<", "[", "1", "1.", "1 ", " ", "a.", "a@", "-", "|", "<a ", "😀", "$", "A1"]
)
def test_a_long_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    """No pattern looks at the rest of the text from each of its characters."""
    normalizer = ReplyNormalizer(NormalizerOptions("de"))
    normalizer.feed("5 €")
    started_s = time.process_time()
    normalizer.feed((unit * 6000)[:6000])

    assert time.process_time() - started_s < 1.0
