"""Words of a text that can be compared with vocabularies."""

from services.stt.completion.words import plain, split_sentences, split_words


def test_words_lose_punctuation_and_case() -> None:
    """A hyphen separates words, an apostrophe does not."""
    assert split_words("¿Qué? S-M, I\u2019d “like” +49!") == ["qué", "s", "m", "i'd", "like", "+49"]


def test_one_word_has_one_spelling() -> None:
    """Composed and decomposed characters, and Hindi with and without nukta and chandrabindu, are the same."""
    assert plain("e\u0301") == plain("\u00e9")
    assert plain("पाँच ज़ीरो") == plain("पांच जीरो")


def test_a_text_is_split_into_sentences() -> None:
    """The danda ends a Hindi sentence."""
    assert split_sentences("Hello. What? नमस्ते। जी") == ["Hello.", "What?", "नमस्ते।", "जी"]
