"""Converts the finish reasons of many servers into those of OpenAI. No I/O."""

_LENGTH = frozenset(
    {
        "max_tokens",
        "max_output_tokens",
        "model_length",
        "length_limit",
        "token_limit",
        "model_context_window_exceeded",
    }
)
_FILTER = frozenset(
    {
        "content_filtered",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "sensitive",
        "guardrail_intervened",
    }
)
_FAILED = frozenset(
    {
        "error",
        "abort",
        "aborted",
        "cancelled",
        "canceled",
        "failed",
        "network_error",
        "insufficient_system_resource",
        "malformed_function_call",
    }
)


def is_failure(reason: str) -> bool:
    """Whether the server gave up in the middle of the answer."""
    return reason.lower() in _FAILED


def common_reason(reason: str) -> str:
    """`length` and `content_filter` for an answer that was cut off; other reasons are unchanged."""
    lowered = reason.lower()
    if lowered in _LENGTH or lowered == "length":
        return "length"
    return "content_filter" if lowered in _FILTER else reason
