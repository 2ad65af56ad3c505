"""The parameters of one response."""

from typing import Any

import pytest

from sandbox.openai.realtime.response_config import response_config
from sandbox.openai.realtime.session_config import SessionConfig

TOOLS = [{"type": "function", "name": name} for name in ("a", "b")]


def session() -> SessionConfig:
    made = SessionConfig("sess_1", 1, "gpt-realtime-2.1")
    made.update({"type": "realtime", "tools": TOOLS, "audio": {"output": {"voice": "marin"}}})
    return made


def test_a_response_has_the_parameters_of_its_session() -> None:
    """Unless it has its own."""
    own = {"output_modalities": ["text"], "max_output_tokens": 5, "conversation": "none", "input": []}
    plain, changed = response_config(session(), "conv_1"), response_config(session(), "conv_1", own)

    assert (plain.modality, plain.voice, plain.conversation_id, plain.input) == (
        "audio",
        "marin",
        "conv_1",
        None,
    )
    assert (changed.modality, changed.max_output_tokens) == ("text", 5)
    assert (changed.conversation_id, changed.input) == (None, ())
    shown = changed.shown("completed", [{"id": "i"}], usage={"total_tokens": 1})
    assert (shown["status"], shown["conversation_id"], shown["output"]) == ("completed", None, [{"id": "i"}])


@pytest.mark.parametrize(
    ("choice", "offered"),
    [("auto", ("a", "b")), ("none", ()), ({"type": "function", "name": "b"}, ("b",))],
)
def test_the_choice_of_tools(choice: Any, offered: tuple[str, ...]) -> None:
    """The model calls only what it is offered."""
    assert response_config(session(), "conv_1", {"tool_choice": choice}).offered == offered
