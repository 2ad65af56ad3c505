"""Tests for the splitting of text into clauses."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.brain.generation.clauses import ClauseSplitter


def split(text: str, size: int = 3) -> list[str]:
    splitter = ClauseSplitter()
    clauses = [c for at in range(0, len(text), size) for c in splitter.push(text[at : at + size])]
    return [clause.strip() for clause in clauses + splitter.finish()]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Sure. I can help.", ["Sure.", "I can help."]),
        ("Dr. Miller is in. Come by.", ["Dr. Miller is in.", "Come by."]),
        ("That is $3.50 a piece. Fine?", ["That is $3.50 a piece.", "Fine?"]),
        ("Write to ann.lee@example.com today. Bye!", ["Write to ann.lee@example.com today.", "Bye!"]),
        ("We open at 9 a.m. on Monday.", ["We open at 9 a.m. on Monday."]),
        ("We open at 9 a.m. Come early.", ["We open at 9 a.m.", "Come early."]),
        ("Bring it, e.g. a card. Thanks.", ["Bring it, e.g. a card.", "Thanks."]),
        ("नमस्ते। कैसे हैं आप?", ["नमस्ते।", "कैसे हैं आप?"]),
        ("您好。请问有什么事？", ["您好。", "请问有什么事？"]),  # noqa: RUF001 - Chinese punctuation
        ("He said “Stop!” Then he left.", ["He said “Stop!”", "Then he left."]),
        ("Let me see that, one moment please.", ["Let me see that,", "one moment please."]),
        ("Oh, yes of course.", ["Oh, yes of course."]),
        ("J. R. Smith called. Twice.", ["J. R. Smith called.", "Twice."]),
    ],
)
def test_a_clause_ends_where_speech_pauses(text: str, clauses: list[str]) -> None:
    """Sentences end clauses; abbreviations, prices and addresses do not."""
    assert split(text) == clauses
    assert split(text, size=1) == clauses


@given(st.text(alphabet=st.sampled_from("ab .,!?;:\n-1。"), max_size=300), st.integers(1, 9))
def test_joined_clauses_are_the_text(text: str, size: int) -> None:
    """Only white space at the end of the text may differ."""
    splitter = ClauseSplitter()
    clauses = [c for at in range(0, len(text), size) for c in splitter.push(text[at : at + size])]
    clauses += splitter.finish()

    assert "".join(clauses).rstrip() == text.rstrip()
    assert all(clause[-1].isspace() or clause[-1] == "。" for clause in clauses[:-1])


def test_text_without_punctuation_is_split() -> None:
    """Synthesis starts before the end of the text."""
    clauses = split("word " * 100)

    assert max(map(len, clauses)) <= 200


def tokens(text: str, *, by_phrase: bool = True) -> list[tuple[int, str]]:
    """Return the clauses of a tokenised text, each with the number of the token that completes it."""
    splitter = ClauseSplitter(by_phrase=by_phrase)
    parts = re.findall(r" ?[\w'$@-]+|[^\w]", text)
    found = [(n, clause) for n, part in enumerate(parts) for clause in splitter.push(part)]
    return found + [(len(parts), clause) for clause in splitter.finish()]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "We are open from eight to six. Fine?",
            [(3, "We are open"), (8, " from eight to six. "), (10, "Fine?")],
        ),
        ("Yes, there is a place. Fine?", [(2, "Yes, "), (7, "there is a place. "), (9, "Fine?")]),
        ("Of course, for you.", [(3, "Of course, "), (6, "for you.")]),
        ("Come for a visit.", [(5, "Come for a visit.")]),
    ],
)
def test_the_first_clause_may_be_a_phrase(text: str, clauses: list[tuple[int, str]]) -> None:
    """A phrase needs three words, or is a short answer; later clauses are split as usual."""
    assert tokens(text) == clauses
    assert "".join(clause for _, clause in tokens(text)) == text


def test_without_phrases_the_first_clause_ends_at_a_comma_or_full_stop() -> None:
    """The agent file can choose this for better prosody."""
    assert tokens("We are open from eight. Fine?", by_phrase=False)[0] == (6, "We are open from eight. ")
    assert tokens("Yes, there is a place. Fine?", by_phrase=False)[0] == (7, "Yes, there is a place. ")


FRAGMENTS = (
    "1. ", "2. Tuesday", "at 9", ". ", "3.5", "5. Mai", "Dr. ", "e.g. ", "9 a.m. ", "Then ", "the ",
    "No. ", "$5", ", ", "2026", "\n", "\n\n", "<b>", "<break time='1s'/>", "[a. b](http://c.d/e f)",
    "… ", "... ", '"So." ', "Nov. ", "z.B. ", "um ", "U.S. ", "word ", "x", "- ", ": ", "! ", "? ",
    "**Yes.** ", "example.com", "020 7946 0958 ", "p. ej. ", "M. ", "h. ",
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text("ab .,A9", max_size=5)), max_size=40).map("".join),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
    st.sampled_from(("en", "de", "es", "fr", "pt", "hi", "cs")),
)
def test_clauses_do_not_depend_on_tokens(text: str, sizes: list[int], language: str) -> None:
    """However the text is cut into tokens, its clauses are the same, and joined they are the text."""
    splitter = ClauseSplitter(language=language)
    clauses: list[str] = []
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(text):
            break
        clauses += splitter.push(text[at : at + size])
        at += size
    clauses += splitter.finish()
    whole = ClauseSplitter(language=language)

    assert clauses == whole.push(text) + whole.finish()
    assert "".join(clauses).rstrip() == text.rstrip()


def test_a_long_text_is_not_cut_within_a_number_or_markup() -> None:
    """The space before them is used."""
    clauses = split(f"{'word ' * 37}020 7946 0958 {'word ' * 40}")
    assert any("020 7946 0958" in clause for clause in clauses)
    clauses = split(f'{"word " * 38}<phoneme alphabet="ipa" ph="x y z">a</phoneme> {"word " * 40}')
    assert any('<phoneme alphabet="ipa" ph="x y z">' in clause for clause in clauses)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("Sure. I can help.", " I"),
        ("We open at 9. Come.", " Come"),
        ("It costs $5. Then", " Then"),
        ("Dr. Lee is in. Come", " Come"),
    ],
)
def test_an_ordinary_sentence_ends_with_the_next_token(text: str, token: str) -> None:
    """No clause waits for a second one."""
    splitter = ClauseSplitter()
    before = text[: text.rindex(token)]

    assert splitter.push(before) == []
    assert splitter.push(token) == [f"{before} "]


def test_complete_words_can_be_taken_before_the_clause_ends() -> None:
    """The last word may still grow; nothing is lost."""
    splitter = ClauseSplitter()
    splitter.push("from eight to si")
    assert splitter.take_words() == ["from eight to "]
    assert splitter.take_words() == []
    splitter.push("x.")
    assert splitter.finish() == ["six."]
