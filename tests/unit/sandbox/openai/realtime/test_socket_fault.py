"""The fault `stt_fault` of transcription sessions."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox.openai.realtime.outgoing import CloseSession, Outgoing
from sandbox.openai.realtime.session_config import SessionConfig
from sandbox.openai.realtime.socket_fault import SocketFault
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.settings import RecognitionSettings


async def causes(fault: str, *, model: str = "", byte_count: int = 8000) -> str:
    """The effect of a fault that is due after 1 s of audio."""
    settings = RecognitionSettings(stt_fault=cast("Any", fault), stt_fault_after_s=1.0)
    sent: list[str] = []

    async def send_text(text: str) -> None:
        sent.append(text)

    outgoing = cast("Outgoing", SimpleNamespace(send_text=send_text))
    config = SessionConfig("sess_1", 0, model)
    found = SocketFault(SocketFaults(lambda: settings), config, outgoing)
    try:
        await found.on_audio(byte_count, settings)
    except CloseSession as closed:
        return str(closed.code)
    return "".join(sent)


@pytest.mark.parametrize(("fault", "effect"), [("", ""), ("close", "1011"), ("garbage", "{this is no JSON")])
async def test_a_fault_occurs_after_enough_audio(fault: str, effect: str) -> None:
    """Only in sessions that transcribe."""
    assert await causes(fault) == effect
    assert await causes(fault, byte_count=7999) == ""
    assert await causes(fault, model="gpt-realtime-2.1") == ""
