"""Calls of agents with `mode: realtime` whose provider fails within one answer."""

from pathlib import Path

import pytest

from parley.v1.reply_pb2 import FallbackRequested, ReplyFinished, ReplyStarted
from tests.event_factories import bodies_of
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
    emulator = make_emulator(llm_silence_s=1)
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
