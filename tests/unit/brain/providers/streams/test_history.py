"""Tests for making any history acceptable to each profile's server."""

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given

from services.brain.providers.openai.profiles import Profile, load_profiles
from services.brain.providers.streams.history import CALL_BEGINS, CALLER_SILENT, STILL_WORKING, conform
from tests.unit.brain.providers.histories import histories

ALL_PROFILES = [
    *(
        load_profiles().select(base_url, model)
        for base_url in (
            "",
            "https://api.mistral.ai/v1",
            "https://x.openai.azure.com/openai/v1",
            "http://h/v1",
        )
        for model in (
            "gpt-4.1",
            "gpt-6-luna",
            "gpt-6.1-sol",
            "mistral-small",
            "gemma3:4b",
            "gemini-3-flash",
            "m",
        )
    ),
    Profile(tools=False, roles="alternate", last_role_user=True),
    Profile(system_role="user", roles="alternate", last_role_user=True),
    Profile(null_content=False, roles="merged"),
]


def check_tools(sent: list[dict[str, Any]], profile: Profile) -> None:
    """Each call is followed by its result at once, and each result belongs to a call."""
    waiting: list[str] = []
    for message in sent:
        if message["role"] == "tool":
            assert message["tool_call_id"] == waiting.pop(0)
            assert isinstance(message["content"], str)
            continue
        assert not waiting
        for call in message.get("tool_calls", ()):
            waiting.append(call["id"])
            assert call["id"]
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
            if profile.tool_call_id == "alphanumeric_9":
                assert re.fullmatch(r"[a-zA-Z0-9]{9}", call["id"])
            assert len(call["id"]) <= 40
    assert not waiting


def check_roles(sent: list[dict[str, Any]], profile: Profile) -> None:
    if profile.one_system_message:
        assert all(m["role"] not in ("system", "developer") for m in sent[1:])
    if profile.roles == "any":
        return
    turns = [m for m in sent if m["role"] != "system"]
    assert turns[0]["role"] == "user"
    for before, after in itertools.pairwise(turns):
        allowed = {
            "user": {"assistant"},
            "tool": {"tool", "assistant"} if profile.roles == "alternate" else {"tool", "assistant", "user"},
            "assistant": {"tool"} if before.get("tool_calls") else {"user"},
        }[before["role"]]
        assert after["role"] in allowed, (before, after)
    if profile.last_role_user:
        assert turns[-1]["role"] in ("user", "tool")


@pytest.mark.parametrize("profile", ALL_PROFILES, ids=range(len(ALL_PROFILES)))
@given(history=histories)
def test_any_history_becomes_valid(profile: Profile, history: list[dict[str, Any]]) -> None:
    before = json.dumps(history)
    sent = conform(history, profile)

    assert json.dumps(history) == before
    check_tools(sent, profile)
    check_roles(sent, profile)
    for message in sent:
        assert message["content"] or message.get("tool_calls") or message["role"] == "tool"
        if not profile.null_content:
            assert message["content"] is not None
        if not profile.tools:
            assert message["role"] != "tool"
            assert "tool_calls" not in message


@given(history=histories)
def test_no_text_of_the_dialogue_is_lost(history: list[dict[str, Any]]) -> None:
    sent = "\n".join(
        str(m["content"]) for m in conform(history, Profile(roles="alternate", last_role_user=True))
    )

    for message in history:
        if message["role"] != "tool":
            assert (message["content"] or "") in sent


def test_an_ordinary_history_is_unchanged() -> None:
    history: list[dict[str, Any]] = [
        {"role": "system", "content": "You answer."},
        {"role": "assistant", "content": "Welcome."},
        {"role": "user", "content": "Book it."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
        {"role": "system", "content": "Go on."},
    ]

    assert conform(history, load_profiles().select("", "gpt-6-luna")) == history


def test_an_instruction_at_the_end_stays_there_where_only_one_system_message_is_accepted() -> None:
    history: list[dict[str, Any]] = [
        {"role": "system", "content": "You answer."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Good —"},
        {"role": "system", "content": "Go on."},
    ]
    sent = conform(history, Profile())

    assert [m["role"] for m in sent] == ["system", "user", "assistant", "user"]
    assert sent[-1]["content"] == "[Instruction, not from the caller: Go on.]"


def test_a_greeting_first_and_an_answer_last_are_enclosed_by_the_user() -> None:
    history = [{"role": "assistant", "content": "Welcome."}]
    sent = conform(history, Profile(roles="alternate", last_role_user=True))

    assert [m["content"] for m in sent] == [CALL_BEGINS, "Welcome.", CALLER_SILENT]


def test_a_call_without_a_result_gets_one() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    sent = conform([{"role": "assistant", "content": None, "tool_calls": [call]}], Profile())

    assert sent[1] == {"role": "tool", "tool_call_id": "c", "content": STILL_WORKING}


def test_fields_that_the_server_added_are_sent_back_only_where_they_are_accepted() -> None:
    """A signature goes back to the server that made it, and not to another one after a fallback."""
    extra = {"extra_content": {"google": {"thought_signature": "s"}}}
    call = {"id": "c", "type": "function", "function": {"name": "book", "arguments": "{}"}, **extra}
    history: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    gemini = load_profiles().select(
        "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3-flash"
    )

    assert conform(history, gemini)[1]["tool_calls"][0].items() >= extra.items()
    assert conform(history, Profile())[0]["tool_calls"][0].items() >= extra.items()
    openai = load_profiles().select("", "gpt-6-luna")
    assert "extra_content" not in conform(history, openai)[0]["tool_calls"][0]


def test_a_call_of_another_model_gets_the_placeholder_signature() -> None:
    calls = [
        {"id": i, "type": "function", "function": {"name": "book", "arguments": "{}"}} for i in ("c1", "c2")
    ]
    gemini = load_profiles().select(
        "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3-flash"
    )
    history: list[dict[str, Any]] = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": calls},
    ]
    first, second = conform(history, gemini)[1]["tool_calls"]

    assert "thought_signature" in str(first)
    assert "extra_content" not in second
