"""The agent's telephone requests, carried out by an edge at the Twilio emulator."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, StreamStarted
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_COLD,
    TRANSFER_KIND_WARM,
    DtmfRequested,
    DtmfSent,
    MessageRequested,
    MessageSent,
    TransferFinished,
    TransferRequested,
    TransferTarget,
)
from tests.call_log import read_bodies, read_until
from tests.integration.sandbox_twilio.test_with_edge import EmulatorWithEdge, agent_of, emulator

__all__ = ["emulator"]

SALES, SUPPORT = "+15550100021", "+15550100022"
OWN, CALLER = "+15550100000", "+15550100001"
TALK = [{"say": "hello"}, {"listen": {"timeout_s": 10}}, {"expect_hang_up": {"timeout_s": 20}}]


def transfer(kind: Any, *numbers: str, **more: Any) -> TransferRequested:
    """A transfer to these numbers, each of which rings for 3 s."""
    targets = [TransferTarget(name=f"t{n}", address=number, timeout_s=3) for n, number in enumerate(numbers)]
    return TransferRequested(
        tool_call_id="call_1",
        kind=kind,
        targets=targets,
        summary="a caller wants a refill",
        accept_prompt="press one to accept",
        caller_gone="the caller has hung up",
        language="en",
        **more,
    )


async def register(
    emulator: EmulatorWithEdge,
    number: str,
    *steps: Any,
    answer: str = "person",
    faults: Mapping[str, Any] | None = None,
) -> None:
    """Set who answers a number."""
    faults = {"repeated_webhooks": 0, **(faults or {})}
    body: dict[str, Any] = {"answer": answer, "ring_s": 0.1, "faults": faults}
    if steps:
        body["script"] = {"steps": list(steps)}
    reply = await emulator.client.put(f"/sandbox/callees/{number}", json=body)
    assert reply.status_code == 204, reply.text


async def calls_to(emulator: EmulatorWithEdge, number: str) -> list[str]:
    """The CallSids of the calls to a number."""
    calls = (await emulator.client.get("/sandbox/calls")).json()["calls"]
    return [call["call_sid"] for call in calls if call["to"] == number]


async def request(emulator: EmulatorWithEdge, call_sid: str, *bodies: Any) -> None:
    """Append requests as the brain."""
    await read_until(emulator.edge.bus, call_sid, StreamStarted)
    async with agent_of(emulator.edge.bus, call_sid) as agent:
        for body in bodies:
            await agent.append(body)
        await asyncio.sleep(0.1)


def outcomes(bodies: list[Body]) -> list[str]:
    """The outcome of each transfer."""
    return [body.outcome for body in bodies if isinstance(body, TransferFinished)]


def ended(bodies: list[Body]) -> list[str]:
    """The reason of the call's end."""
    return [body.reason for body in bodies if isinstance(body, CallEnded)]


async def test_a_cold_transfer_connects_both_and_ends_the_log_when_the_person_answers(
    emulator: EmulatorWithEdge,
) -> None:
    """The first target is busy, the second answers; the caller and the person hear each other."""
    await register(emulator, SALES, answer="busy")
    await register(emulator, SUPPORT, {"say": "hello"}, {"listen": {"timeout_s": 10}}, "hang_up")
    greeting, answer, end = TALK
    call_sid = await emulator.call(greeting, answer, greeting, end)
    await request(emulator, call_sid, transfer(TRANSFER_KIND_COLD, SALES, SUPPORT))
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    events = await emulator.events(call_sid)
    [person] = await calls_to(emulator, SUPPORT)
    report = await emulator.report(person)

    assert (outcomes(bodies), ended(bodies)) == (["transferred"], ["transferred"])
    assert report["agent_speech"], "the person hears the caller"
    assert events[-1]["outcome"] == "completed"
    assert len(await calls_to(emulator, SALES)) == 1


@pytest.mark.parametrize(("answer", "outcome"), [("busy", "busy"), ("failed", "failed")])
async def test_after_an_unanswered_cold_transfer_the_agent_has_the_call_again(
    emulator: EmulatorWithEdge, answer: str, outcome: str
) -> None:
    """A second stream opens, and the log has the outcome."""
    await register(emulator, SALES, answer=answer)
    call_sid = await emulator.call({"pause": 4000}, "hang_up")
    await request(emulator, call_sid, transfer(TRANSFER_KIND_COLD, SALES))
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)

    assert (outcomes(bodies), ended(bodies)) == ([outcome], ["completed"])
    assert sum(isinstance(body, StreamStarted) for body in bodies) == 2


async def test_a_warm_transfer_joins_the_caller_and_the_person(emulator: EmulatorWithEdge) -> None:
    """The first declines, the second accepts: both hear each other, and the agent's part ends."""
    await register(emulator, SALES, {"listen": {"timeout_s": 10}}, {"press": "2"}, {"pause": 500})
    accept = (
        {"listen": {"timeout_s": 10}},
        {"press": "1"},
        {"pause": 800},
        {"say": "hello"},
        {"pause": 1500},
    )
    await register(emulator, SUPPORT, *accept, "hang_up")
    call_sid = await emulator.call({"listen": {"timeout_s": 30}}, {"expect_hang_up": {"timeout_s": 30}})
    await request(emulator, call_sid, transfer(TRANSFER_KIND_WARM, SALES, SUPPORT))
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    report = await emulator.report(call_sid)

    assert (outcomes(bodies), ended(bodies)) == (["transferred"], ["transferred"])
    assert report["agent_speech"], "the caller hears the person"
    assert report["expected_hang_up_ok"], "the person's hang-up ends the call"


@pytest.mark.parametrize(("answer", "outcome"), [("machine", "machine"), ("no-answer", "no-answer")])
async def test_an_unanswered_warm_transfer_leaves_the_caller_with_the_agent(
    emulator: EmulatorWithEdge, answer: str, outcome: str
) -> None:
    """The caller's stream stays open."""
    await register(emulator, SALES, answer=answer)
    call_sid = await emulator.call({"pause": 12000}, "hang_up")
    await request(emulator, call_sid, transfer(TRANSFER_KIND_WARM, SALES, detect_machine=True))
    bodies = await read_until(emulator.edge.bus, call_sid, TransferFinished)

    assert outcomes(bodies) == [outcome]
    assert sum(isinstance(body, StreamStarted) for body in bodies) == 1
    await emulator.client.delete(f"/sandbox/calls/{call_sid}")


async def test_the_hang_up_of_the_caller_is_announced_to_the_person(emulator: EmulatorWithEdge) -> None:
    """The person's leg ends with an announcement."""
    await register(emulator, SALES, {"pause": 15000}, "hang_up")
    call_sid = await emulator.call({"pause": 2500}, "hang_up")
    await request(emulator, call_sid, transfer(TRANSFER_KIND_WARM, SALES))
    await read_until(emulator.edge.bus, call_sid, TransferFinished)
    [person] = await calls_to(emulator, SALES)
    spoken = [event["text"] for event in await emulator.events(person) if event["kind"] == "say"]

    assert spoken[-1] == "the caller has hung up"
    assert outcomes(await read_bodies(emulator.edge.bus, call_sid)) == ["canceled"]


async def test_a_message_requested_a_thousand_times_is_sent_once(emulator: EmulatorWithEdge) -> None:
    """So is a transfer; a message that Twilio refuses has a plain reason."""
    wanted = MessageRequested(tool_call_id="m1", to=CALLER, from_number=OWN, body="see you at ten")
    refused = MessageRequested(tool_call_id="m2", to=OWN, from_number="+15550100999", body="hello")
    await register(emulator, SALES, answer="busy")
    call_sid = await emulator.call({"pause": 6000}, "hang_up")
    moved = transfer(TRANSFER_KIND_WARM, SALES)
    await request(emulator, call_sid, *[wanted, moved] * 1000, refused)
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    log = (await emulator.client.get("/sandbox/log")).json()
    sent = {body.tool_call_id: body for body in bodies if isinstance(body, MessageSent)}

    assert [entry["body"] for entry in log["entries"] if entry["kind"] == "message"] == ["see you at ten"]
    assert (sent["m1"].failed, sent["m2"].failed, sent["m2"].code) == (False, True, 21606)
    assert "cannot send" in sent["m2"].reason
    assert (outcomes(bodies), len(await calls_to(emulator, SALES))) == (["busy"], 1)


@pytest.mark.parametrize("in_band", [True, False])
async def test_keys_reach_a_voice_menu(emulator: EmulatorWithEdge, in_band: bool) -> None:
    """The other side decodes them from the audio, in one stream or with another one after them."""
    call_sid = await emulator.call(
        {"expect_keys": {"digits": "42#", "timeout_s": 8}}, {"pause": 1500}, "hang_up"
    )
    await request(emulator, call_sid, DtmfRequested(tool_call_id="d1", digits="4w2#", in_band=in_band))
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    report = await emulator.report(call_sid)

    assert report["timeouts"] == []
    assert [body.failed for body in bodies if isinstance(body, DtmfSent)] == [False]
    assert sum(isinstance(body, StreamStarted) for body in bodies) == (1 if in_band else 2)


async def test_transfers_with_music_to_sip_addresses_and_without_callbacks(
    emulator: EmulatorWithEdge,
) -> None:
    """Many at once, each with an outcome of its own."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_music_until_the_decision(emulator, "+15550100031", "+15550100032"))
        for kind, name in ((TRANSFER_KIND_COLD, "cold"), (TRANSFER_KIND_WARM, "warm")):
            tasks.create_task(_sip_address(emulator, kind, f"sip:{name}@example.com"))
            tasks.create_task(_without_callbacks(emulator, kind, f"+1555010004{kind}", "busy"))
            tasks.create_task(_without_callbacks(emulator, kind, f"+1555010005{kind}", "person"))


async def _music_until_the_decision(emulator: EmulatorWithEdge, *numbers: str) -> None:
    """Without music the line is silent."""
    pitches = []
    for number, hold_music in zip(numbers, (True, False), strict=True):
        await register(emulator, number, {"listen": {"timeout_s": 10}}, {"press": "2"}, {"pause": 500})
        call_sid = await emulator.call({"pause": 60000}, "hang_up")
        await request(emulator, call_sid, transfer(TRANSFER_KIND_WARM, number, hold_music=hold_music))
        bodies = await read_until(emulator.edge.bus, call_sid, TransferFinished)
        await emulator.client.delete(f"/sandbox/calls/{call_sid}")
        await emulator.events(call_sid)
        wav = (await emulator.client.get(f"/sandbox/calls/{call_sid}/agent.wav")).content
        pitches.append(len(set(wav)))
        assert outcomes(bodies) == ["declined"]

    assert pitches[0] > pitches[1] + 50, "music has many different samples"


async def _sip_address(emulator: EmulatorWithEdge, kind: Any, address: str) -> None:
    """It is called like a number that the model chose: such a target has no name."""
    accept = ({"listen": {"timeout_s": 10}}, {"press": "1"}, {"pause": 800})
    await register(emulator, address, *accept, "hang_up")
    call_sid = await emulator.call({"expect_hang_up": {"timeout_s": 30}})
    wanted = transfer(kind, address)
    wanted.targets[0].name = ""
    await request(emulator, call_sid, wanted)
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)

    assert (outcomes(bodies), ended(bodies)) == (["transferred"], ["transferred"])
    assert [body.address for body in bodies if isinstance(body, TransferFinished)] == [address]
    assert len(await calls_to(emulator, address)) == 1


async def _without_callbacks(emulator: EmulatorWithEdge, kind: Any, number: str, answer: str) -> None:
    """Twilio's requests for TwiML and its status of the call show the outcome."""
    steps = () if answer == "busy" else ({"listen": {"timeout_s": 10}}, {"press": "1"}, "hang_up")
    lost = {"lost_callbacks": True}
    await register(emulator, number, *steps, answer=answer, faults=lost)
    call_sid = await emulator.call({"pause": 14000}, "hang_up", faults=lost)
    await request(emulator, call_sid, transfer(kind, number))
    bodies = await read_until(emulator.edge.bus, call_sid, TransferFinished)

    assert outcomes(bodies) == ["transferred" if answer == "person" else "busy"]
    await emulator.client.delete(f"/sandbox/calls/{call_sid}")
