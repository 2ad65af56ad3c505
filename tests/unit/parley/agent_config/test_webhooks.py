"""Tests for the webhooks of an agent."""

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, Webhook


def test_there_are_no_webhooks_by_default() -> None:
    """A record leaves the system only if the agent file requests it."""
    assert AgentConfig(prompt="p").webhooks.call_ended is None


@pytest.mark.parametrize("url", ["", "example.com/hook", "ftp://example.com", "https://"])
def test_only_a_web_address_is_accepted(url: str) -> None:
    """The error names the key."""
    with pytest.raises(ValidationError, match="url"):
        Webhook(url=url)
