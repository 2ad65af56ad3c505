"""The agent files that the calls of tests use."""

from pathlib import Path

import yaml

from cli.testing.agents import Folders, PreparedCase, Providers, prepare
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


def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "agents", tmp_path / "scenarios")


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

    (prepared,) = prepare([case], folders(tmp_path), Providers())

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
    (prepared,) = prepare([read_case(write(tmp_path))], folders(tmp_path), Providers(frozenset(), live=True))

    assert isinstance(prepared, PreparedCase)
    assert prepared.scenario is None
    agent = yaml.safe_load((tmp_path / "agents" / f"{prepared.agent}.yaml").read_text())
    assert agent == yaml.safe_load(AGENT)


def test_the_other_agents_and_their_files_are_available(tmp_path: Path) -> None:
    """A broken neighbour does not matter to a test that does not use it."""
    prepare([read_case(write(tmp_path))], folders(tmp_path), Providers())

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

    first, second = prepare([wrong, valid], folders(tmp_path), Providers())

    assert isinstance(first, CaseError)
    assert "greting" in str(first)
    assert "own/clinic.yaml" in str(first)
    assert isinstance(second, PreparedCase)


def test_a_running_systems_folder_is_left_as_it_was(tmp_path: Path) -> None:
    """It has its other agents already."""
    case = read_case(write(tmp_path))
    shared = Folders(tmp_path / "agents", tmp_path / "scenarios", is_own=False, tag="-f00")

    (prepared,) = prepare([case], shared, Providers())

    assert isinstance(prepared, PreparedCase)
    assert [path.name for path in (tmp_path / "agents").iterdir()] == [f"{prepared.agent}.yaml"]
    assert prepared.agent.endswith("-f00")
    shared.remove_written()
    assert not list((tmp_path / "agents").iterdir())


def test_other_agents_of_a_test_are_written_beside_its_own(tmp_path: Path) -> None:
    """Two tests of a run cannot have different agents with one name."""
    text = CASE + "other agents: {billing: {prompt: PROMPT, llm: {model: large}}}\n"
    prompts = ("Bills.", "Bills.", "Other.")
    cases = [read_case(write(tmp_path, text.replace("PROMPT", prompt))) for prompt in prompts]

    first, second, third = prepare(cases, folders(tmp_path), Providers())

    written = yaml.safe_load((tmp_path / "agents" / "billing.yaml").read_text())
    assert written == {"prompt": "Bills.", "llm": {}}
    assert isinstance(first, PreparedCase)
    assert isinstance(second, PreparedCase)
    assert isinstance(third, CaseError)
    assert "choose another name" in str(third)


def test_a_changed_agent_keeps_a_scenario_as_its_model(tmp_path: Path) -> None:
    case = read_case(write(tmp_path, agent="prompt: x\nllm: {model: sandbox-echo}\n"))

    (prepared,) = prepare([case], folders(tmp_path), Providers(), own_models=True)

    assert isinstance(prepared, PreparedCase)
    agent = yaml.safe_load((tmp_path / "agents" / f"{prepared.agent}.yaml").read_text())
    assert agent["llm"] == {"model": "sandbox-echo"}
    assert prepared.scenario is None


def test_a_live_agent_without_a_key_of_one_provider_has_that_one_emulated(tmp_path: Path) -> None:
    """Another provider than the built-in one has its own key."""
    text = "prompt: x\nnumbers: [+15550100]\ntts: {voice: own}\nllm: {model: large}\nstt: {provider: other}\n"
    text += "languages: {de: {tts: {voice: own}, prompt: y}}\n"
    case = read_case(write(tmp_path, agent=text))

    (tts_only,) = prepare([case], folders(tmp_path), Providers(frozenset({"tts", "stt"}), live=True))

    assert isinstance(tts_only, PreparedCase | CaseError)
    (path,) = (tmp_path / "agents").glob("*test1.yaml")
    assert yaml.safe_load(path.read_text()) == {
        "prompt": "x",
        "tts": {},
        "llm": {"model": "large"},
        "stt": {"provider": "other"},
        "languages": {"de": {"tts": {}, "prompt": "y"}},
    }
