"""Row T11: what callers hear in their language when something goes wrong, takes long, or stays silent."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from cli.doctor.finding import Finding, Reporter
from cli.doctor.local import check_agent_file
from parley.agent_config import AgentConfig, default_texts, languages, load_agent_config
from parley.v1.call_pb2 import StreamStarted
from parley.v1.reply_pb2 import ReplyClause
from sandbox.deepgram.model import check_nova_model
from services.stt.providers.deepgram.options import stream_options
from services.tts.phrase_cache import cacheable_phrases
from services.tts.providers.elevenlabs_parameters import RequestParameters
from tests.event_factories import bodies_of
from tests.field.brain_call import Environment, Turn, brain_call
from tests.field.line import Line, open_line
from tests.field.model_server import ModelServer, Response, stream, text
from tests.field.rows import Seen, row
from tests.nats_server import NatsServer

EMPTY = stream()
ANSWER = stream(*text("Gern."))
HANG = Response([60.0])
GERMAN = "Entschuldigung, da ist bei mir etwas schiefgegangen. Könnten Sie das bitte noch einmal sagen?"


@row("T11", "a German agent whose models all fail", "the apology is German")
async def test_the_apology(environment: Environment, seen: Seen) -> None:
    """The agent file sets `language` alone."""
    async with brain_call(ModelServer(lambda _: EMPTY), *environment, language="de") as call:
        turn = await call.turn("Wann haben Sie geöffnet?")

        seen(turn.spoken)
        assert turn.spoken == GERMAN


@row("T11", "an agent with `stt.language: fr` whose models all fail", "the apology is French")
async def test_the_language_that_is_transcribed(environment: Environment, seen: Seen) -> None:
    """A file without `language` speaks the language that it transcribes."""
    async with brain_call(ModelServer(lambda _: EMPTY), *environment, stt={"language": "fr"}) as call:
        turn = await call.turn("Quels sont vos horaires ?")

        seen(turn.spoken)
        assert turn.spoken == (default_texts("fr") or {})["apology"]


SILENCE = [
    ("es", {"idle": {"timeout_s": 0.4}}, "¿Sigue usted ahí?"),
    ("hi", {"idle": {"timeout_s": 0.4, "prompts": []}}, "अब यह कॉल समाप्त की जा रही है। नमस्ते।"),
    ("pt-BR", {"limits": {"max_call_s": 30.5}}, "Teremos de encerrar a chamada daqui a trinta segundos."),
    ("de", {"limits": {"max_call_s": 30.5, "warning": "Gleich ist Schluss."}}, "Gleich ist Schluss."),
]


@row(
    "T11", "a caller who stays silent, or a call near its time limit", "the prompt is in the agent's language"
)
@pytest.mark.parametrize(("language", "keys", "expected"), SILENCE, ids=[case[0] for case in SILENCE])
async def test_prompts_during_silence(
    language: str, keys: dict[str, Any], expected: str, environment: Environment, seen: Seen
) -> None:
    """A text of the agent file's own replaces that text only."""
    server = ModelServer(lambda _: ANSWER)
    async with brain_call(server, *environment, language=language, **keys) as call:
        await call.append(StreamStarted(stream_sid="MZ1"))
        turn = Turn(0, 0.0)
        await call.read_until(turn, ReplyClause)
        spoken = [body.text for body in bodies_of(turn.bodies, ReplyClause)]
        seen(spoken)

        assert spoken == [expected]


@row("T11", "a French agent whose model hangs", "the filler is French")
async def test_a_filler(environment: Environment, seen: Seen) -> None:
    """It covers the time until another attempt answers."""
    server = ModelServer(lambda _: HANG)
    async with brain_call(server, *environment, language="fr", fillers={"after_ms": 300}) as call:
        await call.append(StreamStarted(stream_sid="MZ1"))
        turn = await call.begin_turn("Quels sont vos horaires ?")
        await call.read_until(turn, ReplyClause)
        spoken = [body.text for body in bodies_of(turn.bodies, ReplyClause)]
        seen(spoken)

        assert spoken[0] in (default_texts("fr") or {})["fillers"]["phrases"]


@row("T11", "the phrases that are cached as audio", "all are in the agent's language")
@pytest.mark.parametrize("language", languages())
def test_cached_phrases(language: str, seen: Seen) -> None:
    """An English one would be played from the cache."""
    agent = AgentConfig.model_validate(
        {
            "prompt": "x",
            "language": language,
            "openers": {"enabled": True},
            "reconnect": {"resume": "apology"},
        }
    )
    texts = default_texts(language) or {}
    cached = cacheable_phrases(agent)
    seen(cached[:3])

    assert set(cached) == {
        *texts["openers"]["statements"],
        *texts["openers"]["questions"],
        *texts["fillers"]["phrases"],
        texts["apology"],
        texts["reconnect"]["apology"],
    }


AGENTS: dict[str, dict[str, Any]] = {
    "hindi": {"prompt": "x", "language": "hi"},
    "austrian": {"prompt": "x", "language": "de-AT"},
    "portuguese": {"prompt": "x", "language": "pt-PT", "fallback": {"voice": "Polly.Cristiano"}},
    "refused": {"promt": "x", "language": "es-MX"},
    "refused with a text": {"promt": "x", "language": "fr", "unavailable": "Nous sommes fermés."},
}
ANNOUNCED = {
    "hindi": ("hi-IN", "Polly.Kajal-Neural", "तकनीकी समस्या"),
    "austrian": ("de-AT", "Polly.Hannah-Neural", "technische Störung"),
    "portuguese": ("pt-PT", "Polly.Cristiano", "problema técnico"),
    "refused": ("es-MX", "Polly.Mia-Neural", "no podemos atender su llamada"),
    "refused with a text": ("fr-FR", "Polly.Lea-Neural", "Nous sommes fermés."),
    "missing": ("de-DE", "Polly.Vicki-Neural", "Anruf gerade nicht entgegennehmen"),
}


@row(
    "T11",
    "calls without a stream: Hindi, Austrian, Portuguese; and calls whose agent file is refused or missing",
    "the fallback or the apology in the agent's language (else the edge's), in <Say> with language and voice",
)
async def test_announcements_of_twilio(nats_server: NatsServer, tmp_path: Path, seen: Seen) -> None:
    """Twilio's emulator speaks no text whose voice and language do not match."""
    settings = {"PARLEY_AGENTS_DIR": write_agents(tmp_path, **AGENTS), "PARLEY_LANGUAGE": "de"}
    async with open_line(nats_server.url, tmp_path, **settings) as line, asyncio.timeout(60):
        announced = await asyncio.gather(*(announcements(line, agent) for agent in ANNOUNCED))
    seen("; ".join(f"{event['language']} {event['text']}" for events in announced for event in events))

    for (tag, voice, words), (event,) in zip(ANNOUNCED.values(), announced, strict=True):
        assert (event["language"], event["voice"]) == (tag, voice)
        assert words in event["text"]


async def announcements(line: Line, agent: str) -> list[dict[str, Any]]:
    """Call a number of the agent while no stream can be opened; returns what Twilio announced."""
    voice_url = f"{line.proxy.url}/voice?{urlencode({'agent': agent})}"
    urls = {"voice_url": voice_url, "status_callback_url": f"{line.proxy.url}/status"}
    faults = {"refused_streams": 1000}
    call_sid = await line.start_call([{"pause": 20_000}, "hang_up"], **urls, faults=faults)
    return [event for event in await line.events(call_sid) if event["kind"] == "say"]


@row("T11", "`language: es-MX`", "both providers receive a tag that they support")
@pytest.mark.parametrize(
    ("language", "deepgram", "elevenlabs"),
    [("es-MX", "es-419", "es"), ("de-DE", "de", "de"), ("pt-BR", "pt-BR", "pt"), ("hi-IN", "hi", "hi")],
)
def test_the_providers(language: str, deepgram: str, elevenlabs: str, seen: Seen) -> None:
    """Deepgram answers any other tag with HTTP 400."""
    agent = AgentConfig(prompt="x", language=language)
    transcribed = stream_options(agent.stt, "CA1")["language"]
    spoken = RequestParameters(agent.tts).socket_query()["language_code"]
    seen(f"deepgram {transcribed}, elevenlabs {spoken}")

    check_nova_model("nova-3", transcribed)
    assert (transcribed, spoken) == (deepgram, elevenlabs)


@row("T11", "an agent in a language without default texts", "the missing keys are named; the call is served")
def test_a_language_without_texts(tmp_path: Path, seen: Seen) -> None:
    """`parley doctor` shows the finding."""
    agents = write_agents(tmp_path, duka={"prompt": "x", "language": "sw", "apology": "Samahani."})
    findings: list[Finding] = []
    agent = check_agent_file(agents, "duka", {}, Reporter("local", findings.append))
    (note,) = [finding for finding in findings if finding.state == "note"]
    seen(note.text)

    assert "idle.goodbye" in note.text
    assert "apology" not in note.text.split("unavailable")[0]
    assert agent == load_agent_config(agents, "duka")


def write_agents(folder: Path, **agents: dict[str, Any]) -> str:
    """Write agent files; returns their folder."""
    agents_dir = folder / "agents"
    agents_dir.mkdir()
    for name, content in agents.items():
        (agents_dir / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return str(agents_dir)
