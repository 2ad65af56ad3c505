"""Tests of `parley agents` with a real NATS server."""

import asyncio
from pathlib import Path

import pytest

from cli.agents.existing_names import existing_names
from cli.agents.versions import Versions
from parley.agent_config import parse_agent
from parley.agent_store import AgentBucket, LoadedAgent, version_of
from parley.bus import connect
from parley.errors import ConfigError


def agent(text: str) -> LoadedAgent:
    """The agent `shop` with a text."""
    return LoadedAgent("shop", version_of(text), parse_agent(text, "shop", "test"), text)


ONE, TWO = agent("prompt: one"), agent("prompt: two")


async def test_versions_are_applied_compared_and_rolled_back(nats_url: str) -> None:
    """Applying the current version again changes nothing."""
    async with connect(nats_url, "test", timeout_s=30) as bus:
        versions = Versions(AgentBucket(bus))
        kinds = [(await versions.apply([each]))[0].kind for each in (ONE, ONE, TWO)]
        [planned] = await versions.plan([ONE])
        rolled_back = await versions.roll_back("shop", ONE.version[:6])
        current = (await versions.current())["shop"].version
        await versions.remove("shop")
        history = await versions.history("shop")
        removed = await versions.current()

    assert kinds == ["new", "unchanged", "changed"]
    assert (planned.kind, planned.before, planned.after) == ("changed", TWO.version, ONE.version)
    assert "-prompt: two\n+prompt: one" in planned.diff
    assert rolled_back == current == ONE.version
    assert [pointer.version for pointer in history] == ["", ONE.version, TWO.version, ONE.version]
    assert removed == {}


async def test_what_does_not_exist_is_named(nats_url: str) -> None:
    """The error lists what there is."""
    async with connect(nats_url, "test", timeout_s=30) as bus:
        versions = Versions(AgentBucket(bus))
        await versions.apply([ONE])

        with pytest.raises(ConfigError, match="applied agents: shop"):
            await versions.history("shpo")
        for version in ("ffff", "", ONE.version[:3]):
            with pytest.raises(ConfigError, match=f"there are: {ONE.version}"):
                await versions.roll_back("shop", version)
        with pytest.raises(ConfigError, match="has no version"):
            await versions.remove("other")


async def test_the_check_includes_the_applied_versions(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number of an applied agent is taken; without a server the reason is shown."""
    numbered = agent("prompt: one\nnumbers: ['+15550100000']")
    async with connect(nats_url, "test", timeout_s=30) as bus:
        await Versions(AgentBucket(bus)).apply([numbered])
    (tmp_path / "front.yaml").write_text("prompt: hi", "utf-8")
    monkeypatch.setenv("PARLEY_NATS_URL", nats_url)

    existing, reason = await asyncio.to_thread(existing_names, tmp_path / "home", str(tmp_path), [])

    assert (reason, [each.name for each in existing.files]) == ("", ["front"])
    assert [(each.name, each.version) for each in existing.applied] == [("shop", numbered.version)]
    monkeypatch.setenv("PARLEY_NATS_URL", "nats://127.0.0.1:1")
    existing, reason = await asyncio.to_thread(existing_names, tmp_path / "home", str(tmp_path), ["front"])
    assert (existing.applied, existing.files) == ((), ())
    assert "not compared" in reason
