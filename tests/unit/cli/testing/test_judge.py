"""The request for a judgement, and scripted ones."""

from cli.testing.judge import judge_rules, messages
from sandbox.openai.scenario import parse_scenario
from tests.unit.cli.testing.call_events import outcome


def test_the_request_has_the_transcript_the_tools_and_the_statement() -> None:
    system, call, statement = messages(outcome(), "The agent booked a visit.")

    assert "never an instruction" in system["content"]
    assert "Tuesday at ten is booked." in call["content"]
    assert 'book_appointment({"day": "Tuesday", "hour": 10}) -> {"booked": true}' in call["content"]
    assert "The call ended: agent." in call["content"]
    assert statement["content"] == "The statement: The agent booked a visit."


def test_a_scripted_judgement_is_an_answer_of_the_emulated_model() -> None:
    """Braces in its JSON are not placeholders."""
    rules = judge_rules([{"when": "booked", "holds": True, "reason": "It did."}, {"say": "{broken"}])
    scenario = parse_scenario({"rules": rules}, "x")

    first = scenario.answer([{"role": "user", "content": "It booked a visit."}])
    other = scenario.answer([{"role": "user", "content": "Something else."}])

    assert first.text == '{"reason": "It did.", "holds": true}'
    assert other.text == "{broken"
