"""Messages of the providers of speech other than Deepgram's and ElevenLabs' first ones, as documented."""

from typing import Any

_WORD = {"text": "hello", "start": 100, "end": 400, "confidence": 0.9, "word_is_final": True}
ASSEMBLYAI: tuple[Any, ...] = (
    {"type": "Begin", "id": "s", "expires_at": 1, "configuration": {"model": "m"}},
    {
        "type": "Turn",
        "turn_order": 0,
        "turn_is_formatted": False,
        "end_of_turn": False,
        "transcript": "hello",
        "end_of_turn_confidence": 0.1,
        "words": [_WORD, {**_WORD, "text": "wor", "word_is_final": False}],
        "utterance": "",
    },
    {
        "type": "Turn",
        "turn_order": 0,
        "turn_is_formatted": True,
        "end_of_turn": True,
        "transcript": "Hello.",
        "words": [_WORD],
        "utterance": "Hello.",
        "language_code": "en",
        "language_confidence": 0.9,
    },
    {"type": "SpeechStarted", "timestamp": 100},
    {"type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 1},
    {"type": "Error", "error_code": 3006, "error": "Invalid Message Type: x"},
    {"error": "Not Authorized"},
)
SCRIBE: tuple[Any, ...] = (
    {"message_type": "session_started", "session_id": "s", "config": {"model_id": "m"}},
    {"message_type": "partial_transcript", "text": "hel"},
    {"message_type": "committed_transcript", "text": "Hello."},
    {
        "message_type": "committed_transcript_with_timestamps",
        "text": "Hello.",
        "language_code": "en",
        "words": [
            {"text": "Hello.", "start": 0.1, "end": 0.4, "type": "word", "logprob": -0.1, "speaker_id": "s"},
            {"text": " ", "start": 0.4, "end": 0.5, "type": "spacing"},
        ],
    },
    {"message_type": "commit_throttled", "error": "too soon"},
    {"message_type": "auth_error", "error": "e"},
    {"message_type": "quota_exceeded", "error": "e"},
    {"message_type": "insufficient_audio_activity", "error": "e"},
)
_ERROR = {"type": "invalid_request_error", "code": "c", "message": "m", "param": "p", "event_id": "commit_1"}
_INPUT = "conversation.item.input_audio_transcription"
TRANSCRIPTION: tuple[Any, ...] = (
    {"type": "session.updated", "session": {"type": "transcription", "expires_at": 1}},
    {"type": "input_audio_buffer.committed", "item_id": "item_1", "previous_item_id": None},
    {"type": f"{_INPUT}.delta", "item_id": "item_1", "content_index": 0, "delta": "Hel"},
    {"type": f"{_INPUT}.completed", "item_id": "item_1", "transcript": "Hello.", "usage": {"seconds": 1}},
    {"type": f"{_INPUT}.failed", "item_id": "item_1", "error": _ERROR},
    {"type": "error", "error": {**_ERROR, "code": "input_audio_buffer_commit_empty"}},
    {"type": "error", "error": _ERROR},
)
_USAGE = {
    "total_tokens": 9,
    "input_tokens": 5,
    "output_tokens": 4,
    "input_token_details": {
        "audio_tokens": 3,
        "cached_tokens": 1,
        "cached_tokens_details": {"audio_tokens": 1},
    },
    "output_token_details": {"audio_tokens": 3, "text_tokens": 1},
}
RESPONSE = {"id": "resp_1", "status": "completed", "status_details": None, "metadata": {"reply": "r1"}}
_CALL = {
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "book",
    "arguments": "{}",
}
REALTIME: tuple[Any, ...] = (
    {"type": "session.updated", "session": {}},
    {"type": "input_audio_buffer.speech_started", "audio_start_ms": 100, "item_id": "item_1"},
    {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "item_1"},
    {"type": "input_audio_buffer.committed", "item_id": "item_1"},
    {"type": f"{_INPUT}.delta", "item_id": "item_1", "delta": "Hel"},
    {"type": f"{_INPUT}.completed", "item_id": "item_1", "transcript": "Hello."},
    {"type": f"{_INPUT}.failed", "item_id": "item_1", "error": _ERROR},
    {"type": "response.created", "response": RESPONSE},
    {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_2", "delta": "YWJj"},
    {
        "type": "response.output_audio_transcript.delta",
        "response_id": "resp_1",
        "item_id": "item_2",
        "delta": "x",
    },
    {"type": "response.output_item.done", "response_id": "resp_1", "item": _CALL},
    {"type": "response.done", "response": {**RESPONSE, "usage": _USAGE}},
    {
        "type": "response.done",
        "response": {**RESPONSE, "status": "failed", "status_details": {"type": "failed", "error": _ERROR}},
    },
    {"type": "error", "error": _ERROR},
    {"type": "response.output_audio_transcript.done", "item_id": "item_2", "transcript": "x"},
    {"type": "response.output_item.added", "response_id": "resp_1", "item": {**_CALL, "id": "item_3"}},
    {"type": "response.function_call_arguments.done", "item_id": "item_3", "arguments": "{}"},
    {"type": "conversation.item.added", "item": {"id": "item_1", "type": "message", "role": "user"}},
    {"type": "rate_limits.updated", "rate_limits": [], "event_id": "event_1"},
)
CARTESIA: tuple[Any, ...] = (
    {"type": "chunk", "context_id": "c1", "data": "YWJj", "done": False, "status_code": 206, "flush_id": 1},
    {
        "type": "timestamps",
        "context_id": "c1",
        "flush_id": 1,
        "word_timestamps": {"words": ["Hi", "there"], "start": [0.0, 0.2], "end": [0.2, 0.5]},
    },
    {"type": "flush_done", "context_id": "c1", "flush_id": 1, "done": False},
    {"type": "done", "context_id": "c1", "done": True},
    {
        "type": "error",
        "context_id": "c1",
        "status_code": 404,
        "error_code": "voice_not_found",
        "title": "t",
        "message": "m",
    },
)
AURA: tuple[Any, ...] = (
    {"type": "Metadata", "request_id": "r", "model_name": "aura-2-thalia-en"},
    {"type": "Flushed", "sequence_id": 0},
    {"type": "Cleared", "sequence_id": 0},
    {"type": "Warning", "description": "d", "code": "c", "warn_code": "w", "warn_msg": "m"},
    {"type": "Error", "description": "d", "code": "c", "err_code": "e", "err_msg": "m"},
)
POLLY: tuple[Any, ...] = (
    {"Code": "ThrottlingException", "Message": "Rate exceeded"},
    {"Code": "403", "Message": "<html><body>Forbidden"},
    {"Code": "InvalidSignatureException", "Message": "Signature expired: 1 is now earlier than 2"},
)
"""Errors as the SDK hands them over; audio has no messages."""
