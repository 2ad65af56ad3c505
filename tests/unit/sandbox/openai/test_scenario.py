"""The rule of a scenario that answers, and errors in a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.openai.scenario import Answer, ScenarioError, ScriptedCall, read_scenario

END_CALL = (ScriptedCall("end_call"),)


def chat(*texts: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]


def test_the_clinic_books_a_visit_despite_recognition_errors() -> None:
    """Its rules match on few words."""
    clinic = read_scenario("clinic")

    assert "day and time" in clinic.answer(chat("hell i would like to put an appointment")).text
    assert "name" in clinic.answer(chat("tuesday after noon would be good")).text
    assert "Thank you, robert miller." in clinic.answer(chat("my name is robert miller")).text
    assert clinic.answer(chat("no attempt you that is all good bye")).calls == END_CALL
    assert "again" in clinic.answer(chat("mumble")).text


def test_a_tool_result_is_answered_by_its_own_rule(tmp_path: Path) -> None:
    """Other rules do not apply, and a partial answer is continued."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{tool_result: look, say: found}, {when: '.*', call: look}]\n")
    scenario = read_scenario(str(path))
    call = {"id": "1", "function": {"name": "look", "arguments": "{}"}}
    answered: list[Mapping[str, Any]] = [
        *chat("hi"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "{}"},
    ]

    assert scenario.answer(chat("hi")) == Answer("", (ScriptedCall("look"),))
    assert scenario.answer(answered) == Answer("found")

    partial: list[Mapping[str, Any]] = [
        *answered,
        {"role": "assistant", "content": "fou"},
        {"role": "system", "content": "You were cut off."},
    ]
    assert scenario.answer(partial) == Answer("nd")


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
        "rules: [{call: {arguments: {}}}]",
        "rules: [{fault: nothing}]",
        "\0",
    ],
)
def test_an_invalid_scenario_raises_an_error(tmp_path: Path, text: str) -> None:
    """The message names the file."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text)

    with pytest.raises(ScenarioError, match=r"wrong\.yaml"):
        read_scenario(str(path))


@pytest.mark.parametrize(
    ("user", "answer"),
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
def test_the_clinic_answers_other_requests(user: str, answer: str) -> None:
    """These answers do not end the call."""
    found = read_scenario("clinic").answer(
        chat("my name is ann lee", "Your visit is booked. Is there anything else?", user)
    )

    assert answer in found.text
    assert not found.calls


def test_no_ends_the_call_only_after_anything_else() -> None:
    """After another question it does not end the call."""
    clinic = read_scenario("clinic")

    assert clinic.answer(chat("x", "Is there anything else?", "no thank you")).calls == END_CALL
    assert not clinic.answer(chat("x", "What is your name, please?", "no thank you")).calls


def test_a_rule_may_call_several_tools(tmp_path: Path) -> None:
    """Each is a name, or a name with arguments."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{call: [look, {name: book, arguments: {a: 1}}]}]\n")

    calls = read_scenario(str(path)).answer(chat("hi")).calls

    assert calls == (ScriptedCall("look"), ScriptedCall("book", '{"a": 1}'))


def test_a_modified_scenario_is_reloaded(tmp_path: Path) -> None:
    """No restart is needed."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{say: one}]")
    first = read_scenario(str(path)).answer(chat("hi")).text
    path.write_text("rules: [{say: two}]")
    os.utime(path, ns=(1, 1))

    assert (first, read_scenario(str(path)).answer(chat("hi")).text) == ("one", "two")


def test_braces_in_the_users_words_are_not_placeholders() -> None:
    """Braces are copied into the answer unchanged."""
    answer = read_scenario("echo").answer(chat("a {user} {0} {{ b"))

    assert answer.text == "You said: a {user} {0} {{ b."
