"""Tests of versions and of agents' names in the bucket."""

import re

import pytest

from parley.agent_store.version import agent_name, bucket_key, version_of


def test_a_version_depends_on_the_text_alone() -> None:
    """Machines with equal files agree on the version."""
    assert version_of("prompt: a") == version_of("prompt: a") != version_of("prompt: b")
    assert re.fullmatch("[0-9a-f]{12}", version_of("prompt: ä"))


@pytest.mark.parametrize(
    "name", ["clinic", "front desk", "büro", "v1.2", "a=b", "a%b", "~x", "*", ">", "a.b.c"]
)
def test_every_name_has_a_key_without_dots(name: str) -> None:
    """NATS refuses other characters, and a dot would begin the version."""
    key = bucket_key(name)

    assert re.fullmatch(r"[A-Za-z0-9=_-]+", key)
    assert agent_name(key) == name
