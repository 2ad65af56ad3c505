"""The folders of documents beside agent files; indexing is covered by the tests of `parley knowledge`."""

from pathlib import Path

from cli.testing.knowledge import knowledge_folders


def test_folders_are_indexed_if_an_agent_searches_them(tmp_path: Path) -> None:
    (tmp_path / "knowledge" / "helpdesk").mkdir(parents=True)
    agent = tmp_path / "clinic.yaml"
    agent.write_text("prompt: x")

    assert knowledge_folders([agent]) == {}

    agent.write_text("prompt: x\ntools: [{type: search_knowledge, names: [helpdesk]}]")
    assert knowledge_folders([agent, agent]) == {"helpdesk": tmp_path / "knowledge" / "helpdesk"}
