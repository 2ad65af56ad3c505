"""The announcement of a call that cannot be answered."""

from pathlib import Path

import pytest

from parley.agent_config import CallData, default_texts
from parley.agent_store import AgentStore
from services.edge.calls.announcements import default_announcement
from services.edge.twilio.announcement import Announcement


def default(language: str) -> str:
    """The default text of a language."""
    return str((default_texts(language) or {})["unavailable"])


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Agents in several languages, some of whose files are refused."""
    files = {
        "german": "prompt: x\nlanguage: de\n",
        "own": "prompt: x\nlanguage: es-MX\nunavailable: Hoy cerramos.\nfallback: {voice: Polly.Mia}\n",
        "refused": "prompt: x\nlanguage: pt\nllm: {temprature: 9}\n",
        "unreadable": "prompt: [",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return str(tmp_path)


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        (("german", "own"), Announcement(default("de"), "de")),
        (("own",), Announcement("Hoy cerramos.", "es-MX", "Polly.Mia")),
        (("refused", "german"), Announcement(default("pt"), "pt")),
        (("", "german"), Announcement(default("de"), "de")),
        (("unreadable", "missing", "../x", "own"), Announcement("Hoy cerramos.", "es-MX", "Polly.Mia")),
        (("unreadable",), Announcement(default("fr"), "fr")),
        ((), Announcement(default("fr"), "fr")),
    ],
)
def test_it_is_the_first_readable_agents(
    folder: str, agents: tuple[str, ...], expected: Announcement
) -> None:
    """Without one, it is the default text of the edge's language."""
    assert default_announcement(AgentStore(folder), agents, "fr", "unavailable", CallData()) == expected


def test_a_missing_folder_is_no_error() -> None:
    """The caller hears something in any case."""
    agents = AgentStore("/nowhere")

    assert default_announcement(agents, ("clinic",), "hi", "unavailable", CallData()).text == default("hi")
