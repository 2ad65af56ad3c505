"""Speech-to-speech calls that change their language: the session has the prompt, voice and hints of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from parley.v1.handoff_pb2 import LanguageChanged
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyFinished, ReplyStarted, ToolReturned
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from services.brain.providers.openai_realtime import requests
from tests.event_factories import bodies_of
from tests.integration.realtime_client import HELLO
from tests.integration.test_realtime import calling

pytestmark = pytest.mark.timeout(60)

AGENT: Mapping[str, Any] = {
    "language": "en",
    "languages": {
        "de": {"prompt": "Du bist die Praxis.", "greeting": "Guten Tag.", "realtime": {"voice": "cedar"}}
    },
}
RULES = (
    {"tool_result": "switch_language", "say": "Gerne."},
    {"when": "hello", "call": {"name": "switch_language", "arguments": {"language": "de"}}},
)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """The settings of each session that the brain opens."""
    opened: list[Mapping[str, Any]] = []
    build = requests.session_update

    def session_update(*given: Any) -> dict[str, Any]:
        message = build(*given)
        opened.append(message["session"])
        return message

    monkeypatch.setattr(requests, "session_update", session_update)
    return opened


def facts_of(session: Mapping[str, Any]) -> tuple[str, str, list[str], list[str]]:
    """The first line of the prompt, the voice, the expected languages, and those to change to."""
    audio = session["audio"]
    [tool] = [tool for tool in session["tools"] if tool["name"] == "switch_language"]
    return (
        session["instructions"].splitlines()[0],
        audio["output"]["voice"],
        audio["input"]["transcription"]["languages"],
        tool["parameters"]["properties"]["language"]["enum"],
    )


async def test_the_model_changes_the_language_without_a_word(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: list[Mapping[str, Any]]
) -> None:
    """Its next session answers; the one before it has transcribed the turn."""
    async with calling(nats_url, tmp_path, monkeypatch, rules=RULES, **AGENT) as call:
        await call.greeted()
        await call.speak(HELLO)
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r3")

    [changed] = bodies_of(call.bodies, LanguageChanged)
    [returned] = bodies_of(call.bodies, ToolReturned)
    assert (changed.language, changed.turn, returned.failed) == ("de", 1, False)
    assert call.call.text_of("r3").strip() == "Gerne."
    assert "r3" in [body.reply_id for body in bodies_of(call.bodies, SynthesisStarted)]
    english, german = map(facts_of, sessions)
    assert english[1:] == ("marin", ["en", "de"], ["de"])
    assert german == ("Du bist die Praxis.", "cedar", ["de", "en"], ["en"])
    assert not call.journal("realtime_error")


async def test_another_brain_continues_in_the_language_of_the_call(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: list[Mapping[str, Any]]
) -> None:
    """It has only the log: its first session is that of the language, and it answers the open turn."""
    past = (
        ReplyStarted(reply_id="r1", kind=REPLY_KIND_ANSWER),
        ReplyFinished(reply_id="r1"),
        LanguageChanged(language="de", turn=0, tool_call_id="t1"),
        TurnEnded(turn=1, text="guten Tag", audio_end_ms=1),
    )
    rules = ({"when": "guten", "say": "Hier ist die Praxis."}, *RULES)
    async with calling(nats_url, tmp_path, monkeypatch, *past, rules=rules, **AGENT) as call:
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")

    assert call.call.text_of("r2").strip() == "Hier ist die Praxis."
    assert [facts_of(session)[:2] for session in sessions] == [("Du bist die Praxis.", "cedar")]
