"""The system that answers the calls of the tests: one of their own, or one that is running."""

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cli.calls import environment_of, find_system
from cli.log_lines import LogWatch
from cli.providers import PROVIDERS, SANDBOX_TOKEN
from cli.system import free_ports, running_system
from cli.testing.play import Addresses

_OWN_PREFIXES = ("TWILIO_", "PARLEY_")
_PROVIDER_PREFIXES = (
    "DEEPGRAM_",
    "OPENAI_",
    "ANTHROPIC_",
    "GEMINI_",
    "ELEVENLABS_",
    "ASSEMBLYAI_",
    "CARTESIA_",
    "PARLEY_DEEPGRAM_",
    "PARLEY_OPENAI_",
    "PARLEY_ELEVENLABS_",
    "PARLEY_ASSEMBLYAI_",
    "PARLEY_CARTESIA_",
    "PARLEY_POLLY_",
)

_STAGE_OF = {"deepgram": "stt", "openai": "llm", "elevenlabs": "tts"}

Voice = Literal["espeak", "tone"]
"""The emulated synthesis: speech that can be listened to, or tones from which the text can be decoded."""


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """A running system, with the folder of agent files that it reads."""

    addresses: Addresses
    agents: Path
    emulated: frozenset[str]
    """Stages whose built-in provider is the emulator."""
    environment: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def own_system(
    given: Mapping[str, str],
    agents: Path,
    home: Path,
    *,
    live: bool,
    voice: Voice = "espeak",
    on_step: Callable[[str], None] = lambda _step: None,
) -> AsyncIterator[SystemUnderTest]:
    """Run a system on free ports, with an empty database, until the context ends.

    Twilio is always emulated; with `live`, the other providers are real where `given` has their keys.

    Raises:
        ProcessFailed: a process did not start.
    """
    environment = {
        **clean_environment(given, live=live),
        "PARLEY_AGENTS_DIR": str(agents),
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": voice,
    }
    watch = LogWatch(lambda _line: None)
    async with running_system(environment, free_ports(), home, on_line=watch, on_step=on_step) as system:
        env = system.topology.env
        sandbox = system.topology.sandbox_urls
        urls = Addresses(
            env["PARLEY_NATS_URL"], sandbox["twilio"], system.edge_url, sandbox.get("openai", "")
        )
        yield SystemUnderTest(urls, agents, emulated_stages(env), env)


@asynccontextmanager
async def existing_system(home: Path) -> AsyncIterator[SystemUnderTest]:
    """The system that runs in `home`.

    Raises:
        SystemNotRunning: no system runs there, or it has no simulated telephone network.
    """
    system, env = find_system(home), environment_of(home)
    openai_url = env.get("OPENAI_BASE_URL", "").removesuffix("/v1")
    emulated = env.get("OPENAI_API_KEY") == SANDBOX_TOKEN
    addresses = Addresses(
        system.nats_url, system.telephone_url, system.edge_url, openai_url if emulated else ""
    )
    yield SystemUnderTest(addresses, Path(env.get("PARLEY_AGENTS_DIR", "agents")), emulated_stages(env), env)


def emulated_stages(env: Mapping[str, str]) -> frozenset[str]:
    """The stages whose built-in provider is the emulator, by the keys in a system's environment."""
    keys = {provider.name: provider.key_variable for provider in PROVIDERS}
    return frozenset(stage for name, stage in _STAGE_OF.items() if env.get(keys[name]) == SANDBOX_TOKEN)


def clean_environment(given: Mapping[str, str], *, live: bool) -> dict[str, str]:
    """The environment of a test system.

    Without the variables of a system in production, so that no test writes to its database or its streams.
    """
    allowed = _PROVIDER_PREFIXES if live else ()
    removed = (*_OWN_PREFIXES, *_PROVIDER_PREFIXES)
    return {
        name: value
        for name, value in given.items()
        if name.startswith(allowed) or not name.startswith(removed)
    }


@asynccontextmanager
async def temporary_home() -> AsyncIterator[Path]:
    """A folder for the streams, tables, logs and recordings of a run; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
