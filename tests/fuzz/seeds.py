"""Messages in the form in which real providers send them."""

from typing import Any


def chunk(delta: Any, finish_reason: Any = None) -> dict[str, Any]:
    """A chunk of the chat completions protocol."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        "usage": None,
    }


CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "book", "arguments": '{"day": 1}'},
}
CHAT_NOISE: tuple[Any, ...] = (
    chunk({"role": "assistant", "content": "", "refusal": None}),
    chunk({"reasoning_content": "They want"}),
    chunk({"reasoning": "They want", "reasoning_details": [{"type": "reasoning.text", "text": "x"}]}),
    {"choices": [{"index": 0, "delta": None, "content_filter_results": {"hate": {"filtered": False}}}]},
    {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 1}}]},
    {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
    {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    {"choices": None},
    {"choices": [{"index": 1, "delta": {"content": "other"}}]},
    chunk({"content": None, "tool_calls": None}),
    chunk({"content": [{"type": "thinking", "thinking": "They"}]}),
    {"object": "ping", "error": None},
    None,
    [],
    5,
    "text",
)
CHAT: tuple[Any, ...] = (
    *CHAT_NOISE[:12],
    chunk({"content": "Hello"}),
    chunk({"content": "<think>They</think> there"}),
    chunk({"content": [{"type": "text", "text": "Hello"}]}),
    chunk({"refusal": "No."}),
    chunk({"tool_calls": [CALL]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"day"'}}]}),
    chunk(
        {
            "tool_calls": [
                {**CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}},
                {**CALL, "id": "2"},
            ]
        }
    ),
    chunk({"function_call": {"name": "book", "arguments": "{}"}}),
    chunk({}, "stop"),
    chunk({}, "tool_calls"),
    {"object": "chat.completion", "choices": [{"message": {"content": "Hello", "tool_calls": [CALL]}}]},
    {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded", "param": None}},
    {"object": "error", "message": "m", "type": "BadRequestError", "code": 400},
)

_MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
}
_ITEM = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "book",
    "arguments": "{}",
    "status": "x",
}
_REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2Vj"}
_PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "sequence_number": 1}
RESPONSES_NOISE: tuple[Any, ...] = (
    {"type": "response.created", "response": {"status": "in_progress", "output": []}},
    {"type": "response.in_progress", "response": {"status": "in_progress"}},
    {
        "type": "response.output_item.added",
        "output_index": 9,
        "item": {**_REASONING, "encrypted_content": None},
    },
    {"type": "response.output_item.done", "output_index": 9, "item": _REASONING},
    {"type": "response.reasoning_summary_text.delta", "delta": "They", **_PLACE},
    {"type": "response.output_text.annotation.added", "annotation": {}, **_PLACE},
    {"type": "response.unknown", "delta": "x"},
    {"type": "keepalive", "sequence_number": 3},
    None,
    [],
    5,
)
RESPONSES: tuple[Any, ...] = (
    *RESPONSES_NOISE[:8],
    {"type": "response.output_item.added", "output_index": 0, "item": {**_MESSAGE, "content": []}},
    {"type": "response.output_text.delta", "delta": "Hel", **_PLACE},
    {"type": "response.output_text.done", "text": "Hello", **_PLACE},
    {"type": "response.refusal.delta", "delta": "No.", **_PLACE},
    {"type": "response.refusal.done", "refusal": "No.", **_PLACE},
    {"type": "response.content_part.done", "part": _MESSAGE["content"][0], **_PLACE},  # type: ignore[index]
    {"type": "response.output_item.done", "output_index": 0, "item": _MESSAGE},
    {"type": "response.output_item.added", "output_index": 1, "item": {**_ITEM, "arguments": ""}},
    {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1, "delta": "{"},
    {
        "type": "response.function_call_arguments.done",
        "item_id": "fc_1",
        "output_index": 1,
        "arguments": "{}",
    },
    {"type": "response.output_item.done", "output_index": 1, "item": _ITEM},
    {
        "type": "response.completed",
        "response": {"status": "completed", "output": [_REASONING, _MESSAGE, _ITEM]},
    },
    {
        "type": "response.incomplete",
        "response": {
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [],
        },
    },
    {
        "type": "response.failed",
        "response": {"status": "failed", "error": {"code": "server_error", "message": "m"}},
    },
    {"type": "error", "code": "rate_limit_exceeded", "message": "m", "param": None},
)

ANTHROPIC_NOISE: tuple[Any, ...] = (
    {"type": "ping"},
    {"type": "message_start", "message": {"type": "message", "content": [], "usage": {"input_tokens": 9}}},
    {"type": "content_block_start", "index": 8, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 8, "delta": {"type": "thinking_delta", "thinking": "They"}},
    {"type": "content_block_delta", "index": 8, "delta": {"type": "signature_delta", "signature": "c2ln"}},
    {"type": "content_block_start", "index": 9, "content_block": {"type": "redacted_thinking", "data": "x"}},
    {"type": "content_block_delta", "index": 7, "delta": {"type": "citations_delta", "citation": {}}},
    {"type": "content_block_stop", "index": 8},
    {"type": "later_event", "delta": {"text": "x"}},
    None,
    [],
    5,
)
ANTHROPIC: tuple[Any, ...] = (
    *ANTHROPIC_NOISE[:9],
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "toolu_1", "name": "book", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_sequence": None}},
    {"type": "message_stop"},
    {
        "type": "message",
        "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "name": "book", "input": {"a": 1}}],
        "stop_reason": "end_turn",
    },
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"},
)
GEMINI_NOISE: tuple[Any, ...] = (
    {"usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}, "modelVersion": "m"},
    {"candidates": [{"index": 0, "content": {"parts": [{"text": "They", "thought": True}]}}]},
    {"candidates": [{"index": 1, "content": {"parts": [{"text": "other"}]}}]},
    {"candidates": [{"index": 0, "content": {"parts": [{"text": "", "thoughtSignature": "c2ln"}]}}]},
    {"candidates": [{"index": 0, "content": {"parts": [{"executableCode": {"code": "x"}}]}}]},
    {"candidates": [{"index": 0, "safetyRatings": []}], "promptFeedback": {"safetyRatings": []}},
    {"candidates": None},
    None,
    [],
    5,
)


def part(value: Any, finish_reason: str = "") -> dict[str, Any]:
    """A chunk of the Gemini API."""
    candidate = {"index": 0, "content": {"role": "model", "parts": [value]}}
    return {"candidates": [candidate | ({"finishReason": finish_reason} if finish_reason else {})]}


GEMINI: tuple[Any, ...] = (
    *GEMINI_NOISE[:7],
    part({"text": "Hello"}),
    part({"functionCall": {"name": "book", "args": {"day": 1}, "id": "1"}, "thoughtSignature": "c2ln"}),
    part({"text": ""}, "STOP"),
    part({"text": "No"}, "SAFETY"),
    part({"text": ""}, "MALFORMED_FUNCTION_CALL"),
    {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
    {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}},
    [{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}],
)

_WORD = {"word": "hello", "punctuated_word": "Hello.", "start": 0.1, "end": 0.4, "confidence": 0.9}
DEEPGRAM: tuple[Any, ...] = (
    {
        "type": "Results",
        "channel_index": [0, 1],
        "duration": 1.0,
        "start": 0.5,
        "is_final": True,
        "speech_final": True,
        "channel": {"alternatives": [{"transcript": "Hello.", "confidence": 0.9, "words": [_WORD, _WORD]}]},
        "metadata": {"request_id": "r", "model_info": {}, "model_uuid": "u"},
        "from_finalize": False,
    },
    {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 0.4},
    {"type": "SpeechStarted", "channel": [0], "timestamp": 0.1},
    {"type": "Metadata", "request_id": "r", "duration": 1.0, "channels": 1},
    {"type": "Error", "description": "m", "message": "m", "variant": "v", "code": "NET-0001"},
    {
        "type": "TurnInfo",
        "event": "Update",
        "turn_index": 0,
        "audio_window_start": 0.0,
        "audio_window_end": 1.0,
        "transcript": "hello",
        "words": [{"word": "hello", "confidence": 0.9}],
        "end_of_turn_confidence": 0.2,
        "request_id": "r",
        "sequence_id": 1,
    },
    {"type": "Connected", "request_id": "r", "sequence_id": 0},
)

ELEVENLABS: tuple[Any, ...] = (
    {
        "audio": "YWJj",
        "isFinal": None,
        "contextId": "c1",
        "alignment": {"chars": ["H", "i"], "charStartTimesMs": [0, 50], "charDurationsMs": [50, 60]},
        "normalizedAlignment": None,
    },
    {"audio": "YWJj", "is_final": False, "context_id": "c1", "alignment": None},
    {"audio": None, "isFinal": True, "contextId": "c1"},
    {"message": "m", "error": "input_timeout_exceeded", "code": 1008},
    {"detail": {"status": "voice_not_found", "message": "m", "loc": ["body", 0]}},
    {"type": "flush_done", "contextId": "c1"},
)
