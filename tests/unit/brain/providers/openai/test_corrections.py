"""Tests for the corrections that follow refusals, with refusals in the forms of real servers."""

from typing import Any

import pytest

from parley.agent_config import LlmConfig
from services.brain.providers.openai.client import build_request
from services.brain.providers.openai.corrections import find_correction
from services.brain.providers.openai.profiles import Profile, load_profiles
from services.brain.providers.openai.request import PROTECTED, Request
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.refusal import read_refusal

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "book_visit",
            "description": "Books.",
            "parameters": {"type": "object", "properties": {"day": {"type": "string"}}},
        },
    }
]
MESSAGES = [{"role": "system", "content": "You answer."}, {"role": "user", "content": "Hello there"}]
GIVEN = ModelInput(MESSAGES, TOOLS, "CA1")
UNKNOWN = "http://10.0.0.1:8000/v1"


def openai_error(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": error}


def correct(
    body: object,
    status: int = 400,
    *,
    model: str = "some-model",
    base_url: str = UNKNOWN,
    update: dict[str, Any] | None = None,
    **settings: Any,
) -> tuple[Request, Request | None, Profile]:
    """The request, the request after the refusal (None without a correction), and the last profile."""
    config = LlmConfig(model=model, **settings)
    profile = load_profiles().select(base_url, model).model_copy(update=update or {})
    request = build_request(profile, config, GIVEN)
    correction = find_correction(read_refusal(status, body), request, profile, config)
    if correction is None:
        return request, None, profile
    corrected = profile.model_copy(update=correction.update)
    return request, build_request(corrected, config, GIVEN), corrected


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (openai_error("Unsupported parameter: 'user' is not supported.", "user"), 400),
        (openai_error("Unsupported parameter: 'user'"), 400),
        (openai_error("Unrecognized request argument supplied: user"), 400),
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "user"], "msg": "Extra inputs"}]}, 422),
        (
            {
                "object": "error",
                "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "user"], "input": "CA1"}]},
                "type": "invalid_request_error",
            },
            422,
        ),
        (
            {
                "object": "error",
                "message": '{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra"}]}',
            },
            422,
        ),
        (
            [
                {
                    "error": {
                        "code": 400,
                        "message": 'Invalid JSON payload received. Unknown name "user": Cannot find field.',
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
            400,
        ),
        ({"error": "property 'user' is unsupported"}, 400),
        ({"message": "Malformed input request: #: extraneous key [user] is not permitted."}, 400),
        ("Failed to deserialize the JSON body: unknown field `user`, expected one of `model`", 422),
        ({"message": "invalid request: unknown field: user"}, 400),
        ({"error": {"message": "Extra inputs are not permitted, field: 'user', value: 'CA1'"}}, 400),
        ({"message": "[{'type': 'extra_forbidden', 'loc': ('body', 'user'), 'msg': 'Extra inputs'}]"}, 400),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": '{"error":{"message":"Unknown parameter: \'user\'","param":"user"}}'},
                }
            },
            400,
        ),
    ],
)
def test_a_refused_field_is_left_out_in_each_form_of_refusal(body: object, status: int) -> None:
    before, after, _ = correct(body, status, update={"end_user": "user"})

    assert after is not None
    assert before.body.keys() - after.body.keys() == {"user"}


def test_all_fields_that_one_refusal_names_are_corrected_at_once() -> None:
    body = {
        "detail": [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
            for name in ("user", "max_completion_tokens", "parallel_tool_calls", "stream_options")
        ]
    }
    update = {
        "end_user": "user",
        "limit_field": "max_completion_tokens",
        "parallel_tool_calls": False,
        "stream_usage": True,
    }
    _, after, _ = correct(body, 422, update=update)

    assert after is not None
    assert not after.body.keys() & {"user", "max_completion_tokens", "parallel_tool_calls", "stream_options"}
    assert after.body["max_tokens"] == 300


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            "max_tokens",
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
                " 'max_completion_tokens' instead."
            ),
        ),
        ("max_completion_tokens", "Unrecognized request argument supplied: max_completion_tokens"),
        ("max_completion_tokens", "max_completion_tokens is not supported, use max_tokens instead"),
    ],
)
def test_the_token_limit_gets_its_other_name(sent: str, message: str) -> None:
    before, after, _ = correct(openai_error(message), update={"limit_field": sent})

    assert after is not None
    assert before.body[sent] == 300
    assert sent not in after.body
    other = ({"max_tokens", "max_completion_tokens"} - {sent}).pop()
    assert after.body[other] == 300


@pytest.mark.parametrize(
    "message",
    [
        (
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1)"
            " value is supported."
        ),
        "This model does not support temperature.",
        "temperature is not supported for reasoning models",
        "Unsupported parameter: 'temperature' is not supported with this model.",
    ],
)
def test_a_refused_temperature_is_left_out(message: str) -> None:
    _, after, _ = correct(openai_error(message))

    assert after is not None
    assert "temperature" not in after.body


def test_a_range_of_the_temperature_limits_it() -> None:
    message = "temperature: Input should be less than or equal to 1.5"
    _, after, _ = correct(openai_error(message), temperature=1.8)

    assert after is not None
    assert after.body["temperature"] == 1.5


def test_tools_with_an_absent_effort_get_the_effort_none() -> None:
    message = (
        "Function tools with reasoning_effort are not supported for my-model in /v1/chat/completions. To use"
        " function tools, use /v1/responses or set reasoning_effort to 'none'."
    )
    before, after, _ = correct(openai_error(message, "reasoning_effort"))

    assert "reasoning_effort" not in before.body
    assert after is not None
    assert (after.api, after.body["reasoning_effort"]) == ("chat", "none")


def test_an_effort_of_the_agent_leads_to_the_responses_api() -> None:
    message = (
        "Function tools with reasoning_effort are not supported for my-model in /v1/chat/completions. To use"
        " function tools, use /v1/responses or set reasoning_effort to 'none'."
    )
    _, after, _ = correct(openai_error(message, "reasoning_effort"), reasoning_effort="low")

    assert after is not None
    assert (after.api, after.body["reasoning"]) == ("responses", {"effort": "low"})


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (
            (
                "Function tools with reasoning_effort are not supported for m in /v1/chat/completions. Please"
                " use /v1/responses instead."
            ),
            400,
        ),
        ("This model is only supported in v1/responses and not in v1/chat/completions.", 404),
        ("use /v1/responses instead", 400),
    ],
)
def test_a_model_of_the_other_api_is_requested_there(message: str, status: int) -> None:
    _, after, _ = correct(openai_error(message), status)

    assert after is not None
    assert after.api == "responses"
    assert after.path == "/responses"


def test_the_api_of_the_agent_file_does_not_change() -> None:
    _, after, _ = correct(openai_error("use /v1/responses instead"), api="chat")

    assert after is None


def test_a_server_without_the_responses_api_gets_a_chat_request() -> None:
    before, after, _ = correct({"detail": "Not Found"}, 404, model="gpt-6.1-sol")

    assert before.api == "responses"
    assert after is not None
    assert after.api == "chat"


@pytest.mark.parametrize(
    ("message", "effort"),
    [
        (
            (
                "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported"
                " values are: 'low', 'medium', and 'high'."
            ),
            "low",
        ),
        ("Reasoning is mandatory for this endpoint and cannot be disabled.", "low"),
        ("reasoning_effort: Input should be 'minimal', 'low', 'medium' or 'high'", "minimal"),
        ("Unrecognized request argument supplied: reasoning_effort", None),
        ('"gemma3:4b" does not support thinking', None),
        ("Model grok-4 does not support parameter reasoningEffort.", None),
    ],
)
def test_a_refused_effort_is_replaced_by_the_lowest_that_is_accepted(
    message: str, effort: str | None
) -> None:
    before, after, _ = correct(openai_error(message), reasoning_effort="none")

    assert before.body["reasoning_effort"] == "none"
    assert after is not None
    assert after.body.get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Conversation roles must alternate user/assistant/user/assistant/...", 400),
        (
            (
                "After the optional system message, conversation roles must alternate user and assistant"
                " roles except for tool calls and results."
            ),
            500,
        ),
        ("Unexpected role 'user' after role 'tool'", 400),
        (
            "Expected last role User or Tool (or Assistant with prefix set to True)",
            400,
        ),
        ("No user query found in messages.", 400),
        ("Please ensure that function call turn comes immediately after a user turn", 400),
    ],
)
def test_roles_are_made_to_alternate(message: str, status: int) -> None:
    _, after, profile = correct(openai_error(message), status, update={"end_user": "user"})

    assert after is not None
    assert (profile.roles, profile.one_system_message, profile.last_role_user) == ("alternate", True, True)
    assert "user" in after.body


@pytest.mark.parametrize(
    "message",
    [
        "System message must be at the beginning.",
        "only one system message is supported",
        "Multiple system messages are not supported",
    ],
)
def test_system_messages_are_joined(message: str) -> None:
    _, _, profile = correct(openai_error(message), update={"one_system_message": False})

    assert profile.one_system_message


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "'messages.0.role' : value must be one of 'user','assistant','tool'",
    ],
)
def test_instructions_of_a_model_without_system_messages_go_to_the_user(message: str) -> None:
    _, after, _ = correct(openai_error(message), update={"one_system_message": False})

    assert after is not None
    assert [message["role"] for message in after.body["messages"]] == ["user"]


@pytest.mark.parametrize(
    "body",
    [
        openai_error("Tool call id was call_0fypS1hVX but must be a-z, A-Z, 0-9, with a length of 9."),
        openai_error("tool_call_id must be 9 characters"),
    ],
)
def test_ids_of_tool_calls_are_shortened(body: object) -> None:
    _, _, profile = correct(body)

    assert profile.tool_call_id == "alphanumeric_9"


@pytest.mark.parametrize(
    "body",
    [
        {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", "messages", 3, "assistant", "reasoning_content"]}
            ]
        },
        openai_error(
            "Unknown parameter: 'messages[2].tool_calls[0].extra_content'.", "messages[2].tool_calls"
        ),
        openai_error(
            "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property"
            " 'reasoning_content' is unsupported)]"
        ),
    ],
)
def test_unknown_fields_of_messages_are_left_out(body: object) -> None:
    _, _, profile = correct(body, 422)

    assert not profile.tool_call_fields


def test_a_content_that_must_not_be_null_becomes_a_text() -> None:
    body = openai_error("Invalid value for 'messages[2].content': expected a string, got null.")
    _, _, profile = correct(body)

    assert not profile.null_content


def test_a_missing_signature_is_replaced_by_the_placeholder() -> None:
    message = "Function call is missing a thought_signature in functionCall parts."
    _, _, profile = correct([{"error": {"code": 400, "message": message}}])

    assert profile.placeholder_fields


def test_a_refused_schema_keyword_is_left_out() -> None:
    message = (
        'Invalid JSON payload received. Unknown name "additionalProperties" at'
        " 'tools[0].function_declarations[0].parameters': Cannot find field."
    )
    _, _, profile = correct(openai_error(message))

    assert profile.refused_schema_keys == {"additionalProperties"}


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("registry.ollama.ai/library/gemma:2b does not support tools", 400),
        ("No endpoints found that support tool use.", 404),
        ("Unsupported parameter: 'tools' is not supported with this model.", 400),
        ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', 400),
    ],
)
def test_a_model_without_tools_gets_none(message: str, status: int) -> None:
    _, after, _ = correct({"error": {"message": message}}, status)

    assert after is not None
    assert "tools" not in after.body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (openai_error("This model's maximum context length is 8192 tokens, max_tokens is too large"), 400),
        (openai_error("Incorrect API key provided: sk-abc"), 401),
        (openai_error("The model `x` does not exist", "model", "model_not_found"), 404),
        (openai_error("Invalid value: 'model'", "model"), 400),
        (openai_error("Invalid 'messages': array too short", "messages"), 400),
        (openai_error("Something else"), 400),
        (openai_error("", "stream"), 400),
        ("<html><title>Bad Request</title></html>", 400),
        (None, 400),
        ([[[]]], 400),
    ],
)
def test_other_refusals_lead_to_no_correction(body: object, status: int) -> None:
    _, after, _ = correct(body, status)

    assert after is None


def test_a_field_of_extra_that_is_refused_is_left_out_and_reported() -> None:
    _, after, _ = correct(openai_error("Unknown parameter: 'seed'.", "seed"), extra={"seed": 1})

    assert after is not None
    assert "seed" not in after.body
    assert after.ignored == ("llm.extra.seed (refused by the server)",)


def test_corrections_come_to_an_end_and_leave_the_essential_fields() -> None:
    """A server that refuses every field by name never causes endless corrections."""
    profile = load_profiles().select(UNKNOWN, "gpt-6-luna")
    config = LlmConfig()
    for _ in range(20):
        request = build_request(profile, config, GIVEN)
        names = ", ".join(f"'{name}'" for name in request.body)
        correction = find_correction(
            read_refusal(400, openai_error(f"Unsupported: {names}")), request, profile, config
        )
        if correction is None:
            break
        profile = profile.model_copy(update=correction.update)
    else:
        pytest.fail("does not end")
    assert request.body.keys() >= {"model", "messages", "stream"} or request.body.keys() >= {"input"}
    assert request.body.keys() & PROTECTED


WITH_RESULT: list[dict[str, Any]] = [
    *MESSAGES,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "book_visit", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "{}"},
]


def correct_history(body: object, status: int = 400) -> list[dict[str, Any]]:
    """The messages of the corrected request, of a history with a tool call."""
    config = LlmConfig(model="some-model")
    profile = load_profiles().select(UNKNOWN, "some-model")
    given = ModelInput(WITH_RESULT, TOOLS, "CA1")
    request = build_request(profile, config, given)
    correction = find_correction(read_refusal(status, body), request, profile, config)
    assert correction is not None
    corrected = build_request(profile.model_copy(update=correction.update), config, given)
    messages: list[dict[str, Any]] = corrected.body["messages"]
    return messages


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (openai_error("Invalid value for 'content': expected a string.", "messages.[2].content"), 400),
        (openai_error("invalid message content type: <nil>"), 400),
        ("Failed to deserialize the JSON body: messages[2]: missing field `content` at line 1", 422),
        ({"error": "Invalid 'content': 'content' field must be a string or an array of objects."}, 400),
    ],
)
def test_a_null_content_is_replaced_however_it_is_refused(body: object, status: int) -> None:
    """With or without the message's number."""
    assert all(isinstance(message["content"], str) for message in correct_history(body, status))


def test_reasoning_that_must_be_passed_back() -> None:
    """An empty one is accepted."""
    messages = correct_history(
        openai_error("The reasoning_content in the thinking mode must be passed back to the API.")
    )
    assert [message.get("reasoning_content") for message in messages] == [None, None, "", None]


@pytest.mark.parametrize(
    "message", ["Only user and assistant roles are supported!", "role 'tool' is invalid: use another"]
)
def test_a_template_without_tool_messages(message: str) -> None:
    """The history contains the result as text."""
    assert all(m["role"] != "tool" for m in correct_history(openai_error(message), 500))


@pytest.mark.parametrize("message", ["Unsupported param: tools", "tools param requires --jinja flag"])
def test_a_server_started_without_tools(message: str) -> None:
    """The refusal may have the status 500."""
    _, corrected, _ = correct({"error": {"code": 500, "message": message, "type": "server_error"}}, 500)
    assert corrected is not None
    assert "tools" not in corrected.body


def test_the_accepted_fields_of_a_list_are_still_sent() -> None:
    """A refusal may list them after the unknown one."""
    text = "unknown field `temperature`, expected one of `model`, `messages`, `max_tokens`, `stream`"
    _, corrected, _ = correct(text, 422)
    assert corrected is not None
    assert "temperature" not in corrected.body
    assert "max_tokens" in corrected.body
