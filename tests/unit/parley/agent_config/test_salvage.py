"""The announcement of a refused agent file, and its language."""

from pathlib import Path

import pytest

from parley.agent_config import default_texts, salvage_agent

GERMAN = (default_texts("de") or {})["unavailable"]


@pytest.mark.parametrize(
    ("text", "language", "announced"),
    [
        ("prompt: x\nlanguage: de\nllm: {temprature: 9}", "de", GERMAN),
        ("language: de-AT", "de-AT", GERMAN),
        ("prompt: x\nstt: {language: de, modle: y}", "de", GERMAN),
        (
            "prompt: x\nlanguage: de\nunavailable: Wir haben geschlossen.\nnonsense: 1",
            "de",
            "Wir haben geschlossen.",
        ),
        ("prompt: x\nlanguage: de\nunavailable: [1]", "de", GERMAN),
        ("prompt: x\nlanguage: de\nfallback: {voice: nobody}", "de", GERMAN),
        ("prompt: x\nlanguage: de\nfallback: 3", "de", GERMAN),
    ],
)
def test_the_language_and_the_text_are_read(tmp_path: Path, text: str, language: str, announced: str) -> None:
    """Errors elsewhere in the file do not matter."""
    (tmp_path / "shop.yaml").write_text(text, "utf-8")
    agent = salvage_agent(tmp_path, "shop")

    assert agent is not None
    assert (agent.language, agent.unavailable) == (language, announced)


@pytest.mark.parametrize("text", [b"prompt: [", b"- list", b"", b"\xff\xfe\x00", b"language: German"])
def test_nothing_is_read_from_what_is_no_agent_file(tmp_path: Path, text: bytes) -> None:
    """The caller of the function has another text."""
    (tmp_path / "shop.yaml").write_bytes(text)

    assert salvage_agent(tmp_path, "shop") is None


@pytest.mark.parametrize("name", ["", "missing", "../shop", "a/b"])
def test_no_file_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    """The name comes from a webhook's address."""
    (tmp_path / "shop.yaml").write_text("language: de")
    folder = tmp_path / "agents"
    folder.mkdir()

    assert salvage_agent(folder, name) is None
