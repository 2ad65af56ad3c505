"""Every YAML file of this folder is a conversation; README.md explains how to add one."""

import asyncio
from pathlib import Path

import pytest

from tests.conversations.case import Case, CaseError, read_case
from tests.conversations.expectations import EXPECTATIONS, problems
from tests.conversations.outcome import Outcome
from tests.conversations.play import PlayedConversation, play_all, write_agents
from tests.e2e.running import running_up

FOLDER = Path(__file__).parent
CASES = [read_case(path) for path in sorted(FOLDER.glob("*.yaml"))]


@pytest.fixture(scope="session")
def conversations(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, PlayedConversation | str]:
    """All selected conversations, played against one system."""
    wanted = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    cases = [case for case in CASES if case.name in wanted]
    base = tmp_path_factory.mktemp("conversations")
    write_agents(cases, base / "agents")
    environment = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(base / "agents"),
    }
    with running_up(base / "home", **environment) as up:
        return asyncio.run(play_all(up, cases))


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_conversation(case: Case, conversations: dict[str, PlayedConversation | str]) -> None:
    """The conversation fulfils the expectations of its file."""
    played = conversations[case.name]
    assert isinstance(played, PlayedConversation), played
    outcome = Outcome(played)
    mismatches = problems(outcome, case.expect)
    assert not mismatches, "\n".join([case.about, *mismatches, outcome.describe()])


def test_there_are_forty_cases_with_different_descriptions() -> None:
    """The folder has at least forty cases, and no two have the same description."""
    assert len(CASES) >= 40
    assert len({case.about for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about: x", "needs `about`, `caller` and `expect`"),
        ("about: x\ncaller: [listen]\nexpect: {}", "at least one expectation"),
        ("about: x\ncaller: [sing]\nexpect: {replies: 1}", "unknown action 'sing'"),
        ("about: x\ncaller: [listen]\nexpect: {replies: 1}\nvoice: y", "unknown key 'voice'"),
        ("about: [", "is not YAML"),
    ],
)
def test_an_invalid_file_raises_an_error(tmp_path: Path, text: str, message: str) -> None:
    """The error message names the file and the key."""
    (tmp_path / "wrong.yaml").write_text(text)

    with pytest.raises(CaseError, match=message) as raised:
        read_case(tmp_path / "wrong.yaml")
    assert "wrong.yaml" in str(raised.value)


def test_every_expectation_is_documented() -> None:
    """The folder's README documents every expectation."""
    readme = (FOLDER / "README.md").read_text("utf-8")

    assert not [key for key in EXPECTATIONS if f"`{key}`" not in readme]
