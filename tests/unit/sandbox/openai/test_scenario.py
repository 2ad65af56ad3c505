"""What the scripted model answers."""

from pathlib import Path

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
    told = [
        *said("hi"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "{}"},
    ]

    assert scenario.answer(said("hi")) == Answer("", "look")
    assert scenario.answer(told) == Answer("found")


@pytest.mark.parametrize("text", ["[]", "rules: 1", "rules: [{wen: x}]", "rules: [{when: '('}]", "rules: ["])
def test_a_wrong_scenario_is_told_by_file_and_rule(tmp_path: Path, text: str) -> None:
    """No stack for whoever writes one."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text)

    with pytest.raises(ScenarioError, match=r"wrong\.yaml"):
        read_scenario(str(path))
