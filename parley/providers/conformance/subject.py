"""Providers under test, and the faults in which checks open them."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from parley.agent_config import LlmConfig, SttConfig, TtsConfig
from parley.audio.formats import AudioFormat
from parley.providers.conformance.check import NotApplicable
from parley.providers.conformance.relay import Relay
from parley.providers.facts import ProviderFacts
from parley.providers.llm import LlmClient
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.stt import SttProvider
from parley.providers.tts import TtsProvider

P_co = TypeVar("P_co", covariant=True)
Config = TypeVar("Config", SttConfig, LlmConfig, TtsConfig)

Fault: TypeAlias = Literal[
    "wrong_key", "unreachable", "silent", "rate_limited", "overloaded", "garbage", "content_filter"
]
"""A key that is refused; an address where nothing listens; a server that accepts connections and is silent;
HTTP 429 or what the provider sends in its place; HTTP 503 or 529; messages that are unreadable; an answer
that ends because of its content."""

ServerFault: TypeAlias = Callable[[Fault], AbstractContextManager[None] | None]
"""Makes an emulator show a fault within the context; returns None for a fault that it does not have."""

_STATUSES: Mapping[Fault, int] = {"rate_limited": 429, "overloaded": 503}
_CLOSED_PORT = 1


@dataclass(frozen=True, slots=True)
class Subject(Generic[P_co, Config]):
    """A provider, the section of an agent file to test it with, and its server."""

    plugin: ProviderPlugin[P_co]
    config: Config
    context: Callable[[], ProviderContext]
    """Returns the context that the plugin is opened with."""
    relay: Relay | None = None
    """The relay before the provider's server; None for a provider without one."""
    path: str = ""
    """Path of the server's base address, such as `/v1`."""
    environment: Mapping[str, str] | None = None
    """Environment variables besides the key and the address, which the facts name."""
    server_fault: ServerFault = lambda _fault: None

    @property
    def facts(self) -> ProviderFacts:
        """The facts that the plugin declares; without them, no key and no address."""
        return self.plugin.facts or ProviderFacts("", models=())

    @property
    def audio_format(self) -> AudioFormat:
        """The format that the plugin declares for the section."""
        return self.plugin.audio_format(self.config)

    @property
    def network(self) -> Relay:
        """The relay before the server.

        Raises:
            NotApplicable: the provider has no server.
        """
        if self.relay is None:
            raise NotApplicable("works without a server")
        return self.relay

    @asynccontextmanager
    async def open(self, fault: Fault | None = None) -> AsyncIterator[P_co]:
        """Open the provider as a process does, with a fault.

        Raises:
            NotApplicable: the fault cannot occur, or cannot be caused.
        """
        with self._fault(fault), _environment(self._variables(fault)):
            async with self.plugin.open(self.context()) as provider:
                yield provider

    @contextmanager
    def _fault(self, fault: Fault | None) -> Iterator[None]:
        relay = self.relay
        if relay is not None:
            relay.reset()
        if fault is None:
            yield
            return
        relay = self.network
        relay.silent = fault == "silent"
        if fault in ("wrong_key", "unreachable", "silent"):
            yield
            return
        at_server = self.server_fault(fault)
        if at_server is not None:
            with at_server:
                yield
        elif fault in _STATUSES:
            relay.status = _STATUSES[fault]
            yield
            relay.reset()
        else:
            raise NotApplicable(f"the emulator has no fault {fault!r}")

    def _variables(self, fault: Fault | None) -> dict[str, str]:
        variables = dict(self.environment or {})
        facts = self.facts
        if fault == "wrong_key" and not facts.key_setting:
            raise NotApplicable("declares no setting for a key")
        if facts.key_setting:
            variables[facts.key_setting] = "bad-key" if fault == "wrong_key" else "key"
        if self.relay is not None and facts.address_setting:
            port = _CLOSED_PORT if fault == "unreachable" else self.relay.port
            variables[facts.address_setting] = f"http://127.0.0.1:{port}{self.path}"
        return variables


SttSubject: TypeAlias = Subject[SttProvider, SttConfig]
LlmSubject: TypeAlias = Subject[LlmClient, LlmConfig]
TtsSubject: TypeAlias = Subject[TtsProvider, TtsConfig]


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    environment = os.environ  # noqa: TID251 - the provider reads its settings there
    before = {name: environment[name] for name in variables if name in environment}
    environment.update(variables)
    try:
        yield
    finally:
        for name in variables:
            environment.pop(name)
        environment.update(before)
