"""Messages to OpenAI's Realtime API."""

import base64

from parley.agent_config import RealtimeConfig, TurnDetection
from parley.providers.realtime import (
    AgentText,
    CalledTool,
    CallerText,
    Instruction,
    ResponseRequest,
    SessionSetup,
    ToolOutput,
)
from services.brain.providers.openai_realtime import requests

_TOOL = {
    "type": "function",
    "function": {"name": "book", "description": "Books.", "parameters": {}, "strict": True},
}


def test_a_session_is_set_up_for_telephone_audio_and_own_decisions() -> None:
    """Mu-law in both directions; the server neither answers nor interrupts by itself."""
    setup = SessionSetup("Be kind.", [_TOOL], ["de-AT", "en-GB", "de"])
    session = requests.session_update(RealtimeConfig(keyterms=("Ödön",)), setup)["session"]
    audio_in = session["audio"]["input"]
    assert "truncation" not in session
    assert audio_in["format"] == session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert audio_in["turn_detection"]["create_response"] is False
    assert audio_in["turn_detection"]["interrupt_response"] is False
    assert audio_in["transcription"] == {
        "model": "gpt-live-transcribe",
        "languages": ["de", "en"],
        "keywords": ["Ödön"],
    }
    assert session["tools"] == [
        {"type": "function", "name": "book", "description": "Books.", "parameters": {}}
    ]
    assert "reasoning" not in session


def test_a_response_has_the_tools_that_have_changed() -> None:
    """Without any it has those of the session; a fixed text calls none."""
    changed = requests.create_response(ResponseRequest("r1.1", tools=[_TOOL]))["response"]
    assert changed["tools"] == [
        {"type": "function", "name": "book", "description": "Books.", "parameters": {}}
    ]
    assert "tools" not in requests.create_response(ResponseRequest("r1.2"))["response"]
    assert "tools" not in requests.create_response(ResponseRequest("r1.3", "Hi.", tools=[_TOOL]))["response"]


def test_options_reach_the_session() -> None:
    """Semantic turn detection, no noise reduction, an older transcriber, and reasoning."""
    config = RealtimeConfig(
        turn_detection=TurnDetection(type="semantic_vad", eagerness="high"),
        noise_reduction="off",
        transcription_model="gpt-4o-transcribe",
        keyterms=("Riverside",),
        reasoning_effort="low",
        speed=1.2,
        history_tokens=8000,
    )
    session = requests.session_update(config, SessionSetup("x", languages=["en"]))["session"]
    audio_in = session["audio"]["input"]
    assert audio_in["turn_detection"]["eagerness"] == "high"
    assert "threshold" not in audio_in["turn_detection"]
    assert session["truncation"]["token_limits"] == {"post_instructions": 8000}
    assert audio_in["noise_reduction"] is None
    assert audio_in["transcription"] == {
        "model": "gpt-4o-transcribe",
        "language": "en",
        "prompt": "Riverside",
    }
    assert session["reasoning"] == {"effort": "low"}
    assert session["audio"]["output"]["speed"] == 1.2


def test_items_have_the_types_of_their_roles() -> None:
    """Text of the caller, the agent and the system, tool calls and their results."""
    items = [
        requests.create_item("h_1", item)["item"]
        for item in (
            CallerText("hi"),
            AgentText("hello"),
            Instruction("go on"),
            CalledTool("c1", "book", "{}"),
            ToolOutput("c1", '{"ok": true}'),
        )
    ]
    assert [(item.get("role"), item.get("content", [{}])[0].get("type")) for item in items[:3]] == [
        ("user", "input_text"),
        ("assistant", "output_text"),
        ("system", "input_text"),
    ]
    assert items[3] == {
        "id": "h_1",
        "type": "function_call",
        "call_id": "c1",
        "name": "book",
        "arguments": "{}",
    }
    assert items[4]["type"] == "function_call_output"


def test_a_fixed_text_ignores_the_conversation_but_joins_it() -> None:
    """An empty input, and the conversation's default, so that the words can be truncated later."""
    message = requests.create_response(ResponseRequest("r1.1", exact_text="Welcome."))
    assert message["event_id"] == "r1.1"
    response = message["response"]
    assert response["metadata"] == {"reply": "r1.1"}
    assert response["input"] == []
    assert response["tool_choice"] == "none"
    assert response["instructions"].endswith("TEXT:\nWelcome.")
    assert "conversation" not in response


def test_an_answer_may_be_denied_its_tools() -> None:
    """After too many rounds of tools."""
    assert "tool_choice" not in requests.create_response(ResponseRequest("r1.1"))["response"]
    request = ResponseRequest("r1.1", tool_choice="none")
    assert requests.create_response(request)["response"]["tool_choice"] == "none"


def test_audio_is_sent_as_it_is() -> None:
    """Base64 of mu-law."""
    assert base64.b64decode(requests.append_audio(b"\x7f\xff")["audio"]) == b"\x7f\xff"
