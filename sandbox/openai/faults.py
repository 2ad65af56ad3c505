"""The peculiarities and faults of answers, by name: what each one does, and how often it occurs. No I/O.

Quirks are what real servers do without breaking a correct client; some are on by default. Faults make the
answer useless, or delay or cut it; all are off by default.
"""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict

Share = Annotated[float, Ge(0), Le(1)]
"""Share of the answers, from 0 to 1."""


class LlmQuirks(BaseModel):
    """Share of the streamed answers that has each peculiarity."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    obfuscation: Share = 1.0
    """The field `obfuscation` of random length that OpenAI sends in each chunk. Only answers of the server
    `openai`, unless the request sets `stream_options.include_obfuscation` to false."""
    null_fields: Share = 0.02
    """Deltas contain `content`, `tool_calls`, `function_call` and `refusal` as null if they have no value."""
    null_delta: Share = 0.02
    """Chunks whose choice has a null `delta`, or none, as from Azure's asynchronous content filter."""
    null_error: Share = 0.0
    """Chunks contain `error` as null."""
    role_each_chunk: Share = 0.02
    """Every delta contains the role, as from Gemini."""
    empty_finish_reason: Share = 0.0
    """The finish reason of chunks before the last is an empty string."""
    content_parts: Share = 0.0
    """The content is a list of parts: a thought first, then texts, as from Mistral's reasoning models."""
    empty_choices: Share = 0.02
    """A first chunk with an empty id and without choices, as Azure's `prompt_filter_results`."""
    usage_unasked: Share = 0.02
    """A usage chunk that was not requested."""
    usage_each_chunk: Share = 0.0
    """Every chunk contains the usage so far, as from vLLM with `continuous_usage_stats`."""
    usage_with_finish: Share = 0.02
    """The usage is in the chunk with the finish reason, as from Mistral and Groq."""
    keep_alive: Share = 0.02
    """Comments between the chunks, as from OpenRouter."""
    reasoning_content: Share = 0.02
    """The model's reasoning in `reasoning_content`, before the text."""
    reasoning: Share = 0.0
    """The model's reasoning in `reasoning`, before the text, as from OpenRouter, Groq and Ollama."""
    repeat_tool_name: Share = 0.0
    """The id, type and name of a tool call are repeated in every chunk of its arguments."""
    whole_tool_call: Share = 0.0
    """Each tool call arrives in one chunk, as from Gemini, Mistral and Ollama."""
    byte_tool_arguments: Share = 0.0
    """The arguments of a tool call arrive one character at a time."""
    interleaved_tool_calls: Share = 0.0
    """The pieces of parallel tool calls alternate."""
    text_after_tool: Share = 0.0
    """The text follows the tool calls."""
    index_zero: Share = 0.0
    """All parallel tool calls have the index 0."""
    index_null: Share = 0.0
    """The index of tool calls is null."""
    index_missing: Share = 0.0
    """Tool calls have no index."""
    no_tool_id: Share = 0.0
    """Tool calls have no id."""
    null_tool_id: Share = 0.0
    """The id of tool calls is an empty string."""
    stop_after_tool: Share = 0.0
    """The finish reason of an answer with tool calls is `stop`."""
    early_finish: Share = 0.0
    """The finish reason is in the last chunk of the text, and a further chunk with an empty text follows."""
    crlf: Share = 0.0
    """Lines end with CR LF."""
    no_space: Share = 0.0
    """No space follows `data:`."""
    event_lines: Share = 0.0
    """Events contain the lines `event`, `id` and `retry`."""
    multiline_data: Share = 0.0
    """The JSON of an event is spread over several `data` lines."""
    split_utf8: Share = 0.0
    """Each event is sent in two writes; the first one ends within a character or within the JSON."""
    one_byte_writes: Share = 0.0
    """Each byte is a write of its own."""
    joined_writes: Share = 0.0
    """Several events are sent in one write."""
    escaped_unicode: Share = 0.0
    """Characters outside ASCII are escaped in the JSON; emoji as surrogate pairs."""
    no_done: Share = 0.0
    """The stream ends without `[DONE]`."""


class LlmFaults(BaseModel):
    """Share of the answers that has each fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    refuse: Share = 0.0
    """Status 500."""
    rate_limited: Share = 0.0
    """Status 429, `rate_limit_exceeded`, with `retry-after`."""
    insufficient_quota: Share = 0.0
    """Status 429, `insufficient_quota`."""
    overloaded: Share = 0.0
    """Status 503: the engine is overloaded."""
    html_502: Share = 0.0
    """Status 502 with an HTML page."""
    empty_200: Share = 0.0
    """Status 200 with an empty body."""
    error_200: Share = 0.0
    """Status 200 with an error object as the body."""
    not_streamed: Share = 0.0
    """The whole answer as one JSON object, although the request has `stream`."""
    context_length: Share = 0.0
    """Status 400, `context_length_exceeded`."""
    tool_use_failed: Share = 0.0
    """Status 400, `tool_use_failed`, as from Groq when the model wrote an invalid tool call."""
    prompt_filtered: Share = 0.0
    """Status 400, `content_filter`, as Azure refuses a prompt."""
    hang: Share = 0.0
    """No response at all."""
    stall_mid: Share = 0.0
    """Silence of `llm_silence_s` within the text, which then continues."""
    hang_mid: Share = 0.0
    """The stream stops within the answer, and the connection stays open."""
    close_mid: Share = 0.0
    """The connection closes within the answer."""
    error_mid: Share = 0.0
    """An error object within the stream, in OpenAI's form."""
    error_text: Share = 0.0
    """An error within the stream: `{"error": "text"}`."""
    error_vllm: Share = 0.0
    """An error within the stream in vLLM's older form: `{"object": "error"}`."""
    error_openrouter: Share = 0.0
    """An error within the stream beside a choice with the finish reason `error`, as from OpenRouter."""
    error_event: Share = 0.0
    """An error within the stream as an event named `error`."""
    garbage: Share = 0.0
    """An event within the stream that is not JSON."""
    wrong_types: Share = 0.0
    """Events within the stream whose fields have other JSON types than documented."""
    invalid_utf8: Share = 0.0
    """Bytes within the text that are not UTF-8."""
    lone_surrogate: Share = 0.0
    """An escaped half of a surrogate pair within the text."""
    no_finish: Share = 0.0
    """The stream ends without a finish reason."""
    empty: Share = 0.0
    """An answer without text and tool calls."""
    whitespace: Share = 0.0
    """An answer of white space only."""
    length_no_text: Share = 0.0
    """All tokens are spent on reasoning: no text, finish reason `length`."""
    length_mid: Share = 0.0
    """The answer is cut in half with the finish reason `length`."""
    content_filter: Share = 0.0
    """The answer is cut in half with the finish reason `content_filter`."""
    refusal: Share = 0.0
    """A refusal in place of text."""
    think_text: Share = 0.0
    """The reasoning is part of the text, in `<think>` tags."""
    think_no_open: Share = 0.0
    """Like `think_text`, without the opening tag, as from templates that write it into the prompt."""
    think_forever: Share = 0.0
    """Reasoning in `<think>` tags without end."""
    reasoning_forever: Share = 0.0
    """`reasoning_content` without end."""
    tool_as_text: Share = 0.0
    """Tool calls are part of the text, in `<tool_call>` tags, as from servers without a tool parser."""
    broken_arguments: Share = 0.0
    """The arguments of tool calls are not valid JSON."""
    array_arguments: Share = 0.0
    """The arguments of tool calls are a JSON array."""
    empty_arguments: Share = 0.0
    """The arguments of tool calls are an empty string."""
    late_tool_call: Share = 0.0
    """Silence of `llm_silence_s` before the tool calls."""
    slow_tool_call: Share = 0.0
    """Silence of `llm_silence_s` within the arguments of a tool call."""
    close_in_tool_call: Share = 0.0
    """The connection closes within a tool call."""
    tool_loop: Share = 0.0
    """Every answer calls the first tool of the request, even the answer to its result."""
    unknown_tool: Share = 0.0
    """The answer calls a tool that the request does not contain."""
    double_tool_call: Share = 0.0
    """Each tool call is made twice, with the same arguments."""
    end_call_beside: Share = 0.0
    """The answer also calls `end_call`, if the request contains it."""
    markdown: Share = 0.0
    """The text has Markdown, list markers, a URL and an emoji."""


QUIRKS = tuple(LlmQuirks.model_fields)
FAULTS = (*LlmFaults.model_fields, *QUIRKS)
"""Everything that `llm_fault` and the rules of scenarios may name."""


def documented() -> dict[str, str]:
    """The description of each quirk and fault, on one line."""
    fields = {**LlmQuirks.model_fields, **LlmFaults.model_fields}
    return {name: " ".join((field.description or "").split()) for name, field in fields.items()}
