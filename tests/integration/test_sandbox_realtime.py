"""Speech-to-speech sessions of the Realtime emulator."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI
from openai.types.realtime import SessionCreatedEvent, SessionUpdatedEvent
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sandbox import tone
from sandbox.openai.realtime_faults import UNKNOWN_EVENTS
from tests.integration.realtime_client import (
    GOODBYE,
    HELLO,
    MODEL,
    PCMU,
    connect,
    open_emulator,
    without_repetition,
)

SCENARIO = """
rules:
  - {when: 'doctor', call: look}
  - {tool_result: look, say: 'It is {result.when}.'}
  - {when: 'all goodbye', after: 'suit you', say: 'You heard all.'}
  - {when: 'all goodbye', after: 'What', say: 'You heard a part: {assistant}'}
  - {when: 'all goodbye', say: 'You heard nothing.'}
  - {when: 'question', say: 'Of course. What day and time would suit you?'}
"""
TURN = [
    "session.created",
    "session.updated",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]
TRANSCRIPTION = [
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]
FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """The path of a scenario with a tool, and with rules for what is left of a truncated answer."""
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    return str(path)


async def test_the_sdk_can_connect() -> None:
    """With its own address, headers and types."""
    async with open_emulator() as (_, url), AsyncOpenAI(api_key="k", base_url=url) as client:
        async with client.realtime.connect(model=MODEL) as connection:
            created = await connection.recv()
            await connection.session.update(session={"type": "realtime", "instructions": "x"})
            updated = await connection.recv()

    assert isinstance(created, SessionCreatedEvent)
    assert isinstance(updated, SessionUpdatedEvent)


async def test_a_spoken_turn_is_answered_in_the_order_of_the_service() -> None:
    """The answer's audio has the words of its transcript; its cost is in `response.done`."""
    async with open_emulator(realtime_first_audio_ms=60) as (_, url), connect(url) as client:
        await client.telephone()
        await client.speak(HELLO)
        await client.until("rate_limits.updated")

    assert without_repetition([kind for kind in client.kinds if kind not in TRANSCRIPTION]) == TURN
    # It runs beside the answer.
    assert without_repetition([kind for kind in client.kinds if kind in TRANSCRIPTION]) == TRANSCRIPTION
    response = client.of("response.done")[0]["response"]
    text = response["output"][0]["content"][0]["transcript"]
    assert text == "Of course. What day and time would suit you?"
    assert tone.decode(client.audio) == text
    assert "".join(e["delta"] for e in client.of("response.output_audio_transcript.delta")) == text
    transcribed = client.of("conversation.item.input_audio_transcription.completed")[0]
    assert transcribed["transcript"] == "Hello I would like to book an appointment with the doctor."
    assert transcribed["usage"]["type"] == "tokens"
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
    assert usage["input_token_details"]["audio_tokens"] > 0
    assert usage["output_token_details"]["audio_tokens"] == round(len(text) * tone.CHARACTER_MS / 50)


async def test_speech_interrupts_the_response() -> None:
    """It is cancelled by `turn_detected`, and its item is incomplete; the new turn is answered."""
    async with open_emulator(realtime_speed=0.5) as (_, url), connect(url) as client:
        await client.telephone()
        await client.speak(HELLO)
        await client.until("response.output_audio.delta")
        await client.speak(GOODBYE)
        done = (await client.until("response.done"))["response"]

        assert done["status"] == "cancelled"
        assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert done["output"][0]["status"] == "incomplete"
        started = len(client.kinds) - client.kinds[::-1].index("input_audio_buffer.speech_started")
        assert "response.output_audio.delta" not in client.kinds[started:]
        await client.until("response.created")


@pytest.mark.parametrize(
    ("end_characters", "answer"),
    [(5, "You heard nothing."), (16, "You heard a part: Of course. What"), (44, "You heard all.")],
)
async def test_truncation_shortens_the_text_that_the_model_sees(
    scenario: str, end_characters: int, answer: str
) -> None:
    """The scenario sees only the words that were played."""
    async with open_emulator() as (emulator, url), connect(url, scenario) as client:
        await client.configure(audio={"output": {"format": PCMU}})
        await request_answer(client, "a question")
        item_id = (await client.until("response.done"))["response"]["output"][0]["id"]
        await client.send(
            "conversation.item.truncate",
            item_id=item_id,
            content_index=0,
            audio_end_ms=end_characters * tone.CHARACTER_MS,
        )
        await client.until("conversation.item.truncated")
        await client.send("conversation.item.retrieve", item_id=item_id)
        retrieved = await client.until("conversation.item.retrieved")
        await request_answer(client, "no that is all goodbye")

        output = (await client.until("response.done"))["response"]["output"]
        assert output[0]["content"][0]["transcript"] == answer
        assert not retrieved["item"]["content"][0].get("transcript")
    assert [entry["kind"] for entry in emulator.journal.since(0)].count("truncated") == 1


async def request_answer(client: Any, text: str) -> None:
    """Write a message of the caller, and request an answer."""
    content = [{"type": "input_text", "text": text}]
    await client.send(
        "conversation.item.create", item={"type": "message", "role": "user", "content": content}
    )
    await client.send("response.create")


async def test_a_function_call_and_its_output(scenario: str) -> None:
    """The output is answered by the rule of the tool; one without a call is refused."""
    async with open_emulator() as (_, url), connect(url, scenario) as client:
        await client.configure(tools=[FUNCTION], output_modalities=["text"])
        await request_answer(client, "the doctor please")
        call = (await client.until("response.done"))["response"]["output"][0]
        arguments = client.of("response.function_call_arguments.done")[0]
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"when": "noon"}'}
        await client.send("conversation.item.create", item=item)
        await client.send("response.create")
        answered = await client.until("response.output_text.done")
        await client.send("conversation.item.create", item={**item, "call_id": "call_other"})

        assert (call["type"], call["name"], call["arguments"]) == ("function_call", "look", "{}")
        assert arguments["call_id"] == call["call_id"]
        assert answered["text"] == "It is noon."
        assert (await client.error())["code"] == "invalid_tool_call_id"


async def test_a_call_has_its_own_scenario(scenario: str) -> None:
    """The client names the call in a header of the upgrade."""
    headers = {"OpenAI-Safety-Identifier": "CA1"}
    async with open_emulator() as (_, url), httpx.AsyncClient() as http:
        address = f"{url.removesuffix('/v1')}/sandbox/calls/CA1/scenario"
        assert (await http.put(address, json={"scenario": scenario})).status_code == 204
        async with connect(url, headers=headers) as client:
            await client.send("response.create", response={"instructions": 'Say exactly: "Good day."'})
            first = await client.until("response.output_audio_transcript.done")
            await client.until("response.done")
            await request_answer(client, "a question")
            second = await client.until("response.output_audio_transcript.done")

    assert first["transcript"] == "Good day."
    assert second["transcript"].startswith("Of course.")


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("session.update", {"session": {"audio": {}}}, "missing_required_parameter", "session.type"),
        ("session.update", {"session": {"type": "transcription"}}, "invalid_value", "session.type"),
        (
            "session.update",
            {"session": {"type": "realtime", "temperature": 0.8}},
            "unknown_parameter",
            "session.temperature",
        ),
        (
            "session.update",
            {"session": {"type": "realtime", "output_modalities": ["text", "audio"]}},
            "invalid_value",
            "session.output_modalities",
        ),
        ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty", None),
        ("input_audio_buffer.append", {"audio": "no base64!"}, "invalid_value", "audio"),
        ("input_audio_buffer.append", {}, "missing_required_parameter", "audio"),
        ("conversation.item.delete", {"item_id": "item_x"}, "item_delete_invalid_item_id", None),
        ("conversation.item.retrieve", {"item_id": "item_x"}, "item_retrieve_invalid_item_id", None),
        (
            "conversation.item.truncate",
            {"item_id": "item_x", "content_index": 0, "audio_end_ms": 1},
            "item_truncate_invalid_item_id",
            None,
        ),
        ("response.cancel", {}, "response_cancel_not_active", None),
        ("output_audio_buffer.clear", {}, "invalid_value", "type"),
    ],
)
async def test_an_invalid_event_is_answered_by_an_error(
    kind: str, fields: dict[str, Any], code: str, param: str | None
) -> None:
    """The error names the client's event, and the session continues."""
    async with open_emulator() as (_, url), connect(url) as client:
        await client.send(kind, event_id="mine", **fields)
        error = await client.error()

        assert (error["type"], error["code"]) == ("invalid_request_error", code)
        assert (error["param"], error["event_id"]) == (param, "mine")
        assert (await client.configure(instructions="x"))["session"]["instructions"] == "x"


async def test_an_event_that_earlier_responses_rule_out() -> None:
    """A second response at a time, a truncation beyond the audio, and another voice are refused."""
    async with open_emulator(realtime_speed=1) as (_, url), connect(url) as client:
        await client.configure(audio={"output": {"format": PCMU, "voice": "marin"}})
        await request_answer(client, "a visit to the doctor")
        item_id = (await client.until("response.output_audio.delta"))["item_id"]
        await client.send("response.create")
        assert (await client.error())["code"] == "conversation_already_has_active_response"
        await client.send("response.cancel")
        assert (await client.until("response.done"))["response"]["status_details"] == {
            "type": "cancelled",
            "reason": "client_cancelled",
        }
        await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=60_000)
        assert "ms is already shorter than 60000ms" in (await client.error())["message"]
        refused = await client.configure(audio={"output": {"voice": "cedar"}})
        assert refused["error"]["code"] == "cannot_update_voice"
        assert (await client.configure(audio={"output": {"voice": "marin"}}))["type"] == "session.updated"


@pytest.mark.parametrize(
    ("model", "options", "code", "reason"),
    [
        (MODEL, {"key": "bad"}, 3000, "invalid_request_error.invalid_api_key"),
        (MODEL, {"headers": {"OpenAI-Beta": "realtime=v1"}}, 4000, "beta_api_shape_disabled"),
        ("gpt-4o-realtime-preview", {}, 4000, "invalid_model"),
        ("gpt-live-transcribe", {}, 4000, "invalid_model"),
        ("gpt-9", {}, 4000, "invalid_model"),
        ("", {}, 4000, "missing_model"),
        (MODEL, {"intent": "transcription"}, 4000, "invalid_model"),
    ],
)
async def test_a_session_that_is_refused_after_the_upgrade(
    model: str, options: dict[str, Any], code: int, reason: str
) -> None:
    """An `error` event comes first, then the connection is closed."""
    async with open_emulator() as (_, url):
        with pytest.raises(ConnectionClosed) as closed:
            async with connect(url, model, **options) as client:
                await client.until("never")

    assert client.kinds == ["error"]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert reason in closed.value.rcvd.reason


@pytest.mark.parametrize(
    ("settings", "code", "reason"),
    [
        ({"realtime_error": "insufficient_quota"}, 1013, "insufficient_quota.insufficient_quota"),
        ({"realtime_missing_scopes": ("api.model.request",)}, 3000, "missing_scope"),
        ({"realtime_session_s": 0.05}, 1001, "session_expired"),
    ],
)
async def test_a_session_that_the_settings_end(settings: dict[str, Any], code: int, reason: str) -> None:
    """The account has no credit, or the session is too old."""
    async with open_emulator(**settings) as (_, url):
        with pytest.raises(ConnectionClosed) as closed:
            async with connect(url) as client:
                await client.until("never")

    assert client.kinds[-1] == "error"
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, reason in closed.value.rcvd.reason) == (code, True)


async def test_an_upgrade_can_be_refused() -> None:
    """With the status that the settings name, as many times as they say."""
    async with open_emulator(realtime_refuse=429, llm_fault_requests=1) as (_, url):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url):
                pass
        async with connect(url) as client:
            assert client.kinds == ["session.created"]

    assert refused.value.response.status_code == 429


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("failed_quota", "failed", "insufficient_quota"),
        ("error_audio", "failed", "server_error"),
        ("filtered", "incomplete", "content_filter"),
        ("silent_response", "completed", None),
        ("garbage_audio", "completed", None),
        ("unknown_events", "completed", None),
    ],
)
async def test_a_response_with_a_fault_ends(fault: str, status: str, reason: str | None) -> None:
    """Frames that are not events come before its end."""
    async with open_emulator(realtime_fault=fault) as (_, url), connect(url) as client:
        await request_answer(client, "a visit to the doctor")
        raw: list[str] = []
        while '"response.done", "event_id"' not in (raw[-1:] or [""])[0]:
            raw.append((await client.frame()).replace(": [", ":["))

    assert f'"status": "{status}"' in raw[-1]
    assert reason is None or f'"{reason}"' in raw[-1]
    assert (fault == "garbage_audio") == ("{this is no JSON" in raw)
    assert (fault == "unknown_events") == (len(UNKNOWN_EVENTS) > 0 and "null" in raw)


@pytest.mark.parametrize(("fault", "code"), [("cut_audio", None), ("close_audio", 1011)])
async def test_a_connection_that_is_lost_within_the_audio(fault: str, code: int | None) -> None:
    """Without a close frame, or with 1011."""
    async with open_emulator(realtime_fault=fault) as (_, url), connect(url) as client:
        await request_answer(client, "a visit to the doctor")
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("never")

    assert (closed.value.rcvd and closed.value.rcvd.code) == code
    assert "response.output_audio.delta" in client.kinds


async def test_audio_of_a_cancelled_response_may_come_late() -> None:
    """After its `response.done`."""
    async with (
        open_emulator(realtime_fault="late_deltas", realtime_speed=1) as (_, url),
        connect(url) as client,
    ):
        await request_answer(client, "a visit to the doctor")
        await client.until("response.output_audio.delta")
        await client.send("response.cancel")
        done = (await client.until("response.done"))["response"]["id"]

        assert (await client.until("response.output_audio.delta"))["response_id"] == done
