"""Killing the edge or the brain while a message is sent or a person is called: one message, one call."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator

import httpx
import pytest
import yaml

from cli.call_log import follow, open_bus
from parley.events.envelope import event_body
from parley.v1.telephony_pb2 import MessageSent, TransferFinished
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up, running_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SALES = "+15550102001"
AGENT = {
    "prompt": "You answer the phone of a clinic.",
    "greeting": "Hello.",
    "idle": {"timeout_s": 60},
    "fillers": {"phrases": []},
    "tools": [
        "send_sms",
        {"type": "transfer_call", "kind": "warm", "destinations": {"sales": {"number": SALES}}},
    ],
}
TRANSFER = {"name": "transfer_call", "arguments": {"destination": "sales", "summary": "Asks for prices."}}
RULES = [
    {"tool_result": "send_sms", "say": "I have sent it."},
    {"tool_result": "transfer_call", "say": "They cannot talk now."},
    {"when": "opening", "call": {"name": "send_sms", "arguments": {"text": "Open until six."}}},
    {"when": "human", "say": "I will call them.", "call": TRANSFER},
]


@pytest.fixture(scope="module")
def telephony_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system whose agent texts and transfers."""
    folder = tmp_path_factory.mktemp("telephony")
    model = folder / "model.yaml"
    model.write_text(yaml.safe_dump({"rules": RULES}), "utf-8")
    (folder / "agents").mkdir()
    agent = {**AGENT, "llm": {"model": str(model)}}
    (folder / "agents" / "texts.yaml").write_text(yaml.safe_dump(agent), "utf-8")
    environment = {
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
        "PARLEY_AGENTS_DIR": str(folder / "agents"),
        "PARLEY_AGENT": "texts",
    }
    with running_up(folder / "home", "--copies", "2", **environment) as up:
        yield up


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("edge", "what are your opening hours"),
        ("brain", "what are your opening hours"),
        ("edge", "can i speak to a human please"),
        ("brain", "can i speak to a human please"),
    ],
)
async def test_a_kill_after_the_attempt_repeats_nothing(telephony_up: Up, stage: str, words: str) -> None:
    """The log has one outcome; Twilio has one message, or one call to the person."""
    up, number = telephony_up, f"+1555010{len(words)}{len(stage)}1"
    script = parse_script({"steps": ["listen", {"say": words}, {"pause": 16000}, "hang_up"]})
    person = {
        "answer": "person",
        "ring_s": 9,
        "script": {"steps": ["listen", {"press": "2"}, {"pause": 2000}]},
    }
    async with (
        open_bus(up.system.nats_url) as bus,
        open_telephone(up.system.telephone_url) as telephone,
        httpx.AsyncClient(base_url=up.system.telephone_url, trust_env=False) as sandbox,
    ):
        await telephone.register_callee(SALES, person)
        before = await _calls_to(sandbox, SALES)
        call_sid = await telephone.call(script, from_=number)
        bodies, worker, killed = [], "", False
        async with asyncio.timeout(120):
            async for event in follow(bus, call_sid):
                bodies.append(event_body(event))
                if event.stage == stage and (
                    started := event.stream_started.worker or event.stage_claimed.worker
                ):
                    worker = started
                if event.HasField("telephony_attempted") and not killed:
                    killed = True
                    os.kill(int(worker.rpartition("/")[2]), signal.SIGKILL)
        messages = await _messages_to(sandbox, number)
        calls = await _calls_to(sandbox, SALES) - before

    sent = [body for body in bodies if isinstance(body, MessageSent)]
    transfers = [body for body in bodies if isinstance(body, TransferFinished)]
    texts = "opening" in words
    assert (messages, calls) == ((1, 0) if texts else (0, 1)), bodies
    assert len({b.tool_call_id for b in sent} | {b.tool_call_id for b in transfers}) == 1
    assert not any(body.failed for body in sent)


async def _calls_to(sandbox: httpx.AsyncClient, number: str) -> int:
    calls = (await sandbox.get("/sandbox/calls")).json()["calls"]
    return sum(call["to"] == number for call in calls)


async def _messages_to(sandbox: httpx.AsyncClient, number: str) -> int:
    entries = json.loads((await sandbox.get("/sandbox/log")).text)["entries"]
    return sum(entry["kind"] == "message" and entry["to"] == number for entry in entries)
