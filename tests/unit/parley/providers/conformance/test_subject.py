"""Subjects open their plugin with the settings and the faults of a check."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

import pytest

from parley.agent_config import TtsConfig
from parley.providers.conformance import Fault, NotApplicable, Relay, Subject
from parley.providers.facts import ProviderFacts
from parley.providers.registry import ProviderContext, ProviderPlugin
from tests.unit.parley.providers.doubles import make_telemetry

FACTS = ProviderFacts("Test", models=(), key_setting="TEST_KEY", address_setting="TEST_URL")


@asynccontextmanager
async def open_settings(_context: ProviderContext) -> AsyncIterator[dict[str, str]]:
    """Yield the variables that the provider reads."""
    yield {name: value for name, value in os.environ.items() if name.startswith("TEST_")}


def subject(relay: Relay | None, facts: ProviderFacts = FACTS, shown: list[Fault] | None = None) -> Subject:  # type: ignore[type-arg]
    @contextmanager
    def show(fault: Fault) -> Iterator[None]:
        assert shown is not None
        shown.append(fault)
        yield

    def cause(fault: Fault) -> AbstractContextManager[None] | None:
        return show(fault) if shown is not None and fault == "garbage" else None

    plugin = ProviderPlugin(open_settings, facts=facts)
    return Subject(
        plugin,
        TtsConfig(),
        lambda: ProviderContext(make_telemetry()),
        relay,
        path="/v1",
        environment={"TEST_X": "1"},
        server_fault=cause,
    )


async def test_settings_exist_while_the_provider_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key and the address by the facts, and those of the case."""
    monkeypatch.setenv("TEST_KEY", "mine")
    async with subject(Relay(1, port=5)).open() as settings:
        assert settings == {"TEST_KEY": "key", "TEST_URL": "http://127.0.0.1:5/v1", "TEST_X": "1"}
    assert os.environ["TEST_KEY"] == "mine"
    assert "TEST_URL" not in os.environ


async def test_faults_of_the_network() -> None:
    """By the settings, or by the relay."""
    relay = Relay(1, port=5)
    async with subject(relay).open("wrong_key") as settings:
        assert settings["TEST_KEY"] == "bad-key"
    async with subject(relay).open("unreachable") as settings:
        assert settings["TEST_URL"] == "http://127.0.0.1:1/v1"
    async with subject(relay).open("silent"):
        assert relay.silent
    async with subject(relay).open("rate_limited"):
        assert (relay.silent, relay.status) == (False, 429)
    async with subject(relay).open():
        assert relay.status == 0


async def test_faults_of_the_server() -> None:
    """The emulator shows those that it has."""
    shown: list[Fault] = []
    async with subject(Relay(1), shown=shown).open("garbage"):
        assert shown == ["garbage"]
    with pytest.raises(NotApplicable, match="content_filter"):
        async with subject(Relay(1)).open("content_filter"):
            pass


async def test_faults_that_cannot_occur() -> None:
    """Without a server or without a key."""
    with pytest.raises(NotApplicable, match="server"):
        async with subject(None).open("silent"):
            pass
    with pytest.raises(NotApplicable, match="key"):
        async with subject(Relay(1), ProviderFacts("Test", models=())).open("wrong_key"):
            pass
