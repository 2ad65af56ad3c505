"""Every YAML file of this folder is a conversation; README.md explains how to add one."""

import asyncio
from pathlib import Path

import pytest

from cli.data.storing import store_folder
from cli.testing.agents import Folders, PreparedCase, Providers, prepare
from cli.testing.case import Case, read_case
from cli.testing.knowledge import index_knowledge
from cli.testing.play import Addresses, Options, Result, play_all
from tests.e2e.running import running_up

FOLDER = Path(__file__).parent
AGENTS = FOLDER.parents[1] / "agents"
CASES = [
    *(read_case(path, FOLDER / "agents" / "base.yaml") for path in sorted(FOLDER.glob("*.yaml"))),
    *(read_case(path) for path in sorted(AGENTS.glob("tests/*/*.yaml"))),
]
"""The conversations of this folder, and the tests of the agents that come with Parley."""


@pytest.fixture(scope="session")
def conversations(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Result]:
    """All selected conversations, played against one system."""
    wanted = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    base = tmp_path_factory.mktemp("conversations")
    prepared = prepare(
        [case for case in CASES if case.name in wanted],
        Folders(base / "agents", base / "scenarios"),
        Providers(),
    )
    cases = [case for case in prepared if isinstance(case, PreparedCase)]
    assert len(cases) == len(prepared), prepared
    environment = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(base / "agents"),
    }
    with running_up(base / "home", **environment) as up:
        addresses = Addresses(
            up.system.nats_url,
            up.system.telephone_url,
            up.state["edge_url"],
            up.state["sandbox_urls"]["openai"],
        )
        asyncio.run(store_folder(up.state["environment"]["PARLEY_POSTGRES_URL"], FOLDER / "data"))
        if any(_needs_documents(case.case) for case in cases):
            url = up.state["environment"]["PARLEY_POSTGRES_URL"]
            asyncio.run(index_knowledge(url, {"helpdesk": AGENTS / "knowledge" / "helpdesk"}))
        results = asyncio.run(play_all(addresses, cases, Options()))
    return {result.name: result for result in results}


def _needs_documents(case: Case) -> bool:
    return "documents" in case.name or "helpdesk" in str(case.agent_file)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_conversation(case: Case, conversations: dict[str, Result]) -> None:
    """The conversation fulfils the expectations of its file."""
    result = conversations[case.name]
    assert not result.error, result.error
    assert result.outcome is not None
    assert result.passed, "\n".join([result.about, *result.problems, result.outcome.describe()])


def test_there_are_forty_cases_with_different_descriptions() -> None:
    """The folder has at least forty cases, and no two have the same description."""
    assert len(CASES) >= 40
    assert len({case.about for case in CASES}) == len(CASES)
