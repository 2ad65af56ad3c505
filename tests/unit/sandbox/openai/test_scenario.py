"""What the scripted model answers."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.openai.scenario import Answer, ScenarioError, read_scenario


def said(*texts: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]


def test_the_clinic_books_a_visit_even_when_words_are_misheard() -> None:
    """A recogniser errs; the conversation goes on."""
    clinic = read_scenario("clinic")

    assert "day and time" in clinic.answer(said("hell i would like to put an appointment")).text
    assert "name" in clinic.answer(said("tuesday after noon would be good")).text
    assert "Thank you, robert miller." in clinic.answer(said("my name is robert miller")).text
    assert clinic.answer(said("no attempt you that is all good bye")).tool == "end_call"
    assert "again" in clinic.answer(said("mumble")).text


def test_a_tools_result_is_answered_by_its_own_rule(tmp_path: Path) -> None:
    """Other rules do not meet it."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{tool_result: look, say: found}, {when: '.*', call: look}]\n")
    scenario = read_scenario(str(path))
    call = {"id": "1", "function": {"name": "look", "arguments": "{}"}}
    told: list[Mapping[str, Any]] = [
        *said("hi"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "{}"},
    ]

    assert scenario.answer(said("hi")) == Answer("", "look")
    assert scenario.answer(told) == Answer("found")

    begun: list[Mapping[str, Any]] = [
        *told,
        {"role": "assistant", "content": "fou"},
        {"role": "system", "content": "You were cut off."},
    ]
    assert scenario.answer(begun) == Answer("nd")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "rules: 1",
        "rules: [{wen: x}]",
        "rules: [{when: '('}]",
        "rules: [",
        "rules: [{say: '{nobody}'}]",
        "rules: [{say: '{'}]",
        "rules: [{when: 5}]",
        "rules: [{call: 5}]",
        "\0",
    ],
)
def test_a_wrong_scenario_is_told_by_file_and_rule(tmp_path: Path, text: str) -> None:
    """No stack for whoever writes one."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text)

    with pytest.raises(ScenarioError, match=r"wrong\.yaml"):
        read_scenario(str(path))


@pytest.mark.parametrize(
    ("heard", "answered"),
    [
        ("can you repeat that please", "Your visit is booked. Is there anything else?"),
        ("i would like to cancel my appointment", "cancel that for you"),
        ("hold on a second", "take your time"),
        ("no wait", "take your time"),
        ("yes please", "What can I do for you?"),
        ("i need a refill of my prescription", "renew it"),
        ("what are your opening hours", "nine to five"),
        ("my number is five five one two", "five five one two"),
    ],
)
def test_the_clinic_answers_what_callers_say_besides(heard: str, answered: str) -> None:
    """And nobody is hung up on."""
    answer = read_scenario("clinic").answer(
        said("my name is ann lee", "Your visit is booked. Is there anything else?", heard)
    )

    assert answered in answer.text
    assert not answer.tool


def test_no_to_anything_else_ends_the_call_and_no_to_a_question_does_not() -> None:
    """It depends on what was asked."""
    clinic = read_scenario("clinic")

    assert clinic.answer(said("x", "Is there anything else?", "no thank you")).tool == "end_call"
    assert not clinic.answer(said("x", "What is your name, please?", "no thank you")).tool


def test_a_scenario_that_was_edited_is_read_anew(tmp_path: Path) -> None:
    """Without a restart."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{say: one}]")
    first = read_scenario(str(path)).answer(said("hi")).text
    path.write_text("rules: [{say: two}]")
    os.utime(path, ns=(1, 1))

    assert (first, read_scenario(str(path)).answer(said("hi")).text) == ("one", "two")


def test_what_a_caller_says_is_never_taken_for_a_pattern() -> None:
    """Braces stay braces."""
    answer = read_scenario("echo").answer(said("a {user} {0} {{ b"))

    assert answer.text == "You said: a {user} {0} {{ b."
