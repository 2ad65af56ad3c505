"""Tests of the entry point, without loading a voice."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from parley.agent_config import TtsConfig
from parley.audio.formats import AudioFormat
from parley.errors import ConfigError, ProviderRejected
from parley.providers.registry import ProviderContext
from services.tts.providers.hibari import PLUGIN, provider
from tests.unit.parley.providers.doubles import make_telemetry

_SECTION = TtsConfig(provider="hibari")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The voices that were loaded: name, and whether British."""
    found: list[tuple[str, bool]] = []

    def load_voice(path: Path, *, british: bool) -> SimpleNamespace:
        found.append((path.stem, british))
        return SimpleNamespace()

    def find_voice(name: str, _folder: str = "", _sha256: str = "") -> Path:
        if name == "unknown":
            raise ConfigError("hibari: no voice 'unknown'")
        return Path(f"{name}.onnx")

    monkeypatch.setattr(provider, "load_voice", load_voice)
    monkeypatch.setattr(provider, "find_voice", find_voice)
    return found


async def test_each_voice_is_loaded_once(loaded: list[tuple[str, bool]]) -> None:
    """The packaged one before the first call, another one with the first call that needs it."""
    assert PLUGIN.audio_format(_SECTION) == AudioFormat("pcm_s16le", 24_000)
    async with PLUGIN.open(ProviderContext(make_telemetry())) as hibari:
        assert loaded == [("heart", False)]
        for _ in range(2):
            for voice in ("", "emma"):
                section = TtsConfig(provider="hibari", voice=voice)
                async with hibari.connect(section, "CA1") as connection, connection.open_stream("r1"):
                    pass
    assert loaded == [("heart", False), ("emma", True)]


@pytest.mark.usefixtures("loaded")
async def test_a_voice_that_cannot_be_used_is_rejected() -> None:
    """The agent's next provider speaks instead."""
    async with PLUGIN.open(ProviderContext(make_telemetry())) as hibari:
        for section, reason in (
            (TtsConfig(provider="hibari", voice="unknown"), "no voice 'unknown'"),
            (TtsConfig(provider="hibari", language="fr"), "English only"),
        ):
            with pytest.raises(ProviderRejected, match=reason):
                async with hibari.connect(section, "CA1"):
                    pass


async def test_missing_packages_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process does not start, and its last line has the command."""

    def find_voice(*_arguments: str) -> Path:
        raise ConfigError("hibari: not installed: run `make setup`")

    monkeypatch.setattr(provider, "find_voice", find_voice)
    with pytest.raises(ConfigError, match="make setup"):
        async with PLUGIN.open(ProviderContext(make_telemetry())):
            pass
