"""The complete example provider on the documentation page works unchanged."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.agent_config import AgentConfig, TtsConfig
from parley.errors import ConfigError
from parley.providers.conformance import TTS_CHECKS, CheckResult, Subject, TtsCase, run_checks
from parley.providers.registry import ProviderContext, check_agent, load_plugin
from tests.unit.parley.providers.doubles import installed, make_telemetry

PAGE = (Path(__file__).parents[4] / "docs" / "providers.md").read_text("utf-8")
TOY = TtsConfig(provider="toy", options={"char_ms": 50})


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


async def run_suite() -> list[CheckResult]:
    plugin = load_plugin("tts", "toy")
    return await run_checks(
        TTS_CHECKS, TtsCase(Subject(plugin, TOY, lambda: ProviderContext(make_telemetry())))
    )


async def test_the_example_keeps_the_protocol() -> None:
    """It passes the checks that the page recommends; those of the network do not apply."""
    assert [result for result in await run_suite() if result.outcome == "failed"] == []


async def test_the_example_reads_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are environment variables that Parley does not define."""
    monkeypatch.setenv("TOY_API_KEY", "")
    first = (await run_suite())[0]
    assert (first.outcome, first.reason) == ("failed", "ProviderRejected: no key")


def test_the_example_checks_its_own_options() -> None:
    """They are checked when the agent file is read."""
    check_agent(AgentConfig(prompt="x", tts=TOY), "tts")
    wrong = TtsConfig(provider="toy", options={"char_ms": 0})
    with pytest.raises(ConfigError, match=r"tts\.options\.char_ms"):
        check_agent(AgentConfig(prompt="x", tts=wrong), "tts")
