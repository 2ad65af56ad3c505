"""`parley doctor` checks the database of an agent that needs one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.database import check_database, needs_database
from cli.doctor.finding import Finding, Reporter
from cli.doctor.local import check_agent_file
from cli.free_port import free_port
from parley.agent_config import AgentConfig
from tests.integration.records_calls import OPEN_ALWAYS, opened


@dataclass(frozen=True)
class Inputs:
    """The part of the context that the check reads."""

    agent: AgentConfig
    url: str

    def variable(self, _name: str) -> str:
        """The address of the database."""
        return self.url


async def findings(url: str, *tools: Any) -> list[tuple[str, str, str]]:
    """State, subject and text of each finding."""
    found: list[Finding] = []
    agent = AgentConfig.model_validate({"prompt": "x", "tools": tools})
    await check_database(Inputs(agent, url), Reporter("database", found.append))  # type: ignore[arg-type]
    return [(finding.state, finding.subject, finding.text) for finding in found]


async def test_the_schema_and_the_calendars_are_checked(postgres_url: str) -> None:
    """The remedy of a missing calendar is the command that imports it."""
    [(state, _, text)] = await findings(postgres_url, "take_message")
    assert state == "note"
    assert "its schema is version 0 of" in text
    async with opened(postgres_url, OPEN_ALWAYS):
        pass
    assert [state for state, _, _ in await findings(postgres_url, "take_message", "book_appointment")] == [
        "ok",
        "ok",
    ]
    missing = {"type": "book_appointment", "calendars": ["dr_miller", "dr_who"]}
    assert (await findings(postgres_url, missing))[1] == (
        "failed",
        "calendars",
        "the database has no calendar dr_who: run `parley data import FILE.yaml`",
    )


async def test_a_database_that_cannot_be_used() -> None:
    """No finding has the password of the address."""
    down = f"postgresql://u:hunter2@127.0.0.1:{free_port()}/none"
    for url, reason in (
        (down, "tools that use it would fail"),
        ("postgresql://u:hunter2@[::1/none", "is not an address of Postgres"),
        ("", "`parley up` starts a Postgres of its own"),
    ):
        [(_, _, text)] = await findings(url, "take_message")
        assert reason in text
        assert "hunter2" not in text


@pytest.mark.parametrize(
    ("tools", "needed"),
    [
        ([], False),
        (["end_call"], False),
        (["take_message"], True),
        ([{"type": "log_lead", "backend": "crm"}], False),
    ],
)
def test_only_some_agents_need_it(tools: list[Any], needed: bool) -> None:
    assert needs_database(AgentConfig.model_validate({"prompt": "x", "tools": tools})) is needed


def test_a_backend_that_is_not_installed_is_found_without_network(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("prompt: x\ntools: [{type: take_message, backend: crm}]\n")
    found: list[Finding] = []
    check_agent_file(str(tmp_path), "a", {}, Reporter("agent", found.append))
    [finding] = [finding for finding in found if finding.state == "failed"]
    assert finding.subject == "tool take_message"
    assert "no 'crm' is installed (group parley.records)" in finding.text
