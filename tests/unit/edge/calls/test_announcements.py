"""The announcement of a call that cannot be answered."""

from pathlib import Path

import pytest

from parley.agent_config import CallData, default_texts
from parley.agent_store import AgentStore
from services.edge.calls.announcements import default_announcement
from services.edge.twilio.announcement import Announcement

OWN = Announcement("Hoy cerramos.", "es-MX", "Polly.Mia")


def default(language: str) -> str:
    """The default text of a language."""
    return str((default_texts(language) or {})["unavailable"])


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Agents in several languages, some of whose files are refused."""
    files = {
        "german": "prompt: x\nlanguage: de\n",
        "own": "prompt: x\nlanguage: es-MX\nunavailable: Hoy cerramos.\nfallback: {voice: Polly.Mia}\n"
        "numbers: ['+15550100002', {number: '+15550100003', language: de}]\n"
        "languages: {de: {unavailable: Geschlossen., fallback: {voice: Polly.Vicki}}}\n",
        "refused": "prompt: x\nlanguage: pt\nllm: {temprature: 9}\nnumbers: ['+15550100004']\n",
        "unreadable": "prompt: [",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return str(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "called", "default_agent", "expected"),
    [
        ("german", "+15550100002", "own", Announcement(default("de"), "de")),
        ("", "", "own", OWN),
        ("refused", "", "german", Announcement(default("pt"), "pt")),
        ("", "+15550100009", "german", Announcement(default("de"), "de")),
        ("../x", "", "own", OWN),
        ("unreadable", "+15550100009", "missing", Announcement(default("fr"), "fr")),
        # The number's agent comes before the default one, in the number's language, also from a refused file.
        ("", "+15550100002", "german", OWN),
        ("", "+15550100003", "german", Announcement("Geschlossen.", "de", "Polly.Vicki")),
        ("", "+15550100004", "german", Announcement(default("pt"), "pt")),
        ("missing", "+15550100002", "german", OWN),
    ],
)
def test_it_is_the_text_of_the_agent_of_the_call(
    folder: str, wanted: str, called: str, default_agent: str, expected: Announcement
) -> None:
    """Without one, it is the default text of the edge's language."""
    data = CallData(called_number=called)

    found = default_announcement(AgentStore(folder), wanted, default_agent, "fr", "unavailable", data)

    assert found == expected


def test_an_outbound_call_has_not_the_agent_of_the_number_it_calls(folder: str) -> None:
    """The called number is another person's."""
    data = CallData(called_number="+15550100002", direction="outbound")

    found = default_announcement(AgentStore(folder), "", "german", "fr", "unavailable", data)

    assert found.language == "de"


def test_a_missing_folder_is_no_error() -> None:
    """The caller hears something in any case."""
    agents = AgentStore("/nowhere")

    assert default_announcement(agents, "clinic", "", "hi", "unavailable", CallData()).text == default("hi")
