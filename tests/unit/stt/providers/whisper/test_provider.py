"""Tests of the entry point, without loading a model."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from parley.agent_config import SttConfig
from parley.errors import ConfigError, ProviderRateLimited, ProviderRejected
from parley.providers.registry import ProviderContext
from parley.whisper.recognizer import Recognizer
from parley.whisper.weights import Weights
from services.stt.providers.whisper import PLUGIN, provider
from tests.unit.parley.providers.doubles import make_telemetry

_ENGLISH = SttConfig(provider="whisper")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Weights]:
    """The weights that were loaded, all of which understand English only."""
    found: list[Weights] = []

    @asynccontextmanager
    async def open_recognizer(weights: Weights, threads: int) -> AsyncIterator[Recognizer]:
        found.append(weights)
        with ThreadPoolExecutor(threads) as executor:
            model = SimpleNamespace(multilingual=False)
            yield Recognizer(model, executor, threads)  # type: ignore[arg-type]

    monkeypatch.setattr(provider, "open_recognizer", open_recognizer)
    return found


async def test_the_packaged_model_is_loaded_once(loaded: list[Weights]) -> None:
    """Before the first call, and shared by all of them."""
    async with PLUGIN.open(ProviderContext(make_telemetry())) as whisper:
        assert [weights.name for weights in loaded] == ["tiny.en"]
        assert not whisper.detects_turns(_ENGLISH)
        async with whisper.connect(_ENGLISH, "CA1"), whisper.connect(_ENGLISH, "CA2"):
            pass
    assert len(loaded) == 1


async def test_more_calls_than_allowed_are_refused(
    loaded: list[Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's next provider takes them; a call that ends makes room."""
    monkeypatch.setenv("PARLEY_WHISPER_MAX_CALLS", "1")
    async with PLUGIN.open(ProviderContext(make_telemetry())) as whisper:
        async with whisper.connect(_ENGLISH, "CA1"):
            with pytest.raises(ProviderRateLimited, match="PARLEY_WHISPER_MAX_CALLS"):
                async with whisper.connect(_ENGLISH, "CA2"):
                    pass
        async with whisper.connect(_ENGLISH, "CA3"):
            pass
    assert loaded


@pytest.mark.usefixtures("loaded")
async def test_what_a_model_cannot_do_is_explained() -> None:
    """An unknown model, and another language."""
    async with PLUGIN.open(ProviderContext(make_telemetry())) as whisper:
        for section, reason in (
            (SttConfig(provider="whisper", model="small"), "no model 'small'"),
            (SttConfig(provider="whisper", language="de"), "English only"),
        ):
            with pytest.raises(ProviderRejected, match=reason):
                async with whisper.connect(section, "CA1"):
                    pass


async def test_missing_packages_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process does not start, and its last line has the command."""

    def find_weights(*_arguments: str) -> Weights:
        raise ConfigError("whisper: not installed: run `make setup`")

    monkeypatch.setattr(provider, "find_weights", find_weights)
    with pytest.raises(ConfigError, match="make setup"):
        async with PLUGIN.open(ProviderContext(make_telemetry())):
            pass
