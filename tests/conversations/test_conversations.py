"""Every file of this folder is a conversation; see README.md for how to add one."""

import asyncio
from pathlib import Path

import pytest

from tests.conversations.case import Case, CaseError, read_case
from tests.conversations.expectations import EXPECTATIONS, problems
from tests.conversations.play import Held, hold_all, write_agents
from tests.conversations.story import Story
from tests.e2e.running import running_up

FOLDER = Path(__file__).parent
CASES = [read_case(path) for path in sorted(FOLDER.glob("*.yaml"))]


@pytest.fixture(scope="session")
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Held | str]:
    """All conversations that are asked for, held at once."""
    wanted = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    cases = [case for case in CASES if case.name in wanted]
    base = tmp_path_factory.mktemp("conversations")
    write_agents(cases, base / "agents")
    told = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(base / "agents"),
    }
    with running_up(base / "home", **told) as up:
        return asyncio.run(hold_all(up, cases))


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_conversation(case: Case, held: dict[str, Held | str]) -> None:
    """It goes as its file says."""
    call = held[case.name]
    assert isinstance(call, Held), call
    story = Story(call)
    wrong = problems(story, case.expect)
    assert not wrong, "\n".join([case.about, *wrong, story.told()])


def test_there_are_enough_and_each_tells_what_it_is_about() -> None:
    """Forty at the least."""
    assert len(CASES) >= 40
    assert len({case.about for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("about: x", "needs `about`, `caller` and `expect`"),
        ("about: x\ncaller: [listen]\nexpect: {}", "at least one thing"),
        ("about: x\ncaller: [sing]\nexpect: {replies: 1}", "unknown action 'sing'"),
        ("about: x\ncaller: [listen]\nexpect: {replies: 1}\nvoice: y", "unknown key 'voice'"),
        ("about: [", "is no YAML"),
    ],
)
def test_a_file_that_cannot_be_played_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    """By file and key."""
    (tmp_path / "wrong.yaml").write_text(text)

    with pytest.raises(CaseError, match=complaint) as raised:
        read_case(tmp_path / "wrong.yaml")
    assert "wrong.yaml" in str(raised.value)


def test_every_expectation_is_documented() -> None:
    """In the folder's README."""
    readme = (FOLDER / "README.md").read_text("utf-8")

    assert not [key for key in EXPECTATIONS if f"`{key}`" not in readme]
