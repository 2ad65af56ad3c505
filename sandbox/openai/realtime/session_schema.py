"""The types of a session, of a response's parameters and of conversation items. No I/O.

As in OpenAI's API reference and the types of its Python library.
"""

from sandbox.openai.realtime.schema import ListOf, Nullable, Object, OneOf, Variant
from sandbox.openai.validation.fields import Field

TEXT = Field("a string")
FLAG = Field("a boolean")
_COUNT = Field("an integer", low=0)
_METADATA = Field("an object")

FORMAT = Variant(
    {
        "audio/pcm": Object({"type": TEXT, "rate": Field("an integer", low=24_000, high=24_000)}),
        "audio/pcmu": Object({"type": TEXT}),
        "audio/pcma": Object({"type": TEXT}),
    }
)
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
_VOICE = OneOf(VOICES, Object({"id": TEXT}, required=("id",)))
_ACTIONS = {"create_response": Nullable(FLAG), "interrupt_response": Nullable(FLAG)}
_TURN_DETECTION = Variant(
    {
        "server_vad": Object(
            {
                "type": TEXT,
                "threshold": Nullable(Field("a decimal", low=0, high=1)),
                "prefix_padding_ms": Nullable(_COUNT),
                "silence_duration_ms": Nullable(_COUNT),
                "idle_timeout_ms": Nullable(Field("an integer", low=5000, high=30_000)),
                **_ACTIONS,
            }
        ),
        "semantic_vad": Object(
            {
                "type": TEXT,
                "eagerness": Nullable(Field("a string", choices=("low", "medium", "high", "auto"))),
                **_ACTIONS,
            }
        ),
    }
)
_TRANSCRIPTION = Object(
    {
        "model": TEXT,
        "language": Nullable(TEXT),
        "languages": Nullable(ListOf(TEXT)),
        "keywords": Nullable(ListOf(TEXT)),
        "prompt": Nullable(TEXT),
        "delay": Nullable(Field("a string", choices=("minimal", "low", "medium", "high", "xhigh"))),
    }
)
_NOISE_REDUCTION = Object(
    {
        "type": Field("a string", choices=("near_field", "far_field")),
        "strength": Nullable(Field("a decimal", low=0)),
    }
)
_INPUT = Object(
    {
        "format": FORMAT,
        "transcription": Nullable(_TRANSCRIPTION),
        "noise_reduction": Nullable(_NOISE_REDUCTION),
        "turn_detection": Nullable(_TURN_DETECTION),
    }
)
_SPEED = Field("a decimal", low=0.25, high=1.5)
_OUTPUT = Object({"format": FORMAT, "voice": _VOICE, "speed": _SPEED})
_MODALITIES = ListOf(Field("a string", choices=("text", "audio")))
_TOKENS = OneOf(("inf",), Field("an integer", low=1, high=4096))
_NAME = Field("a string", pattern=r"[a-zA-Z0-9_-]{1,64}")
_FUNCTION = Object(
    {"type": TEXT, "name": _NAME, "description": Nullable(TEXT), "parameters": Nullable(_METADATA)},
    required=("name",),
)
_MCP = Object(
    {
        name: Nullable(Field("a string|an object|an array|a boolean"))
        for name in (
            *("type", "server_label", "server_url", "connector_id", "tunnel_id", "authorization"),
            *("allowed_tools", "allowed_callers", "headers", "require_approval", "server_description"),
            "defer_loading",
        )
    },
    required=("server_label",),
)
_TOOLS = ListOf(Variant({"function": _FUNCTION, "mcp": _MCP}))
_TOOL_CHOICE = OneOf(
    ("auto", "none", "required"),
    Variant(
        {
            "function": Object({"type": TEXT, "name": TEXT}, required=("name",)),
            "mcp": Object(
                {"type": TEXT, "server_label": TEXT, "name": Nullable(TEXT)}, required=("server_label",)
            ),
        }
    ),
)
_REASONING = Object({"effort": Field("a string", choices=("minimal", "low", "medium", "high", "xhigh"))})
_PROMPT = Object({"id": TEXT, "version": Nullable(TEXT), "variables": Nullable(_METADATA)}, required=("id",))
_TRACING = OneOf(("auto",), Object({"workflow_name": TEXT, "group_id": TEXT, "metadata": _METADATA}))
_TRUNCATION = OneOf(
    ("auto", "disabled"),
    Variant(
        {
            "retention_ratio": Object(
                {
                    "type": TEXT,
                    "retention_ratio": Field("a decimal", low=0, high=1),
                    "token_limits": Nullable(Object({"post_instructions": Nullable(_COUNT)})),
                },
                required=("retention_ratio",),
            )
        }
    ),
)
_INCLUDE = ListOf(Field("a string", choices=("item.input_audio_transcription.logprobs",)))

SESSION = Variant(
    {
        "realtime": Object(
            {
                "type": TEXT,
                "model": TEXT,
                "audio": Object({"input": _INPUT, "output": _OUTPUT}),
                "include": Nullable(_INCLUDE),
                "instructions": TEXT,
                "max_output_tokens": _TOKENS,
                "output_modalities": _MODALITIES,
                "parallel_tool_calls": Nullable(FLAG),
                "prompt": Nullable(_PROMPT),
                "reasoning": Nullable(_REASONING),
                "tool_choice": _TOOL_CHOICE,
                "tools": _TOOLS,
                "tracing": Nullable(_TRACING),
                "truncation": _TRUNCATION,
            }
        ),
        "transcription": Object(
            {"type": TEXT, "audio": Object({"input": _INPUT}), "include": Nullable(_INCLUDE)}
        ),
    }
)

_ITEM_FIELDS = {
    "id": Field("a string", max_length=32),
    "object": Field("a string", choices=("realtime.item",)),
    "type": TEXT,
    "status": Field("a string", choices=("completed", "incomplete", "in_progress")),
}
_INPUT_TEXT = Object({"type": TEXT, "text": TEXT}, required=("text",))
USER_CONTENT = Variant(
    {
        "input_text": _INPUT_TEXT,
        "input_audio": Object(
            {"type": TEXT, "audio": TEXT, "transcript": Nullable(TEXT)}, required=("audio",)
        ),
        "input_image": Object({"type": TEXT, "image_url": TEXT, "detail": TEXT}, required=("image_url",)),
    }
)
SYSTEM_CONTENT = Variant({"input_text": _INPUT_TEXT})
ASSISTANT_CONTENT = Variant({"output_text": _INPUT_TEXT})
ROLES = ("user", "assistant", "system")
_MESSAGE = Object(
    {**_ITEM_FIELDS, "role": Field("a string", choices=ROLES), "content": Field("an array")},
    required=("role", "content"),
)
_CALL = Object(
    {**_ITEM_FIELDS, "call_id": Field("a string", max_length=32), "name": _NAME, "arguments": TEXT},
    required=("name", "arguments"),
)
_CALL_OUTPUT = Object(
    {**_ITEM_FIELDS, "call_id": Field("a string", max_length=32), "output": TEXT},
    required=("call_id", "output"),
)
ITEMS = {"message": _MESSAGE, "function_call": _CALL, "function_call_output": _CALL_OUTPUT}
ITEM = Variant(ITEMS)
_REFERENCE = Object({"type": TEXT, "id": TEXT}, required=("id",))

RESPONSE = Object(
    {
        "audio": Object({"output": Object({"format": FORMAT, "voice": _VOICE})}),
        "conversation": Field("a string", choices=("auto", "none")),
        "input": Nullable(ListOf(Variant({**ITEMS, "item_reference": _REFERENCE}))),
        "instructions": Nullable(TEXT),
        "max_output_tokens": _TOKENS,
        "metadata": Nullable(_METADATA),
        "output_modalities": _MODALITIES,
        "parallel_tool_calls": Nullable(FLAG),
        "prompt": Nullable(_PROMPT),
        "reasoning": Nullable(_REASONING),
        "tool_choice": _TOOL_CHOICE,
        "tools": _TOOLS,
    }
)
