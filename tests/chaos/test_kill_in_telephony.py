"""Killing the edge or the brain while the agent acts outside of the call: one effect each."""

from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import yaml

from bench.chaos.booking_service import BookingService
from bench.chaos.effect_calls import EffectCalls
from bench.chaos.effects import AGENT, agents, model_rules, moments_of
from tests.e2e.running import Up, running_up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TESTED = {
    "edge": ("message", "warm transfer", "cold transfer", "keys"),
    "brain": ("tool", "hand-off", "warm transfer"),
}


@pytest.fixture(scope="module")
def telephony_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system whose agents book, text, transfer, press keys and hand over."""
    folder = tmp_path_factory.mktemp("telephony")
    (folder / "agents").mkdir()
    environment = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(folder / "agents"),
        "PARLEY_AGENT": AGENT,
    }
    model = folder / "model.yaml"
    model.write_text(yaml.safe_dump({"rules": model_rules()}), "utf-8")
    for name, agent in agents(str(model), "http://127.0.0.1:9").items():
        (folder / "agents" / f"{name}.yaml").write_text(yaml.safe_dump(agent), "utf-8")
    with running_up(folder / "home", "--copies", "2", **environment) as up:
        yield up


@pytest.mark.parametrize("stage", TESTED)
async def test_a_kill_repeats_nothing_and_loses_nothing(telephony_up: Up, stage: str) -> None:
    """The calls are in progress at the same time; each has its effect once, and no sentence twice."""
    up, service = telephony_up, BookingService()
    ready = _ready(up, stage)

    async def recovered(_pid: int) -> None:
        nonlocal ready
        ready += 1
        await eventually(lambda: _ready(up, stage) >= ready or None, timeout_s=60)

    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(service.served())
        folder = up.home.parent
        for name, agent in agents(str(folder / "model.yaml"), url).items():
            (folder / "agents" / f"{name}.yaml").write_text(yaml.safe_dump(agent), "utf-8")
        calls = EffectCalls(up.system.nats_url, up.system.telephone_url, up.system.edge_url, service.effects)
        moments = [moment for moment in moments_of(stage) if moment.name in TESTED[stage]]
        result = await calls.run(stage, moments, recovered)

    assert result.problems == []
    assert (result.calls, result.kills) == (len(TESTED[stage]),) * 2
    assert result.effects == {name: [1] for name in TESTED[stage]}


def _ready(up: Up, stage: str) -> int:
    """How often a process of a stage has become ready."""
    logs = (up.home / "logs").glob(f"{stage}*.log")
    return sum(path.read_text("utf-8").count('"event": "ready"') for path in logs)
