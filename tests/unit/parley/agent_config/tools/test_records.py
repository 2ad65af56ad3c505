"""The common base of the tools that keep records, in the agent file."""

from parley.agent_config.tools import TakeMessageTool


def test_records_are_in_the_database_by_default() -> None:
    assert TakeMessageTool().needs_database
    assert not TakeMessageTool(backend="crm", options={"url": "https://example.com"}).needs_database
