"""The faults of Realtime sessions and responses by name; all are off by default. No I/O."""

from pydantic import BaseModel, ConfigDict

from sandbox.openai.errors import ApiError, insufficient_quota, invalid_key, of_status

_SERVER = "The server had an error while processing your request. Sorry about that!"


class RealtimeFaults(BaseModel):
    """The faults of a response; `realtime_fault` and the rules of scenarios name one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    slow_audio: None = None
    """Silence of `llm_silence_s` before the first audio."""
    pause_audio: None = None
    """Silence of `llm_silence_s` within the audio, which then continues."""
    stall_audio: None = None
    """The audio stops within the response, and the connection stays open."""
    cut_audio: None = None
    """The connection is lost within the audio, without a close frame."""
    close_audio: None = None
    """The connection is closed with 1011 within the audio."""
    garbage_audio: None = None
    """A frame within the audio that is not JSON."""
    unknown_events: None = None
    """Events within the audio that have unknown types, other JSON types than documented, or unknown ids."""
    error_audio: None = None
    """An `error` event within the audio; the response fails with `server_error`."""
    failed_quota: None = None
    """The response fails with `insufficient_quota` before any audio."""
    failed_rate_limit: None = None
    """The response fails with `rate_limit_exceeded` before any audio."""
    no_done: None = None
    """All audio arrives, but no `response.done`."""
    late_call: None = None
    """Silence of `llm_silence_s` between the words and the first tool call."""
    late_deltas: None = None
    """Audio of a cancelled response that arrives after its `response.done`."""
    filtered: None = None
    """The response ends within the audio, `incomplete` with the reason `content_filter`."""
    silent_response: None = None
    """The response is completed without any item."""


class TranscriptionFaults(BaseModel):
    """The faults of a transcription; `realtime_fault` names one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    transcription_failed: None = None
    """The transcription of an item fails: `conversation.item.input_audio_transcription.failed`."""
    deltas_stop: None = None
    """The deltas stop within an item, and its transcript is complete without the rest of the words."""
    no_transcript: None = None
    """An item is committed, but its transcript never arrives."""
    slow_transcript: None = None
    """The transcript of an item arrives `llm_silence_s` late, after those of the items that follow."""
    cut_transcription: None = None
    """The connection is lost when an item is committed."""


RESPONSE_FAULTS = tuple(RealtimeFaults.model_fields)
REALTIME_FAULTS = (*RESPONSE_FAULTS, *TranscriptionFaults.model_fields)
"""Everything that `realtime_fault` may name."""
WITHIN_AUDIO = frozenset(
    (
        *("pause_audio", "stall_audio", "cut_audio", "close_audio", "garbage_audio", "unknown_events"),
        *("error_audio", "filtered"),
    )
)
FAILURES = frozenset(("failed_quota", "failed_rate_limit"))

UNKNOWN_EVENTS: tuple[object, ...] = (
    {"type": "response.output_video.delta", "event_id": "event_1", "delta": "AAAA"},
    {
        "type": "response.output_audio.delta",
        "event_id": "event_2",
        "response_id": "resp_other",
        "delta": "AAAA",
    },
    {"type": "response.output_audio.delta", "event_id": "event_3", "delta": "not base64!"},
    {"type": "response.output_audio.delta", "event_id": None, "delta": 5},
    {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_other",
        "transcript": None,
    },
    {"type": "input_audio_buffer.speech_stopped"},
    {"type": "response.done", "response": None},
    {"type": "error", "error": "text"},
    {"type": 5},
    {},
    [],
    None,
)
"""JSON that a client must survive."""


def documented() -> dict[str, str]:
    """The description of each fault, on one line."""
    fields = {**RealtimeFaults.model_fields, **TranscriptionFaults.model_fields}
    return {name: " ".join((field.description or "").split()) for name, field in fields.items()}


def failed_response(fault: str) -> ApiError:
    """The error of a response that failed."""
    if fault == "failed_quota":
        return insufficient_quota()
    return of_status(429 if fault == "failed_rate_limit" else 500, _SERVER)


def session_error(name: str) -> ApiError:
    """The error that ends a session right after the upgrade."""
    match name:
        case "invalid_api_key":
            return invalid_key("bad")
        case "insufficient_quota":
            return insufficient_quota()
        case "rate_limit_exceeded":
            return of_status(429, "Rate limit reached for requests.")
        case _:
            return of_status(500, _SERVER)
