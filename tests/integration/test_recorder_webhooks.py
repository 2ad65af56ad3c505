"""The webhook for the end of a call, and the collected data in the record."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parley.bus import Bus, connect
from parley.events.envelope import Body
from parley.runtime.health import serve
from parley.v1.call_pb2 import CallEnded, VoicemailRecorded, VoicemailStored
from parley.v1.handoff_pb2 import AgentChanged, DataCollected, WebhookDelivered
from parley.v1.reply_pb2 import TokensUsed
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_COLD,
    MessageRequested,
    MessageSent,
    TransferFinished,
    TransferRequested,
)
from tests.call_log import read_events
from tests.eventually import eventually
from tests.integration.recorder_call import END_MS, ScriptedCall
from tests.integration.recorder_process import SID, TIMEOUT_S, recorded, recorder, rows, work_done

SECRET = "whsec_" + b64encode(b"a secret of 24 bytes ...").decode()


@dataclass
class Receiver:
    """A system of the user's own that receives webhooks."""

    statuses: list[int] = field(default_factory=list)
    """Statuses of the next responses; afterwards 200."""
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        """Note a request."""
        self.requests.append((dict(request.headers), await request.body()))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)


@asynccontextmanager
async def running(receiver: Receiver, folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run a receiver; yield the settings of a recorder with an agent that sends to it."""
    app = Starlette(routes=[Route("/hook", receiver.receive, methods=["POST"])])
    async with serve(app, "127.0.0.1", 0) as port:
        agents = folder / "agents"
        agents.mkdir()
        hook = f"{{url: 'http://127.0.0.1:{port}/hook', secret_env: HOOK_SECRET}}"
        fallback = "fallback: {then: voicemail}"
        (agents / "front.yaml").write_text(f"prompt: x\n{fallback}\nwebhooks:\n  call_ended: {hook}\n")
        yield {"PARLEY_AGENTS_DIR": str(agents), "PARLEY_AGENT": "front", "HOOK_SECRET": SECRET}


async def publish_call(bus: Bus) -> None:
    """Publish a call with a hand-off, a value and its correction."""
    call = ScriptedCall(bus, SID)
    await call.publish(0, END_MS)
    bodies: tuple[Body, ...] = (
        DataCollected(field="phone", value="+15550000", confirmed=False, turn=1),
        AgentChanged(agent="sales", from_agent="front", reply_id="r2"),
        DataCollected(field="phone", value="+15550001", confirmed=True, turn=1),
        TokensUsed(input=900, output=40, cost="0.0003", currency="USD"),
        TransferRequested(tool_call_id="t1", kind=TRANSFER_KIND_COLD),
        TransferFinished(tool_call_id="t1", outcome="busy", target="desk", address="+15550002"),
        MessageRequested(tool_call_id="m1", to="+15550003", body="Hello"),
        MessageSent(tool_call_id="m1", message_sid="SM1"),
    )
    for number, body in enumerate(bodies):
        await call._publish_event(1000 + number, 7600 + number, "brain", body)
    await call.publish(END_MS, END_MS + 1)
    await call.request_recorder()


async def delivered(bus: Bus) -> list[WebhookDelivered]:
    """Wait for the end of the delivery."""
    found = await eventually(lambda: read_events(bus, SID, "webhook_delivered"), timeout_s=TIMEOUT_S)
    return [event.webhook_delivered for event in found]


async def test_the_record_is_sent_signed_and_repeated(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Each attempt has the same id, so that the receiver can discard a second one."""
    receiver = Receiver([500, 404])
    async with connect(nats_url, "test", timeout_s=30) as bus, running(receiver, tmp_path) as settings:
        await publish_call(bus)
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings):
            [result] = await delivered(bus)
            await work_done(bus)

    assert (result.webhook, result.status, result.attempts, result.failure) == ("call_ended", 200, 3, "")
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    headers, body = receiver.requests[-1]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(SECRET.removeprefix("whsec_"))
    expected = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    sent = json.loads(body)
    assert sent["type"] == "call.ended"
    assert sent["data"]["data"] == {"phone": {"value": "+15550001", "confirmed": True}}
    assert sent["data"]["agents"][-1] == "sales"
    assert [line["text"] for line in sent["data"]["lines"]][1] == "a table for two"
    assert sent["data"]["tokens"]["cost"] == {"USD": "0.0003"}
    assert [each["outcome"] for each in sent["data"]["transfers"]] == ["busy"]
    assert [each["outcome"] for each in sent["data"]["text_messages"]] == ["sent"]
    [call] = await rows(postgres_url, "SELECT agents, data, tokens, transfers, text_messages FROM calls")
    for column in ("tokens", "transfers", "text_messages"):
        assert json.loads(call[column]) == sent["data"][column]
    assert call["agents"][-1] == "sales"
    lines = await rows(postgres_url, "SELECT speaker, agent FROM transcript ORDER BY n")
    assert [line["agent"] for line in lines] == [line["agent"] or None for line in sent["data"]["lines"]]
    assert json.loads(call["data"]) == sent["data"]["data"]
    [stored] = (tmp_path / "calls").glob("*/*.json")
    assert json.loads(stored.read_text())["data"] == sent["data"]["data"]


async def test_the_next_owner_delivers_what_the_first_could_not(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """The first recorder dies after it has stored the record, between two attempts."""
    receiver = Receiver([503] * 2)
    async with connect(nats_url, "test", timeout_s=30) as bus, running(receiver, tmp_path) as settings:
        await publish_call(bus)
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings) as first:
            await recorded(bus)
            await eventually(lambda: len(receiver.requests) == 2, timeout_s=TIMEOUT_S)
            first.kill()
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings):
            [result] = await delivered(bus)
            await work_done(bus)

    assert result.status == 200
    assert len(receiver.requests) == 3
    assert len({body for _, body in receiver.requests}) == 1


async def test_a_final_refusal_ends_the_delivery(nats_url: str, postgres_url: str, tmp_path: Path) -> None:
    """The log of the call shows the reason."""
    receiver = Receiver([410])
    async with connect(nats_url, "test", timeout_s=30) as bus, running(receiver, tmp_path) as settings:
        await publish_call(bus)
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings):
            [result] = await delivered(bus)

    assert (result.status, result.attempts, result.failure) == (410, 1, "response with HTTP 410")


async def test_the_record_of_a_fallback_has_the_address_of_the_message(
    nats_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """The message is stored after the record; the first recorder dies while it waits."""
    receiver = Receiver()
    async with connect(nats_url, "test", timeout_s=30) as bus, running(receiver, tmp_path) as settings:
        call = ScriptedCall(bus, SID)
        await call.publish(0, END_MS)
        await call._publish_event(2000, END_MS, "webhook", CallEnded(reason="fallback", duration_ms=END_MS))
        await call.request_recorder()
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings) as first:
            await recorded(bus)
            first.kill()
        async with recorder(nats_url, postgres_url, tmp_path / "calls", **settings):
            message = VoicemailRecorded(recording_sid="RE1", recording_url="https://x/RE1", duration_ms=9000)
            await call._publish_event(2001, END_MS + 9000, "webhook", message)
            copy = VoicemailStored(recording_sid="RE1", url="file:///CA.voicemail.mp3")
            await call._publish_event(2002, END_MS + 9900, "webhook", copy)
            await delivered(bus)
            await work_done(bus)

    [(_, body)] = receiver.requests
    assert json.loads(body)["data"]["voicemail_url"] == copy.url
    [row] = await rows(postgres_url, "SELECT voicemail_url, end_reason FROM calls")
    assert row == {"voicemail_url": copy.url, "end_reason": "fallback"}
    [stored] = (tmp_path / "calls").glob("*/*.json")
    assert json.loads(stored.read_text())["voicemail_url"] == copy.url
