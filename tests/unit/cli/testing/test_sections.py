"""Sections of a test file: callers played by a model, judgements, other agents."""

from typing import Any

import pytest

from cli.testing import sections

PERSONA = {"persona": "A father.", "goal": "A visit is booked."}


def test_a_persona_has_defaults() -> None:
    persona = sections.read_persona(
        {**PERSONA, "model": [{"when": "name", "say": "Miller.", "hang_up": True}]}
    )

    assert (persona.persona, persona.goal, persona.max_turns) == ("A father.", "A visit is booked.", 12)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"persona": "A father."}, "goal: a caller played by a model needs one"),
        ({**PERSONA, "goals": "x"}, "did you mean `goal`"),
        ({**PERSONA, "max_turns": 0}, "max_turns: must be a whole number"),
        ({**PERSONA, "voice": "x"}, "voice: must be"),
        ({**PERSONA, "model": [{"says": "x"}]}, "rule 1: unknown key 'says'"),
        ({**PERSONA, "model": [{"when": "[", "say": "x"}]}, "rule 1"),
        ({**PERSONA, "model": "x"}, "must be a list of rules"),
    ],
)
def test_an_unusable_persona_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sections.read_persona(data)


def test_scripted_judgements_need_an_answer() -> None:
    assert sections.read_judge_rules([{"when": "a", "holds": True}])
    with pytest.raises(ValueError, match="rule 1: needs `holds: true`"):
        sections.read_judge_rules([{"when": "a"}])


def test_other_agents_are_mappings() -> None:
    assert sections.read_agents({"sales": {"prompt": "x"}}) == {"sales": {"prompt": "x"}}
    with pytest.raises(ValueError, match="names and agents"):
        sections.read_agents({"sales": "x"})


def test_people_are_written_as_the_emulator_takes_them() -> None:
    """YAML reads a number without quotes as one, and drops its sign."""
    people = sections.read_people(
        {15550123: {"answer": "busy"}, "+15550124": {"ring_s": 2, "steps": ["listen"]}}
    )

    assert people == {
        "+15550123": {"answer": "busy"},
        "+15550124": {"answer": "person", "ring_s": 2.0, "script": {"steps": ["listen"]}},
    }


@pytest.mark.parametrize(
    "person", [{"answers": "busy"}, {"answer": "away"}, {"ring_s": -1}, {"steps": ["sing"]}, "busy"]
)
def test_an_unusable_person_is_refused(person: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|did you mean|unknown action"):
        sections.read_people({"+15550123": person})


def test_parameters_of_a_call_are_texts() -> None:
    assert sections.read_call({"parameters": {"plan": "gold", "age": 7}}).parameters == {
        "plan": "gold",
        "age": "7",
    }


@pytest.mark.parametrize("parameters", [{"Plan": "a"}, {"agent": "x"}, {"plan": True}, {"plan": None}, [1]])
def test_unusable_parameters_are_refused(parameters: Any) -> None:
    with pytest.raises(ValueError, match=r"parameters|must be a mapping"):
        sections.read_call({"parameters": parameters})
