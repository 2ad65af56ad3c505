"""Calls of agents with `mode: realtime` whose provider fails within one answer."""

from pathlib import Path

import pytest

from parley.providers.latency_limits import LimitRange
from parley.v1.reply_pb2 import (
    FallbackRequested,
    HangUpRequested,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
)
from parley.v1.synthesis_pb2 import ClauseSynthesized
from parley.v1.work_pb2 import StageFailed
from tests.event_factories import bodies_of
from tests.integration.brain_agents import write_agent
from tests.integration.realtime_client import GOODBYE, HELLO
from tests.integration.test_realtime import LONG, RealtimeCall, calling, make_emulator

pytestmark = pytest.mark.timeout(60)

_CONTINUED = "Nobody is here."
_RULES = (
    {"when": "goodbye", "say": "Until then."},
    {"after": "open", "say": _CONTINUED},
    {"say": LONG},
)


def _texts(call: RealtimeCall) -> list[str]:
    return [call.call.text_of(body.reply_id).strip() for body in bodies_of(call.bodies, ReplyStarted)]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("pause_audio", LONG),
        ("slow_audio", LONG),
        ("silent_response", LONG),
        ("failed_rate_limit", LONG),
        ("close_audio", _CONTINUED),
        ("stall_audio", _CONTINUED),
    ],
)
async def test_a_fault_within_one_answer(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, answer: str
) -> None:
    """The caller has an answer, whole or continued, and the next turn has its own."""
    emulator = make_emulator(llm_silence_s=0.3)
    async with calling(nats_url, tmp_path, monkeypatch, rules=_RULES, emulator=emulator) as call:
        await call.greeted()
        emulator.runtime_settings.update({"realtime_fault": fault, "llm_fault_requests": 1})
        await call.speak(HELLO)
        await call.until_kind(ReplyFinished, lambda body: call.call.text_of(body.reply_id).strip() == answer)
        emulator.runtime_settings.update({"realtime_fault": ""})
        await call.speak(GOODBYE)
        await call.until_kind(ReplyFinished, lambda _: _texts(call)[-1] == "Until then.")
    assert not bodies_of(call.bodies, FallbackRequested)
    assert not call.journal("realtime_error")


async def test_a_reply_without_response_done_is_spoken_once(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its audio has arrived."""
    emulator = make_emulator()
    async with calling(nats_url, tmp_path, monkeypatch, rules=_RULES, emulator=emulator) as call:
        await call.greeted()
        emulator.runtime_settings.update({"realtime_fault": "no_done", "llm_fault_requests": 1})
        await call.speak(HELLO)
        ended = await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
        emulator.runtime_settings.update({"realtime_fault": ""})
        await call.speak(GOODBYE)
        await call.until_kind(ReplyFinished, lambda _: _texts(call)[-1] == "Until then.")
    assert ended.reason == "stop"
    clauses = [b for b in bodies_of(call.bodies, ClauseSynthesized) if b.reply_id == "r2"]
    assert [word.text for clause in clauses for word in clause.words] == LONG.split()
    assert not call.journal("realtime_error")


async def test_a_tool_call_long_after_the_words_is_made(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply has ended without it."""
    monkeypatch.setattr("services.brain.realtime.response_limits._END", LimitRange(0.05, 0.05, 0.05))
    rules = ({"when": "appointment", "say": "Until then.", "call": "end_call", "fault": "late_call"},)
    async with calling(
        nats_url, tmp_path, monkeypatch, rules=rules, emulator=make_emulator(llm_silence_s=1)
    ) as call:
        await call.greeted()
        await call.speak(HELLO)
        ended = await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
        called = await call.until_kind(ToolCalled)
        await call.until_kind(HangUpRequested)
    assert (ended.reason, called.name, called.reply_id) == ("stop", "end_call", "r2")


async def test_a_limited_model_is_replaced_by_the_next(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its responses fail, so the session of the fallback speaks from the beginning."""
    rules = ({"when": "goodbye", "say": "Until then."},)
    write_agent(tmp_path, "limited", ({"say": "x", "fault": "failed_rate_limit"},))
    second = str(tmp_path / "models" / "front.yaml")
    section = {"model": str(tmp_path / "models" / "limited.yaml"), "fallbacks": [{"model": second}]}
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules, realtime=section) as call:
        await call.greeted()
        await call.speak(GOODBYE)
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
    assert call.call.text_of("r2").strip() == "Until then."
    assert {b.code for b in bodies_of(call.bodies, StageFailed)} == {"rate_limited"}
    assert not bodies_of(call.bodies, FallbackRequested)


async def test_a_model_that_cannot_even_apologize_ends_in_the_fallback(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller does not wait in silence."""
    emulator = make_emulator()
    async with calling(nats_url, tmp_path, monkeypatch, emulator=emulator) as call:
        await call.greeted()
        emulator.runtime_settings.update({"realtime_fault": "failed_rate_limit", "llm_fault_requests": 100})
        await call.speak(HELLO)
        await call.until_kind(FallbackRequested)
    [finished] = [b for b in bodies_of(call.bodies, ReplyFinished) if b.reply_id == "r2"]
    assert finished.reason == "error"
