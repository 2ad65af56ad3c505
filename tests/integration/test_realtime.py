"""Calls of agents with `mode: realtime`: a real brain and NATS, and the emulator of OpenAI's Realtime API."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.agent_requests import request_spoken_phrase
from parley.agent_config import AgentConfig
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, make_silence
from parley.bus import subjects
from parley.errors import ProviderRejected
from parley.events.envelope import Body
from parley.providers.registry import ProviderContext
from parley.runtime.health import serve
from parley.telemetry.setup import start_telemetry
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.playback_pb2 import BargeIn, PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_GREETING,
    FallbackRequested,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    TokensUsed,
    ToolReturned,
)
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from sandbox.caller.utterance import oracle_registration
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.openai_realtime import PLUGIN
from services.brain.settings import BrainSettings
from tests.event_factories import bodies_of
from tests.eventually import eventually
from tests.integration.brain_agents import CALL, AgentsCall, agents_call, write_agent
from tests.integration.realtime_client import GOODBYE, HELLO, utterance

pytestmark = pytest.mark.timeout(60)

LONG = "We are open from eight to six on every day of the week. On Sunday nobody is here at all."
_PLAYED_BEFORE_MS = 1800
_RULES = (
    {"when": "goodbye", "say": "Until then."},
    {"tool_result": "ok", "say": "It is done."},
    {"say": LONG},
)


def make_emulator(**settings: Any) -> OpenAIEmulator:
    fast = {"realtime_first_audio_ms": 5, "realtime_transcript_ms": 5, "realtime_speed": 50}
    emulator = OpenAIEmulator(OpenAISandboxSettings(stt="oracle", tts="tone", **{**fast, **settings}))
    words = oracle_registration(map(utterance, (HELLO, GOODBYE)))["utterances"]
    emulator.recogniser.oracle.register(words)
    return emulator


class RealtimeCall:
    """A call with the caller's audio."""

    def __init__(self, call: AgentsCall, emulator: OpenAIEmulator) -> None:
        self.call = call
        self.bodies = call.bodies
        self.until = call.until
        self._emulator = emulator
        self._sequence = self._until_ms = 0

    async def speak(self, text: str) -> None:
        """Publish an utterance, faster than real time, and the silence after it."""
        mulaw = utterance(text).mulaw + make_silence(800)
        at_ms = max(self.call.edge.now_ms(), self._until_ms)
        for begin in range(0, len(mulaw), FRAME_BYTES):
            self._sequence += 1
            chunk = CallerAudio(
                epoch=1, sequence=self._sequence, at_ms=at_ms, mulaw=mulaw[begin : begin + FRAME_BYTES]
            )
            at_ms += FRAME_MS
            await self.call.bus.publish(subjects.caller_audio(CALL), chunk.SerializeToString())
        self._until_ms = at_ms

    async def until_kind(self, kind: type[Body], wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """Read up to the first event of a kind that is wanted."""
        return await self.until(lambda body: isinstance(body, kind) and wanted(body))

    async def greeted(self) -> None:
        """Read up to the end of the greeting's audio, and play it."""
        await self.until_spoken("r1")
        await self.call.edge.append(PlaybackFinished(reply_id="r1", at_ms=self.call.edge.now_ms()))

    async def until_spoken(self, reply_id: str) -> None:
        """Read up to the end of a reply's audio."""
        await self.until_kind(SynthesisFinished, lambda body: body.reply_id == reply_id)

    def journal(self, kind: str) -> list[Mapping[str, Any]]:
        """The emulator's entries of a kind."""
        return [entry for entry in self._emulator.journal.since(0) if entry["kind"] == kind]


@asynccontextmanager
async def calling(
    nats_url: str,
    folder: Path,
    environment: pytest.MonkeyPatch,
    *past: Body,
    rules: Sequence[Mapping[str, Any]] = _RULES,
    emulator: OpenAIEmulator | None = None,
    realtime: Mapping[str, Any] | None = None,
    **keys: Any,
) -> AsyncIterator[RealtimeCall]:
    write_agent(folder, "front", rules)
    section = {"model": str(folder / "models" / "front.yaml"), **(realtime or {})}
    agent = {"greeting": "Hello.", "tools": ["end_call"], **keys}
    write_agent(folder, "front", rules, mode="realtime", realtime=section, llm={}, fillers={}, **agent)
    emulator = emulator or make_emulator()
    async with agents_call(nats_url, folder, environment, "front", *past, emulator=emulator) as call:
        yield RealtimeCall(call, emulator)


def _finals(call: RealtimeCall) -> list[TranscriptUpdated]:
    return [body for body in bodies_of(call.bodies, TranscriptUpdated) if body.final]


async def test_a_turn_has_the_events_of_a_cascade(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The greeting is a fixed text; the turn ends before its words follow; the words have positions."""
    async with calling(nats_url, tmp_path, monkeypatch) as call:
        await call.greeted()
        await call.speak(HELLO)
        # Either may be the first.
        await call.until(lambda _: bool(_finals(call)) and len(bodies_of(call.bodies, ReplyFinished)) == 2)
    [words] = _finals(call)
    assert words.text.lower().startswith("hello i would like")
    [ended] = bodies_of(call.bodies, TurnEnded)
    assert ended.transcript_pending
    assert call.call.text_of("r2").strip() == LONG
    clauses = [b for b in bodies_of(call.bodies, ClauseSynthesized) if b.reply_id == "r2"]
    [finished] = [b for b in bodies_of(call.bodies, SynthesisFinished) if b.reply_id == "r2"]
    assert clauses[-1].end_sample == finished.samples > 8000
    assert [word.text for clause in clauses for word in clause.words] == LONG.split()
    assert {b.provider for b in bodies_of(call.bodies, SynthesisStarted)} == {"openai"}
    assert all(used.input for used in bodies_of(call.bodies, TokensUsed))
    assert not call.journal("realtime_error")


async def test_a_barge_in_truncates_the_history_at_what_was_played(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge reports the position; the session forgets the rest before the next answer."""
    async with calling(nats_url, tmp_path, monkeypatch) as call:
        await call.greeted()
        await call.speak(HELLO)
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
        now_ms = call.call.edge.now_ms()
        await call.call.edge.append(PlaybackStarted(reply_id="r2", at_ms=now_ms))
        await call.speak(GOODBYE)
        await call.until_kind(ReplyCancelled, lambda body: body.reply_id == "r2")
        await call.call.edge.append(BargeIn(reply_id="r2", played_samples=8000, at_ms=now_ms + 1000))
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r3")
    [truncated] = call.journal("truncated")
    assert truncated["audio_end_ms"] == 1000
    assert len(truncated["text"]) < len(LONG)
    assert call.call.text_of("r3").strip() == "Until then."
    assert not call.journal("realtime_error")


async def test_an_echo_of_the_agent_is_no_turn(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent continues, and the session forgets the item."""
    # One delta with the whole text: audio that arrives at once gives each word another time.
    section = {"transcription_model": "whisper-1"}
    greeting = utterance(GOODBYE).text
    async with calling(nats_url, tmp_path, monkeypatch, greeting=greeting, realtime=section) as call:
        await call.until_spoken("r1")
        # The audio arrives faster than real time, so the words are played earlier.
        await eventually(lambda: call.call.edge.now_ms() > _PLAYED_BEFORE_MS)
        played_at_ms = call.call.edge.now_ms() - _PLAYED_BEFORE_MS
        await call.call.edge.append(PlaybackStarted(reply_id="r1", at_ms=played_at_ms))
        await call.until_kind(PlaybackStarted)
        await call.speak(GOODBYE)
        await eventually(lambda: bool(call.journal("deleted")))
        await call.until_kind(SpeechStopped)
    assert not bodies_of(call.bodies, TurnEnded)
    assert not bodies_of(call.bodies, ReplyCancelled)


async def test_a_tool_is_called_and_its_result_is_answered(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same registry and runner as in a cascade; a result goes to the call of the session."""
    rules = ({"tool_result": "ok", "say": "It is done."}, {"say": "One moment.", "call": {"name": "wait"}})
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules, tools=["wait"]) as call:
        await call.greeted()
        await call.speak(HELLO)
        returned = await call.until_kind(ToolReturned)
    assert not returned.failed
    assert not call.journal("realtime_error")


async def test_the_next_owner_continues_an_answer(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that the log has are spoken to their end, once, and the model continues after them."""
    past = (
        ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING),
        ReplyClause(reply_id="r1", text="Hello."),
        ReplyFinished(reply_id="r1", clauses=1, reason="stop"),
        ClauseSynthesized(reply_id="r1", end_sample=3000),
        SynthesisFinished(reply_id="r1", samples=3000),
        TurnEnded(turn=1, text="what are your opening hours", audio_end_ms=1),
        ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER),
        ReplyClause(reply_id="r2", text="We are open from eight to six. "),
        ReplyClause(reply_id="r2", clause=1, text="On Sunday "),
        ClauseSynthesized(reply_id="r2", end_sample=9000),
    )
    answer = "We are open from eight to six. On Sunday nobody is here."
    rules = ({"when": "opening", "say": answer}, {"say": "What?"})
    async with calling(nats_url, tmp_path, monkeypatch, *past, rules=rules) as call:
        rest = await call.until_kind(ClauseSynthesized, lambda b: b.reply_id == "r2" and b.clause == 1)
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r3")
    assert rest.start_sample == 9000
    assert [word.text for word in rest.words] == ["On", "Sunday"]
    assert call.call.text_of("r3").strip() == "nobody is here."
    assert not call.journal("realtime_error")


async def test_speech_during_a_takeover_is_transcribed(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audio that became no turn is read from the stream: also a turn without a transcript."""
    past = (
        SpeechStarted(at_ms=1),
        TurnEnded(turn=1, audio_end_ms=60_000, transcript_pending=True),
    )
    async with calling(nats_url, tmp_path, monkeypatch, *past, greeting="") as call:
        await call.speak(HELLO)
        words = await call.until_kind(TranscriptUpdated, lambda body: body.final)
    assert (words.turn, words.text.lower()[:7]) == (1, "hello i")
    assert len(bodies_of(call.bodies, TurnEnded)) == 1


async def test_speech_interrupts_before_a_session_is_open(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a takeover, and while a session is renewed; the words are those of the next session."""
    past = (
        ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING),
        ReplyClause(reply_id="r1", text=LONG),
        ReplyFinished(reply_id="r1", clauses=1, reason="stop"),
        ClauseSynthesized(reply_id="r1", end_sample=80_000),
        SynthesisFinished(reply_id="r1", samples=80_000),
    )
    emulator = make_emulator(realtime_refuse=503)
    async with calling(nats_url, tmp_path, monkeypatch, *past, emulator=emulator) as call:
        await call.call.edge.append(PlaybackStarted(reply_id="r1", at_ms=call.call.edge.now_ms()))
        await call.speak(GOODBYE)
        await call.until_kind(SpeechStarted)
        assert not call.journal("realtime_opened")
        emulator.runtime_settings.update({"realtime_refuse": 0})
        # Either may be the first.
        await call.until(
            lambda _: bool(bodies_of(call.bodies, ReplyCancelled) and bodies_of(call.bodies, TurnEnded))
        )
    assert bodies_of(call.bodies, ReplyCancelled)[0].reply_id == "r1"
    assert "goodbye" in bodies_of(call.bodies, TurnEnded)[0].text.lower()


async def test_a_session_is_renewed_at_a_quiet_moment(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next session contains the conversation."""
    section = {"renew_after_s": 1, "history_tokens": 4000, "noise_reduction": "far_field"}
    rules = ({"after": "Hello.", "when": "hello", "say": "I greeted you."}, {"say": "Who are you?"})
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules, realtime=section) as call:
        await call.greeted()
        await eventually(lambda: len(call.journal("realtime_opened")) == 2)
        await call.speak(HELLO)
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
    assert not bodies_of(call.bodies, StageFailed)
    assert not call.journal("realtime_error")


@pytest.mark.parametrize("fault", ["cut_audio", "error_audio"])
async def test_an_answer_that_breaks_off_is_continued(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """In another session, if this one was lost; every word of the log is spoken."""
    rules = ({"after": "open", "say": "Nobody is here."}, {"say": LONG, "fault": fault})
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules) as call:
        await call.greeted()
        await call.speak(HELLO)
        ended = await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
        await call.until_spoken("r2")
        await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r3")
    assert ended.reason == "interrupted"
    spoken = [
        w.text for b in bodies_of(call.bodies, ClauseSynthesized) if b.reply_id == "r2" for w in b.words
    ]
    assert " ".join(spoken) == " ".join(call.call.text_of("r2").split())
    assert call.call.text_of("r3").strip() == "Nobody is here."


@pytest.mark.parametrize("fault", ["garbage_audio", "unknown_events", "late_deltas"])
async def test_hostile_messages_change_nothing(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The answer is complete."""
    async with calling(nats_url, tmp_path, monkeypatch, rules=({"say": LONG, "fault": fault},)) as call:
        await call.greeted()
        await call.speak(HELLO)
        ended = await call.until_kind(ReplyFinished, lambda body: body.reply_id == "r2")
    assert ended.reason == "stop"
    assert call.call.text_of("r2").strip() == LONG


async def test_the_next_agent_has_a_session_of_its_own(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its prompt and voice, and with the conversation; an agent of the other mode is refused."""
    hand_off = {
        "call": {
            "name": "hand_off",
            "arguments": {"agent": "sales", "reason": "x", "summary": "Wants to buy."},
        }
    }
    refused = {
        "call": {
            "name": "hand_off",
            "arguments": {"agent": "typist", "reason": "x", "summary": "Wants to buy."},
        }
    }
    rules = ({"when": "goodbye", **hand_off}, {"when": "hello", **refused})
    write_agent(tmp_path, "typist", ())
    write_agent(tmp_path, "sales", ({"say": "What would you like?"},))
    section = {"model": str(tmp_path / "models" / "sales.yaml"), "voice": "cedar"}
    write_agent(
        tmp_path,
        "sales",
        ({"say": "What would you like?"},),
        mode="realtime",
        realtime=section,
        llm={},
        fillers={},
        greeting="Sales.",
    )
    handoffs = [{"agent": name, "when": "x", "greeting": True} for name in ("sales", "typist")]
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules, handoffs=handoffs) as call:
        await call.greeted()
        await call.speak(HELLO)
        refusal = await call.until_kind(ToolReturned)
        await call.until_spoken("r3")
        await call.speak(GOODBYE)
        await call.call.until_agent("sales")
        reply_id = bodies_of(call.bodies, ReplyStarted)[-1].reply_id
        await call.until_spoken(reply_id)
    assert refusal.failed
    assert call.call.text_of(reply_id) == "Sales."
    assert [entry["model"].rpartition("/")[2] for entry in call.journal("realtime_opened")] == [
        "front.yaml",
        "sales.yaml",
    ]
    assert not call.journal("realtime_error")


async def test_missing_credit_ends_in_the_fallback(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported by the responses of a session that opened."""
    rules = ({"say": LONG, "fault": "failed_quota"},)
    async with calling(nats_url, tmp_path, monkeypatch, rules=rules) as call:
        await call.greeted()
        await call.speak(HELLO)
        await call.until_kind(FallbackRequested)
    assert bodies_of(call.bodies, StageFailed)[0].code == "rejected"


async def test_a_refused_key_ends_in_the_fallback(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, because every attempt would be refused."""
    emulator = make_emulator(realtime_error="invalid_api_key")
    async with calling(nats_url, tmp_path, monkeypatch, emulator=emulator) as call:
        failed = await call.until_kind(StageFailed)
        await call.until_kind(FallbackRequested)
    assert failed.code == "rejected"
    assert "OPENAI_API_KEY" in failed.message


async def test_the_doctor_has_a_session_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the provider's own code; a wrong key is explained."""
    agent = AgentConfig(prompt="x", mode="realtime")
    emulator = make_emulator()
    async with serve(emulator.app(), "127.0.0.1", 0) as port:
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        telemetry = start_telemetry("brain", BrainSettings())
        async with PLUGIN.open(ProviderContext(telemetry)) as provider:
            connected_ms, first_ms = await request_spoken_phrase(provider, agent.realtime, agent)
            wrong = agent.realtime.model_copy(update={"model": "gpt-realtime-99"})
            with pytest.raises(ProviderRejected, match=r"realtime\.model"):
                await request_spoken_phrase(provider, wrong, agent)
        telemetry.close()
    assert connected_ms >= 0
    assert first_ms > 0
