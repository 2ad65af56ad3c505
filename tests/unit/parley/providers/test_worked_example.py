"""The complete example provider on the documentation page works unchanged."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.agent_config import AgentConfig, TtsConfig
from parley.errors import ConfigError, ProviderRejected
from parley.providers.conformance import check_tts
from parley.providers.pool import open_pool
from parley.providers.registry import ProviderContext, check_agent
from tests.unit.parley.providers.doubles import installed, make_telemetry

PAGE = (Path(__file__).parents[4] / "docs" / "providers.md").read_text("utf-8")
TOY = TtsConfig(provider="toy", options={"char_ms": 10})


def block(language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The page's module and entry point, installed."""
    line = block("toml").splitlines()[1].replace('"', "")
    with installed(monkeypatch, tmp_path / "toy_dist", f"[parley.tts]\n{line}\n", toy_tts=block("python")):
        yield


async def test_the_example_keeps_the_protocol() -> None:
    """It passes the checks that the page recommends."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        await check_tts(await pool.get("toy"), TOY)


async def test_the_example_reads_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are environment variables that Parley does not define."""
    monkeypatch.setenv("TOY_API_KEY", "")
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        with pytest.raises(ProviderRejected):
            await check_tts(await pool.get("toy"), TOY)


def test_the_example_checks_its_own_options() -> None:
    """They are checked when the agent file is read."""
    check_agent(AgentConfig(prompt="x", tts=TOY), "tts")
    wrong = TtsConfig(provider="toy", options={"char_ms": 0})
    with pytest.raises(ConfigError, match=r"tts\.options\.char_ms"):
        check_agent(AgentConfig(prompt="x", tts=wrong), "tts")
