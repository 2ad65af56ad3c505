"""The agent files that the calls of tests use."""

from pathlib import Path

import yaml

from cli.testing.agents import PreparedCase, prepare
from cli.testing.case import CaseError, read_case

CASE = "about: x\ncaller: [listen]\nexpect: {replies: 1}\n"
AGENT = """
prompt: You answer.
greeting: Hello.
idle: {timeout_s: 20, goodbye: Bye.}
stt: {model: nova-3, options: {key: x}}
llm: {provider: other, model: large, temperature: 0.5, fallbacks: [{model: small}]}
tts: {model: eleven_flash_v2_5, voice: ownvoice}
"""


def write(folder: Path, text: str = CASE, agent: str = AGENT) -> Path:
    tests = folder / "own" / "tests" / "clinic"
    tests.mkdir(parents=True, exist_ok=True)
    (tests.parent.parent / "clinic.yaml").write_text(agent)
    (tests.parent.parent / "sales.yaml").write_text("prompt: You sell.\nllm: {model: large}\n")
    (tests.parent.parent / "broken.yaml").write_text("prompt: [")
    (tests.parent.parent / "prices.csv").write_text("a,b")
    path = tests / "a_case.yaml"
    path.write_text(text)
    return path


def test_providers_are_replaced_and_everything_else_stays(tmp_path: Path) -> None:
    """Voices and options of an account do not exist in the sandbox; keys of the case replace the agent's."""
    case = read_case(write(tmp_path, CASE + "agent: {greeting: Hi., idle: {timeout_s: 2}}\n"))

    (prepared,) = prepare([case], tmp_path / "agents", live=False)

    assert isinstance(prepared, PreparedCase)
    agent = yaml.safe_load((tmp_path / "agents" / f"{prepared.agent}.yaml").read_text())
    assert agent["greeting"] == "Hi."
    assert agent["idle"] == {"timeout_s": 2, "goodbye": "Bye."}
    assert agent["stt"] == {"model": "nova-3"}
    assert agent["tts"] == {"model": "eleven_flash_v2_5"}
    assert agent["llm"] == {"temperature": 0.5, "model": str(prepared.scenario)}
    assert prepared.scenario is not None
    assert yaml.safe_load(prepared.scenario.read_text()) == {"rules": [{"say": "I see."}]}


def test_a_live_agent_keeps_its_providers(tmp_path: Path) -> None:
    (prepared,) = prepare([read_case(write(tmp_path))], tmp_path / "agents", live=True)

    assert isinstance(prepared, PreparedCase)
    assert prepared.scenario is None
    agent = yaml.safe_load((tmp_path / "agents" / f"{prepared.agent}.yaml").read_text())
    assert agent == yaml.safe_load(AGENT)


def test_the_other_agents_and_their_files_are_available(tmp_path: Path) -> None:
    """A broken neighbour does not matter to a test that does not use it."""
    prepare([read_case(write(tmp_path))], tmp_path / "agents", live=False)

    assert yaml.safe_load((tmp_path / "agents" / "sales.yaml").read_text()) == {
        "prompt": "You sell.",
        "llm": {},
    }
    assert (tmp_path / "agents" / "prices.csv").read_text() == "a,b"
    assert not (tmp_path / "agents" / "tests").exists()


def test_an_invalid_agent_is_an_error_of_its_tests_only(tmp_path: Path) -> None:
    """The message names the user's file, not the copy."""
    wrong = read_case(write(tmp_path, CASE + "agent: {greting: Hi.}\n"))
    valid = read_case(write(tmp_path))

    first, second = prepare([wrong, valid], tmp_path / "agents", live=False)

    assert isinstance(first, CaseError)
    assert "greting" in str(first)
    assert "own/clinic.yaml" in str(first)
    assert isinstance(second, PreparedCase)
