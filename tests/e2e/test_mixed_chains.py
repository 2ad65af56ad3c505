"""Whole calls over chains of several providers, each of which fails in mid-answer or in mid-utterance."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cli.call_log import follow, open_bus
from cli.live_view import LiveView
from cli.recording import path_of, read_channels
from parley.whisper.model import load_model
from parley.whisper.weights import PACKAGED_MODEL, find_weights
from sandbox import tone
from sandbox.caller.client import open_telephone
from sandbox.caller.report import Report
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up, running_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_MAX_GAP_MS = 5000
_ANSWERS = Path(__file__).parents[2] / "sandbox" / "openai" / "scenarios" / "chaos.yaml"
_HOURS = "Doors open around eight. Lunch pauses everything until two. Saturdays finish early."
_SCRIPT = parse_script(
    {
        "steps": [
            "listen",
            {"say": "what are your opening hours"},
            {"listen": {"silence_ms": 2500}},
            "hang_up",
        ]
    }
)


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system whose agent has three voices, three transcribers and two models."""
    base = tmp_path_factory.mktemp("chains")
    models = [base / "first.yaml", base / "second.yaml"]
    for path in models:
        path.write_text(_ANSWERS.read_text("utf-8"), "utf-8")
    agent = {
        "greeting": "Hello.",
        "prompt": "You answer the phone of a clinic.",
        "idle": {"timeout_s": 60},
        "fillers": {"phrases": []},
        "stt": {
            "fallbacks": [{"provider": "elevenlabs", "model": "scribe_v2_realtime"}, {"provider": "whisper"}]
        },
        "llm": {"model": str(models[0]), "fallbacks": [{"model": str(models[1])}]},
        "tts": {
            "options": {"transport": "websocket"},
            "fallbacks": [
                {
                    "provider": "cartesia",
                    "model": "sonic-3.5",
                    "voice": "5a5a5a5a-0000-4000-8000-000000000001",
                    "options": {},
                },
                {"provider": "hibari", "options": {}},
            ],
        },
    }
    (base / "agents").mkdir()
    (base / "agents" / "clinic.yaml").write_text(yaml.safe_dump(agent), "utf-8")
    environment = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(base / "agents"),
    }
    with running_up(base / "home", **environment) as up:
        yield up


async def hold(up: Up, faults: Mapping[str, Mapping[str, Any]]) -> tuple[LiveView, Report]:
    """Hold one call while the emulators have these settings, which are undone afterwards."""
    urls = up.state["sandbox_urls"]
    live = LiveView()
    async with httpx.AsyncClient() as client:
        before = {name: (await client.get(f"{urls[name]}/sandbox/settings")).json() for name in faults}

        async def change(settings: Mapping[str, Mapping[str, Any]]) -> None:
            for name, changes in settings.items():
                answer = await client.patch(f"{urls[name]}/sandbox/settings", json=changes)
                answer.raise_for_status()

        await change(faults)
        try:
            async with (
                open_bus(up.system.nats_url) as bus,
                open_telephone(up.system.telephone_url) as telephone,
                asyncio.timeout(60),
            ):
                call_sid = await telephone.call(_SCRIPT)
                async for event in follow(bus, call_sid):
                    live.lines(event)
                report = await telephone.report(call_sid)
        finally:
            await change(
                {name: {key: before[name][key] for key in changes} for name, changes in faults.items()}
            )
    return live, report


def gaps_ms(report: Report) -> list[float]:
    """The silences that the caller hears: before the answer, and between its parts."""
    spoken_ms = report.caller_speech[0].end_ms
    parts = [part for part in report.agent_speech if part.start_ms >= spoken_ms]
    ends = [spoken_ms, *(part.end_ms for part in parts)]
    return [part.start_ms - end for part, end in zip(parts, ends, strict=False)]


def check(live: LiveView, report: Report, *, max_gap_ms: float = _MAX_GAP_MS) -> None:
    """The turn was answered completely, and without a long silence."""
    (turn,) = [turn for turn in live.latencies.turns if turn.agent_text]
    assert turn.agent_text == _HOURS
    assert gaps_ms(report)
    assert max(gaps_ms(report)) < max_gap_ms, gaps_ms(report)


async def test_voices_that_fall_silent_in_turn(chains: Up) -> None:
    """The first model is lost in its answer, and two voices stop in the first sentence."""
    model = str(chains.home.parent / "first.yaml")
    live, report = await hold(
        chains,
        {
            "openai": {"llm_fault": "close_mid", "llm_fault_model": model, "llm_fault_after": 6},
            "elevenlabs": {"tts_fault": "hang_mid"},
            "cartesia": {"cartesia_fault": "hang_mid"},
        },
    )
    check(live, report)
    _, agent = read_channels(Path(path_of(live.recording_url)))
    whisper = load_model(find_weights(PACKAGED_MODEL), 2)
    words = whisper.recognize(agent, "en", thorough=True).text.lower()
    # The local voice has spoken most of the answer; each sentence is in the recording once.
    for word in ("around", "everything", "finish"):
        assert words.count(word) == 1, words


async def test_a_transcriber_that_hangs_within_the_utterance(chains: Up) -> None:
    """Its connection stays open; the next one transcribes the whole utterance, as one turn."""
    live, report = await hold(chains, {"deepgram": {"stt_fault": "hang", "stt_fault_after_s": 1.8}})
    # About 1.8 s on an idle machine: the hang is noticed after the last word only.
    check(live, report)


async def test_connections_that_are_lost_in_turn(chains: Up) -> None:
    """The transcriber is lost in the utterance, the voice in the answer; each sentence is played once."""
    live, report = await hold(
        chains,
        {
            "deepgram": {"stt_fault": "close", "stt_fault_after_s": 1.8},
            "elevenlabs": {"tts_fault": "close_mid"},
        },
    )
    check(live, report)
    _, agent = read_channels(Path(path_of(live.recording_url)))
    played = "".join(filter(str.isalpha, tone.decode(agent).lower()))
    expected = "".join(filter(str.isalpha, f"Hello. {_HOURS}".lower()))
    assert played == expected
