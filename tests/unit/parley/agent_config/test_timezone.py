"""Tests of time zones."""

import pytest

from parley.agent_config import AgentConfig


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kolkata"])
def test_a_zone_of_the_database_is_accepted(zone: str) -> None:
    """The database is a package, so the system needs none."""
    assert AgentConfig(prompt="x", timezone=zone).timezone == zone


@pytest.mark.parametrize(
    ("zone", "part"), [("europe/berlin", "did you mean Europe/Berlin"), ("+02:00", "is not"), ("", "is not")]
)
def test_another_zone_is_refused(zone: str, part: str) -> None:
    """The error names a similar one."""
    with pytest.raises(ValueError, match=part):
        AgentConfig(prompt="x", timezone=zone)
