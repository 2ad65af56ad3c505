"""Reasoning in the text of models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.brain.providers.streams.think_filter import ThinkFilter


def filtered(*pieces: str, thinks_first: bool = False) -> str:
    think = ThinkFilter(thinks_first=thinks_first)
    return "".join([*map(think.push, pieces), think.finish()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>They want a date.</think>Monday.", "Monday."),
        ("<think>\nHm.\n</think>\n\nMonday.", "Monday."),
        ("<thinking>a</thinking>b", "b"),
        ("<reasoning>a</reasoning>b", "b"),
        ("<thought>a</thought>b", "b"),
        ("<THINK>a</Think>b", "b"),
        ('<think time="3">a</think>b', "b"),
        ("<think>a<think>b</think>c</think>d", "d"),
        ("<think>I use <think> tags.</think>Hello", "Hello"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<think>a</think>b<think>c", "b"),
        ("Yes. <think>a</think>No.", "Yes. No."),
        ("<think>never closed", ""),
        ("<think/>Hello", "Hello"),
        ("[THINK]a[/THINK]b", "b"),
        ("◁think▷a◁/think▷b", "b"),
        ("<seed:think>a</seed:think>b", "b"),
        ("<reflection>a</reflection>b", "b"),
        ("<inner_monologue>a</inner_monologue>b", "b"),
        ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>", "b"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "b"),
        ("<|channel>thought\na<channel|>b", "b"),
        ("<think>a</think><answer>b</answer>", "b"),
        ("b</s>", "b"),
        ("b<end_of_turn>", "b"),
        ("[/INST] b", " b"),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
            "b",
        ),
        ("<|channel|>commentary to=f <|constrain|>json<|message|>{}<|call|>", ""),
        ("Hello<|im_end|>", "Hello"),
        ("Hello<\uff5cend▁of▁sentence\uff5c>", "Hello"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_reasoning_is_removed(text: str, expected: str, size: int) -> None:
    """Wherever the pieces are cut."""
    assert filtered(*(text[at : at + size] for at in range(0, len(text), size))) == expected


@pytest.mark.parametrize(
    "text",
    ["3 < 4 and 5 > 4.", "a<b", "<thin", "<", "<thinker>", "if x <", "[TH", "I <think", "<b>bold</b>", "[1]"],
)
def test_other_text_is_unchanged(text: str) -> None:
    """Comparisons and other tags are ordinary text."""
    assert filtered(*text) == text


def test_text_with_a_bracket_is_returned_at_once() -> None:
    """Only what may still become a tag is withheld."""
    think = ThinkFilter()

    assert [think.push(piece) for piece in ("3 <", " 4", " apples <t", "en")] == [
        "3 ",
        "< 4",
        " apples ",
        "<ten",
    ]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_closing_tag_without_an_opening_one(size: int) -> None:
    """The template has written the opening tag into the prompt."""
    text = "They want a date.\n</think>\n\nMonday."

    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert filtered(*pieces, thinks_first=True) == "Monday."


def test_an_unexpected_closing_tag_drops_what_was_not_returned_yet() -> None:
    """And is noticed, so that the next answer is treated accordingly."""
    think = ThinkFilter()

    assert think.push("They want a date.</think>Monday.") == "Monday."
    assert think.closed_without_opening


@pytest.mark.parametrize("text", ["Monday.", "<think>a</think>Monday."])
def test_a_model_that_does_not_think_first_after_all(text: str) -> None:
    """No text is lost if the expectation is wrong."""
    assert filtered(*text, thinks_first=True) == "Monday."


def test_separate_reasoning_releases_the_text() -> None:
    """A server that sends reasoning in its own field sends none in the text."""
    think = ThinkFilter(thinks_first=True)

    assert [think.push("Mon"), think.release(), think.push("day.")] == ["", "Mon", "day."]


_PIECES = st.lists(
    st.sampled_from(["<", "think", ">", "</", "/", " ", "Hello", "[", "THINK]", "<|", "|>", "end", "◁", "a"])
)


@given(_PIECES)
def test_the_cuts_make_no_difference(pieces: list[str]) -> None:
    """The same text gives the same result, in one piece or many, but for an unexpected closing tag."""
    whole = ThinkFilter()
    at_once = whole.push("".join(pieces)) + whole.finish()
    if not whole.closed_without_opening:
        assert filtered(*"".join(pieces)) == at_once


@given(st.lists(st.text(st.characters(exclude_characters="<[◁"))))
def test_text_without_brackets_is_unchanged(pieces: list[str]) -> None:
    """Without delay."""
    think = ThinkFilter()

    assert [think.push(piece) for piece in pieces] == pieces
